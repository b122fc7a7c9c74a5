//! Owns `xfrmlab judge`: the verdict of a recorded run, from its folder alone.

use xfrmlab::{judge::Outcome, report};

use super::{args::Judge, exit::Exit, print};

/// Judges the folder again.
pub(super) fn run(arguments: &Judge) -> Exit {
    let mut recorded = match report::read_folder(&arguments.folder) {
        Ok(recorded) => recorded,
        Err(error) => {
            print::error(&error.to_string());
            return Exit::Broken;
        }
    };
    let windows = match report::judge_windows(&arguments.folder, &recorded.plan) {
        Ok(windows) => windows,
        Err(error) => {
            print::error(&error.to_string());
            return Exit::Broken;
        }
    };
    let verdict = windows.judge(&recorded.plan, &mut recorded.observations);
    if arguments.json {
        match serde_json::to_string_pretty(&verdict) {
            Ok(text) => anstream::println!("{text}"),
            Err(error) => print::error(&error.to_string()),
        }
    } else {
        let text = report::render(
            &recorded.plan,
            &recorded.observations,
            &verdict,
            print::style(),
        );
        anstream::print!("{text}");
    }
    match verdict.outcome {
        Outcome::Pass => Exit::Passed,
        Outcome::Fail => Exit::Failed,
        Outcome::Skip => Exit::Skipped,
        Outcome::Error => Exit::Broken,
    }
}
