//! Owns `xfrmlab judge`: the verdict of a recorded run, from its folder alone.

use xfrmlab::report;

use super::{args::Judge, exit::Exit, print};

/// Judges the folder again.
pub(super) fn run(arguments: &Judge) -> Exit {
    let mut recorded = match report::read_folder(&arguments.folder) {
        Ok(recorded) => recorded,
        Err(error) => {
            // No lab is asked: a folder that cannot be judged is not one that a run wrote.
            print::error(&format!("{error}{}", hint(arguments)));
            return Exit::Usage;
        }
    };
    let windows = match report::judge_windows(&arguments.folder, &recorded.plan) {
        Ok(windows) => windows,
        Err(error) => {
            print::error(&error.to_string());
            return Exit::Usage;
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
    Exit::of(verdict.outcome, false)
}

/// What to do about a folder that is none.
fn hint(arguments: &Judge) -> &'static str {
    if report::is_folder(&arguments.folder) {
        ""
    } else {
        "\n(hint: `xfrmlab run` writes run folders, below `xfrmlab-out`)"
    }
}
