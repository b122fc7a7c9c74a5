//! Owns `xfrmlab shell` and the end of `xfrmlab run --keep`.

use xfrmlab::{
    judge::{Outcome, judge},
    plan::Plan,
    report,
    session::{self, Session},
};

use super::{args::Shell, exit::Exit, load, print};

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

/// Runs the steps, reports, and gives a shell in the world as they left it.
pub(super) fn keep(session: &Session, plan: &Plan) -> Exit {
    let exit = std::cell::Cell::new(Exit::Passed);
    let driven = |observations: &xfrmlab::observe::Observations| {
        let verdict = judge(plan, observations);
        anstream::print!(
            "{}",
            report::render(plan, observations, &verdict, print::style())
        );
        exit.set(Exit::of(verdict.outcome, false));
    };
    let end = session::shell(session, plan, None, Some(&driven));
    ended(end, exit.get())
}

fn ended(end: Result<(), session::SessionError>, otherwise: Exit) -> Exit {
    match end {
        Ok(()) => otherwise,
        Err(error) => {
            print::error(&error.to_string());
            Exit::of(Outcome::Error, error.is_bad_input())
        }
    }
}
