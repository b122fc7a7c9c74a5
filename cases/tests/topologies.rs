//! Every topology file and every variant as a test of its own, named after it.
//!
//! A test passes when the file's expectations are met; a variant that declares a failure passes when it
//! fails in just that way. A capability that the kernel lacks is no pass: it fails unless `SKIPS` has it.
#![expect(
    clippy::disallowed_methods,
    reason = "the kernel is named by the environment"
)]

use std::{
    collections::BTreeSet,
    path::Path,
    process::ExitCode,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

#[path = "topologies/mutations/mod.rs"]
mod mutations;

use cases::deletion::{Redundant, is_of_an_expectation, unnoticed};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use xfrmlab::{
    judge::{self, Outcome, Verdict},
    observe::{Observations, Window},
    plan::{Expect, Plan},
    report::{self, RunRecord, Style},
    session::{self, Session, SessionOptions},
    spec,
};

/// Capabilities that a kernel may lack, as (release prefix, name of the capability).
const SKIPS: [(&str, &str); 0] = [];
/// Capabilities that an ordinary user lacks on every kernel.
const ROOTLESS_SKIPS: [&str; 2] = ["kernel log", "freed packets"];

/// Labs at once, where the command line does not say.
const LABS: usize = 8;

/// Files that may run commands in their nodes; no other file may.
const MAY_RUN: [&str; 2] = ["events/commands", "events/foreign-sas"];

/// The kernels that tests ran on, and why those.
static PLACES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Lines and values of expectations that were taken out or altered.
static SHORTENED: AtomicUsize = AtomicUsize::new(0);

fn main() -> ExitCode {
    xfrmlab::agent::dispatch();
    let mut arguments = Arguments::from_args();
    // A lab waits far more than it computes: for grace periods of the kernel, above all.
    arguments.test_threads.get_or_insert(LABS);
    let kernel = match std::env::var("XFRMLAB_KERNEL").map(|word| word.parse()) {
        Err(_) => None,
        Ok(Ok(kernel)) => Some(kernel),
        Ok(Err(error)) => {
            eprintln!("XFRMLAB_KERNEL: {error}");
            return ExitCode::from(2);
        }
    };
    let mut trials = Vec::new();
    for rootless in [false, true] {
        let options = SessionOptions {
            kernel: kernel.clone(),
            rootless,
            shared: true,
            allow_exec: true,
        };
        let session = Arc::new(Session::new(options));
        for file in cases::files() {
            trials.extend(trials_of(&file, &session, rootless));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    for place in PLACES.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("ran on {place}");
    }
    // A list has names of tests alone: runners read it line by line.
    if !arguments.list {
        let shortened = SHORTENED.load(Ordering::Relaxed);
        println!(
            "{shortened} lines and values of expectations were taken out or altered, one at a time"
        );
    }
    conclusion.exit_code()
}

/// The file as it stands, and each of its variants.
fn trials_of(file: &Path, session: &Arc<Session>, rootless: bool) -> Vec<Trial> {
    let name = cases::name(file);
    let name = if rootless {
        format!("rootless::{name}")
    } else {
        name
    };
    let variants = spec::read_source(file)
        .ok()
        .and_then(|source| spec::parse(&source).ok())
        .map(|document| {
            spec::variants(&document)
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .unwrap_or_default();
    std::iter::once(None)
        .chain(variants.into_iter().map(Some))
        .map(|variant| {
            let name = match &variant {
                None => name.clone(),
                Some(variant) => format!("{name}::{variant}"),
            };
            let (file, session) = (file.to_path_buf(), Arc::clone(session));
            Trial::ignorable_test(name, move || {
                test(&file, variant.as_deref(), &session, rootless)
            })
        })
        .collect()
}

fn test(
    file: &Path,
    variant: Option<&str>,
    session: &Session,
    rootless: bool,
) -> Result<Completion, Failed> {
    let source = spec::read_source(file)?;
    let document = spec::parse(&source).map_err(|problems| problems.render(false))?;
    let plan = spec::resolve(&document, variant, &[]).map_err(|problems| problems.render(false))?;
    if plan.commands().next().is_some() && !MAY_RUN.contains(&cases::name(file).as_str()) {
        return Err("the file runs commands, and `MAY_RUN` does not have it".into());
    }
    // Of each step in windows the first one stands for all: it is judged as they are.
    let mut windows = Vec::new();
    let run = session::run_keeping(session, &plan, &mut |window| {
        if window.number == 1 {
            windows.push(window.clone());
        }
        Ok(())
    });
    let kernel = run
        .observations
        .as_ref()
        .map_or("no kernel", |o| o.kernel.release.as_str());
    PLACES
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(format!("kernel {kernel}, {}", run.place));
    if let Some(observations) = &run.observations {
        stripped(&plan, observations, &run.verdict)?;
        // As an ordinary user a file is watched in the same way: once is enough.
        let once = variant.is_none() && !rootless;
        if run.verdict.outcome == Outcome::Pass && once {
            let runs = parts(&plan, observations, &windows);
            shortened(&cases::name(file), &runs)?;
            for (plan, observations) in &runs {
                mutations::notice(plan, observations)?;
            }
        }
    }
    match run.verdict.outcome {
        Outcome::Pass => Ok(Completion::Completed),
        Outcome::Skip => {
            let why = run.verdict.skipped.join(", ");
            let root_only = ROOTLESS_SKIPS.iter().filter(|_| rootless);
            let allowed: Vec<&str> = SKIPS
                .iter()
                .map(|(_, name)| name)
                .chain(root_only)
                .copied()
                .collect();
            let listed = |missing: &String| allowed.iter().any(|name| missing.starts_with(name));
            if run.verdict.skipped.iter().all(listed) {
                return Ok(Completion::ignored_with(why));
            }
            Err(format!("this kernel lacks {why}, and no list of the suite allows that").into())
        }
        Outcome::Fail | Outcome::Error => {
            let text = match &run.observations {
                Some(observations) => {
                    report::render(&plan, observations, &run.verdict, Style::default())
                }
                None => {
                    let lines = report::verdict_lines(&plan, &run.verdict, Style::default());
                    format!("kernel: {}\n{}\n", run.place, lines.join("\n"))
                }
            };
            Err(text.into())
        }
    }
}

/// A run, and windows of it as runs of their own; in the run itself nothing is then expected of their steps.
fn parts(plan: &Plan, seen: &Observations, windows: &[Window]) -> Vec<(Plan, Observations)> {
    let mut whole = plan.clone();
    for step in whole.steps.iter_mut().filter(|s| s.windows.is_some()) {
        (step.windows, step.expect) = (None, Expect::default());
        step.flows.clear();
    }
    let of_window = |window: &Window| {
        let plan = plan.of_window(window.step)?;
        Some((plan, window.observations.clone()))
    };
    let windows = windows.iter().filter_map(of_window);
    std::iter::once((whole, seen.clone()))
        .chain(windows)
        .collect()
}

/// What a file that passed would pass without, line by line, is what the list of the redundant says.
fn shortened(file: &str, runs: &[(Plan, Observations)]) -> Result<(), Failed> {
    let redundant = Redundant::read();
    let mut names = Vec::new();
    for (plan, observations) in runs {
        let (unnoticed, all) = unnoticed(plan, observations);
        SHORTENED.fetch_add(all, Ordering::Relaxed);
        names.extend(unnoticed);
    }
    let unnoticed = names;
    let mut wrong: Vec<String> = Vec::new();
    for name in &unnoticed {
        if !redundant.has(file, name) {
            wrong.push(format!("{file}: unnoticed: {name}"));
        }
    }
    let listed = redundant
        .names(file)
        .filter(|name| is_of_an_expectation(name));
    for name in listed.filter(|name| !unnoticed.iter().any(|u| u == name)) {
        wrong.push(format!(
            "{file}: listed as redundant, and noticed or not there: {name}"
        ));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(wrong.join("\n").into())
}

/// The diagnosis comes from what was seen: a folder without title, source, comments, report and verdict
/// gives the same causes.
fn stripped(plan: &Plan, observations: &Observations, verdict: &Verdict) -> Result<(), Failed> {
    if verdict.causes.is_empty() {
        return Ok(());
    }
    // A window that failed is told by what is in it.
    let parted = verdict.divergence.as_ref();
    let window = observations
        .windows
        .iter()
        .find(|w| parted.is_some_and(|at| at.step_index == w.step));
    let of_window = window.and_then(|w| Some((plan.of_window(w.step)?, &w.observations)));
    let (plan, observations) = match &of_window {
        Some((plan, observations)) => (plan, *observations),
        None => (plan, observations),
    };
    let plan = Plan {
        title: String::new(),
        source: None,
        variant: None,
        ..plan.clone()
    };
    let folder = tempfile::tempdir()?;
    let record = RunRecord {
        topology: "",
        script: "",
        plan: &plan,
        observations,
        verdict: &Verdict::new(Outcome::Pass),
        report: "",
    };
    report::write_folder(folder.path(), &record)?;
    for name in ["verdict.json", "report.txt"] {
        std::fs::remove_file(folder.path().join(name))?;
    }
    let recorded = report::read_folder(folder.path())?;
    let again = judge::judge(&recorded.plan, &recorded.observations);
    if again.causes == verdict.causes {
        return Ok(());
    }
    let text = format!(
        "with prose {:?}, without {:?}",
        verdict.causes, again.causes
    );
    Err(text.into())
}
