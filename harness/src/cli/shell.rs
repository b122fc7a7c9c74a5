//! Owns `xfrmlab shell` and the end of `xfrmlab run --keep`.

use std::path::Path;

use xfrmlab::{
    judge::{Outcome, judge},
    report,
    session::{self, Session},
};

use super::{args::Shell, exit::Exit, load, print, test::Test};

/// Builds the world of a file and gives a shell in it.
pub(super) fn run(arguments: &Shell) -> Exit {
    let plan = load::load(&arguments.file)
        .and_then(|loaded| load::resolve(&loaded, None, &arguments.sets.sets));
    let Some(plan) = plan else { return Exit::Usage };
    if let Some(name) = &arguments.node
        && !plan.nodes.iter().any(|n| n.name == *name)
    {
        let names: Vec<_> = plan.nodes.iter().map(|n| n.name.as_str()).collect();
        print::error(&format!(
            "no node `{name}`\n(hint: the nodes are {})",
            names.join(", ")
        ));
        return Exit::Usage;
    }
    let session = super::run::session(&arguments.place, false);
    ended(
        session::shell(&session, &plan, arguments.node.as_deref(), None),
        Exit::Passed,
    )
}

/// Whether a shell can be given when these have run, or why not.
pub(super) fn keepable(tests: &[Test]) -> Result<(), String> {
    let [test] = tests else {
        return Err("`--keep` gives a shell in one world\n(hint: name one file)".to_owned());
    };
    match test.plan.steps.iter().find(|step| step.windows.is_some()) {
        None => Ok(()),
        Some(step) => Err(format!(
            "step `{}` runs in windows, which `--keep` does not keep\n(hint: a copy of the file with fewer packets and \
             no windows)",
            step.name
        )),
    }
}

/// Runs the steps of a test, reports, and gives a shell in the world as they left it.
pub(super) fn keep(session: &Session, test: &Test, out: &Path) -> Exit {
    let plan = &test.plan;
    let folder = out.join(&test.folder);
    if let Err(error) = report::clear_folder(&folder) {
        print::error(&error.to_string());
        return Exit::Broken;
    }
    let exit = std::cell::Cell::new(Exit::Passed);
    let driven = |observations: &xfrmlab::observe::Observations| {
        let verdict = judge(plan, observations);
        anstream::print!(
            "{}",
            report::render(plan, observations, &verdict, print::style())
        );
        exit.set(Exit::of(verdict.outcome, false));
        match test.record(&folder, observations, &verdict) {
            Ok(()) => anstream::println!("run folder: {}", folder.display()),
            Err(error) => {
                print::error(&error.to_string());
                exit.set(Exit::Broken);
            }
        }
    };
    let end = session::shell(session, plan, None, Some(&driven));
    ended(end, exit.get())
}

fn ended(end: Result<(), session::SessionError>, otherwise: Exit) -> Exit {
    match end {
        Ok(()) => otherwise,
        Err(error) => {
            print::error(&error.to_string());
            if matches!(error, session::SessionError::Lacks(_)) {
                return Exit::Skipped;
            }
            Exit::of(Outcome::Error, error.is_bad_input())
        }
    }
}
