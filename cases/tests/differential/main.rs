//! The two faces of an operation against each other: each topology built by netlink, and the same built by its exported
//! script, in one kernel, look the same to `ip`, `tc`, `nft` and `sysctl`. Every file is a test of its own.
//!
//! The normal run takes a sample of files whose scripts have, between them, every word that any script has.
//! With `XFRMLAB_DIFFERENTIAL=all` all are taken, and a filter chooses among all.
#![expect(
    clippy::disallowed_methods,
    reason = "the kernel is named by the environment"
)]

mod planted;
mod sample;
mod seen;
mod volatile;

use std::{path::Path, process::ExitCode, sync::Arc};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use xfrmlab::{
    ops,
    plan::{Node, Plan},
    session::{self, Inspected, Session, SessionOptions},
    spec,
};

/// What the guest has no program for, in a script, and why nothing is lost.
const NO_PROGRAM: [(&str, &str); 2] = [
    (
        " socat ",
        "a socket is no object that `ip` or `nft` shows; the traffic of the files shows it",
    ),
    ("await_socket ", "nothing to wait for without it"),
];

fn main() -> ExitCode {
    xfrmlab::agent::dispatch();
    let arguments = Arguments::from_args();
    let word = std::env::var("XFRMLAB_KERNEL").unwrap_or_else(|_| "debian:6.12".to_owned());
    let session = Session::new(SessionOptions {
        kernel: word.parse().ok(),
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    // The guest of the tests of options: scripts load modules, too, that other tests do without, and nothing is sent.
    let session = Arc::new(session.apart("offloads"));
    let worlds: Vec<_> = cases::files()
        .into_iter()
        .map(|file| (cases::name(&file), world(&file)))
        .collect();
    let all = arguments.filter.is_some()
        || std::env::var_os("XFRMLAB_DIFFERENTIAL").is_some_and(|word| word == "all");
    let sample = sample::of(&worlds);
    let mut trials: Vec<Trial> = Vec::new();
    for (name, plan) in worlds {
        if !all && !sample.contains(&name) {
            continue;
        }
        let session = Arc::clone(&session);
        let test = move || {
            let plan = plan?;
            compare(&session, &plan, &ops::export(&plan))
        };
        trials.push(Trial::ignorable_test(name, test));
    }
    for planted in planted::DIFFERENCES {
        let session = Arc::clone(&session);
        let test = move || planted::is_found(&session, *planted);
        trials.push(Trial::ignorable_test(
            format!("planted::{}", planted.0),
            test,
        ));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The world of a file, without what happens in it.
fn world(file: &Path) -> Result<Plan, String> {
    let source = spec::read_source(file).map_err(|e| e.to_string())?;
    let document = spec::parse(&source).map_err(|problems| problems.render(false))?;
    let plan = spec::resolve(&document, None, &[]).map_err(|problems| problems.render(false))?;
    Ok(Plan {
        steps: Vec::new(),
        ..plan
    })
}

/// Builds the world both ways and compares what the tools say of it.
fn compare(session: &Session, plan: &Plan, script: &str) -> Result<Completion, Failed> {
    let questions = seen::questions(plan, script);
    let lines = script.lines().filter(|line| {
        NO_PROGRAM
            .iter()
            .all(|(program, _)| line.starts_with('#') || !line.contains(program))
    });
    let script: String = lines.flat_map(|line| [line, "\n"]).collect();
    let settled: String = plan.nodes.iter().map(|n| seen::settled(&n.name)).collect();
    let script = format!("(\n{script})\necho \"# ended $?\"\n{settled}{questions}");
    let empty = Plan {
        nodes: vec![Node {
            name: "empty".to_owned(),
            ..Node::default()
        }],
        needs: plan.needs.clone(),
        ..Plan::default()
    };
    let by_netlink = match session::inspect(session, plan, &questions)? {
        Inspected::Seen { seen, .. } => seen.printed,
        Inspected::Lacks(missing) => return Ok(Completion::ignored_with(missing.join(", "))),
    };
    let by_script = match session::inspect(session, &empty, &script)? {
        Inspected::Seen { seen, .. } => seen.printed,
        Inspected::Lacks(missing) => return Ok(Completion::ignored_with(missing.join(", "))),
    };
    let Some((said, by_script)) = by_script.split_once("# ended 0\n") else {
        return Err(format!("the script ended early:\n{by_script}").into());
    };
    let (mut by_netlink, mut by_script) = (
        seen::lines(&by_netlink, &script),
        seen::lines(by_script, &script),
    );
    seen::forget_use([&mut by_netlink, &mut by_script]);
    // Five lists and the device `lo` at least.
    if by_netlink.len() < plan.nodes.len() * 6 {
        return Err(format!("too little to compare: {by_netlink:#?}").into());
    }
    let differ = seen::difference(&by_netlink, &by_script);
    if differ.is_empty() {
        return Ok(Completion::Completed);
    }
    Err(format!("{differ}\nthe script said:\n{said}").into())
}
