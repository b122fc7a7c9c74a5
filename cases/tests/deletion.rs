//! Every state, policy, route and nft rule of every file, taken out: the file must fail, or `cases/redundant.toml` says
//! why not. Lines of expectations are taken out in `topologies`, which has seen the runs.
//!
//! A sample runs with every suite. `cargo test -p cases --test deletion -- --ignored` runs all of it, file by file;
//! `XFRMLAB_SHARD=1/4` every fourth file.
#![expect(
    clippy::disallowed_methods,
    reason = "kernel and shard are named by the environment"
)]

use std::{collections::BTreeSet, path::Path, process::ExitCode, sync::Arc};

use cases::deletion::{Deletion, Redundant, deletions};
use libtest_mimic::{Arguments, Failed, Trial};
use xfrmlab::{
    judge::Outcome,
    plan::Plan,
    session::{self, Session, SessionOptions},
    spec,
};

/// Worlds that a suite tries, spread evenly over all of them.
const SAMPLE: usize = 16;

fn main() -> ExitCode {
    xfrmlab::agent::dispatch();
    let arguments = Arguments::from_args();
    let kernel = match std::env::var("XFRMLAB_KERNEL").map(|word| word.parse()) {
        Err(_) => None,
        Ok(Ok(kernel)) => Some(kernel),
        Ok(Err(error)) => {
            eprintln!("XFRMLAB_KERNEL: {error}");
            return ExitCode::from(2);
        }
    };
    let (shard, shards) = match shard() {
        Ok(shard) => shard,
        Err(error) => {
            eprintln!("XFRMLAB_SHARD: {error}");
            return ExitCode::from(2);
        }
    };
    let session = Arc::new(Session::new(SessionOptions {
        kernel,
        rootless: false,
        shared: true,
        // The files are the repository's own, and `topologies` has the list of those that may.
        allow_exec: true,
    }));
    let redundant = Arc::new(Redundant::read());
    let all: Vec<(String, Vec<Deletion>)> =
        cases::files().iter().map(|f| deletions_of(f)).collect();
    let mut trials = vec![Trial::test(
        "the_list_of_what_is_redundant_names_what_there_is",
        {
            let known: Vec<(String, BTreeSet<String>)> = all
                .iter()
                .map(|(file, of)| (file.clone(), of.iter().map(|d| d.name.clone()).collect()))
                .collect();
            let redundant = Arc::clone(&redundant);
            move || names_what_there_is(&redundant, &known)
        },
    )];
    let single: Vec<_> = all
        .iter()
        .flat_map(|(file, of)| of.iter().map(move |d| (file, d)))
        .filter(|(file, d)| !redundant.faults(file, &d.name))
        .collect();
    let stride = single.len().div_ceil(SAMPLE).max(1);
    for (file, deletion) in single.iter().skip(stride / 2).step_by(stride) {
        let (file, deletion) = ((*file).clone(), (*deletion).clone());
        let (session, redundant) = (Arc::clone(&session), Arc::clone(&redundant));
        trials.push(Trial::test(
            format!("sample::{file}::{}", deletion.name),
            move || check(&file, &[deletion], &session, &redundant),
        ));
    }
    // A list has names of tests alone: runners read it line by line.
    if !arguments.list {
        println!(
            "{} states, policies, routes and rules in {} files",
            single.len(),
            all.len()
        );
    }
    for (index, (file, of)) in all.into_iter().enumerate() {
        if index % shards != shard {
            continue;
        }
        let (session, redundant) = (Arc::clone(&session), Arc::clone(&redundant));
        let name = format!("whole::{file}");
        let trial = Trial::test(name, move || check(&file, &of, &session, &redundant));
        trials.push(trial.with_ignored_flag(true));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// `1/4` as the first of four.
fn shard() -> Result<(usize, usize), String> {
    let Ok(text) = std::env::var("XFRMLAB_SHARD") else {
        return Ok((0, 1));
    };
    let number = |text: &str| text.parse::<usize>().ok();
    let parsed = text
        .split_once('/')
        .and_then(|(at, of)| Some((number(at)?, number(of)?)));
    match parsed {
        Some((at, of)) if 0 < at && at <= of => Ok((at - 1, of)),
        _ => Err(format!("`{text}` is no shard (hint: `1/4`)")),
    }
}

fn deletions_of(file: &Path) -> (String, Vec<Deletion>) {
    let source = spec::read_source(file).unwrap_or_else(|e| panic!("{e}"));
    let document = spec::parse(&source).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let plan: Plan =
        spec::resolve(&document, None, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    (cases::name(file), deletions(&plan))
}

/// A name that nothing has excuses nothing, and hides that the thing it was about is gone.
fn names_what_there_is(
    redundant: &Redundant,
    known: &[(String, BTreeSet<String>)],
) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for file in redundant.files() {
        let Some((_, names)) = known.iter().find(|(name, _)| name == file) else {
            wrong.push(format!("no file `{file}`"));
            continue;
        };
        // Lines of expectations are held by the runs of the files.
        let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let unknown = redundant.unknown(file, &names);
        let unknown = unknown
            .iter()
            .filter(|name| !cases::deletion::is_of_an_expectation(name));
        wrong.extend(unknown.map(|name| format!("{file}: nothing is called `{name}`")));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(wrong.join("\n").into())
}

/// Runs a file without each of these, and fails where that is not as the list says.
fn check(
    file: &str,
    of: &[Deletion],
    session: &Session,
    redundant: &Redundant,
) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for Deletion { name, plan } in of {
        // A fault of the kernel would be reported by every lab that runs meanwhile.
        if redundant.faults(file, name) {
            continue;
        }
        let run = session::run(session, plan);
        let lost = || {
            run.verdict
                .errors
                .iter()
                .any(|e| e.starts_with("lost the agent"))
        };
        let noticed = match run.verdict.outcome {
            Outcome::Pass => false,
            Outcome::Fail => true,
            Outcome::Error if run.observations.is_none() && !lost() => true,
            Outcome::Error => {
                wrong.push(format!(
                    "{file}: {name}: no verdict: {}",
                    run.verdict.errors.join("; ")
                ));
                continue;
            }
            Outcome::Skip => {
                return Err(format!("{file} was not run: {:?}", run.verdict.skipped).into());
            }
        };
        match (noticed, redundant.has(file, name)) {
            (false, false) => wrong.push(format!("{file}: unnoticed: {name}")),
            (true, true) => wrong.push(format!("{file}: listed as redundant, and noticed: {name}")),
            _ => {}
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(wrong.join("\n").into())
}
