//! Owns `xfrmlab run`: every test of every file, several at once, told in the order of the files.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use xfrmlab::{
    judge::{Outcome, Verdict},
    observe::Observations,
    ops::{self, quoted},
    plan::Plan,
    report::{self, RunRecord},
    session::{self, Session, SessionOptions},
    spec,
};

use super::{
    args::{Place, Run},
    exit::Exit,
    folders,
    load::{self, Loaded},
    print,
};

/// One world that is to be run.
pub(super) struct Test {
    /// `topologies/seeds/gateway-pair.toml`, with the variant in brackets.
    pub(super) name: String,
    /// Name of its run folder.
    pub(super) folder: String,
    /// Text of the file, for the run folder.
    text: String,
    pub(super) plan: Plan,
    /// One command that does it again.
    again: String,
    pub(super) file: PathBuf,
    pub(super) variant: Option<String>,
}

/// A test that has ended.
struct Ended {
    report: String,
    outcome: Outcome,
    /// Whether it broke over what the person gave.
    bad_input: bool,
    verdict: serde_json::Value,
    /// Release of the kernel that it ran on; `None` where it did not.
    kernel: Option<String>,
    /// Where it ran, and why there.
    place: String,
    /// The run folder, where one was written.
    folder: Option<PathBuf>,
    seconds: f64,
    /// Kept for blessing.
    observations: Option<Observations>,
}

pub(super) fn session(place: &Place, allow_exec: bool) -> Session {
    Session::new(SessionOptions {
        kernel: place.kernel.clone(),
        rootless: place.rootless,
        shared: false,
        allow_exec,
    })
}

/// Runs the files.
pub(super) fn run(arguments: &Run) -> Exit {
    let Some(tests) = tests(arguments) else {
        return Exit::Usage;
    };
    if let Err(wrong) = super::places::check(&arguments.out, arguments.junit.as_deref()) {
        print::error(&wrong);
        return Exit::Usage;
    }
    let session = session(&arguments.place, arguments.permissions.allow_exec);
    if let (true, [test]) = (arguments.keep, tests.as_slice()) {
        return super::shell::keep(&session, &test.plan);
    }
    let jobs = arguments
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(2, |n| n.get() * 2));
    if let Some(rounds) = arguments.repeat {
        return super::repeat::run(&tests, &session, jobs, rounds.get(), &arguments.out);
    }
    let jobs = jobs.clamp(1, tests.len());
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    let ended = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            let send = send.clone();
            let (tests, session, next) = (&tests, &session, &next);
            scope.spawn(move || {
                while let Some(test) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let index = tests
                        .iter()
                        .position(|t| std::ptr::eq(t, test))
                        .unwrap_or_default();
                    // The receiver lives as long as the scope.
                    drop(send.send((index, one(test, session, arguments))));
                }
            });
        }
        drop(send);
        let mut waiting = std::collections::BTreeMap::new();
        let mut told = 0;
        for (index, end) in receive {
            waiting.insert(index, end);
            while let Some(end) = waiting.remove(&told) {
                let mut end = end;
                if let Some(observations) = end.observations.take() {
                    end.outcome = super::bless::bless(&tests[told], &observations, arguments);
                } else {
                    tell(&tests[told], &end, tests.len(), arguments);
                }
                ended
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(end);
                told += 1;
            }
        }
    });
    let ended = ended.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary(&tests, &ended, arguments)
}

/// Every world that the arguments name; all problems of all files are said before anything runs.
fn tests(arguments: &Run) -> Option<Vec<Test>> {
    let loaded: Vec<Option<Loaded>> = arguments
        .files
        .iter()
        .map(|file| load::load(file))
        .collect();
    let mut tests = Vec::new();
    let mut good = true;
    for (file, loaded) in arguments.files.iter().zip(&loaded) {
        let Some(loaded) = loaded else {
            good = false;
            continue;
        };
        if !arguments.blessing.bless {
            print::warnings(&spec::unasserted(&loaded.document));
        }
        let mut variants: Vec<Option<&str>> = vec![arguments.variant.as_deref()];
        if arguments.variants {
            variants.extend(spec::variants(&loaded.document).into_iter().map(Some));
        }
        for variant in variants {
            let Some(mut plan) = load::resolve(loaded, variant, &arguments.sets.sets) else {
                good = false;
                continue;
            };
            if arguments.variant.is_some() && !arguments.blessing.bless {
                // Asked for by name, a variant is shown as what it is: a world that does not do what the
                // file expects.
                plan.fails = None;
            }
            if let (false, Some((step, exec))) =
                (arguments.permissions.allow_exec, plan.commands().next())
            {
                print::error(&format!(
                    "{}: step `{}` runs a command in node `{}`: {}\n(hint: `--allow-exec` lets files run commands)",
                    file.display(),
                    step.name,
                    exec.at,
                    exec.argv.join(" ")
                ));
                good = false;
                continue;
            }
            if let Some(step) = &arguments.blessing.step
                && !plan.steps.iter().any(|s| s.name == *step)
            {
                let names: Vec<_> = plan.steps.iter().map(|s| s.name.as_str()).collect();
                print::error(&format!(
                    "{}: no step `{step}`\n(hint: the steps are `{}`)",
                    file.display(),
                    names.join("`, `")
                ));
                good = false;
                continue;
            }
            let mut test = Test::new(file, &loaded.source.text, variant, plan);
            test.again.push_str(&options_again(arguments));
            tests.push(test);
        }
    }
    let named: Vec<(&Path, Option<&str>)> = tests
        .iter()
        .map(|test| (test.file.as_path(), test.variant.as_deref()))
        .collect();
    let sets = &arguments.sets.sets;
    for (folder, test) in folders::of(&named, sets).into_iter().zip(&mut tests) {
        test.folder = folder;
    }
    good.then_some(tests)
}

/// The options without which a test would run elsewhere, or be another.
fn options_again(arguments: &Run) -> String {
    let mut out = String::new();
    for set in &arguments.sets.sets {
        out += &format!(" --set {}", quoted(&format!("{}={}", set.path, set.value)));
    }
    if let Some(kernel) = &arguments.place.kernel {
        out += &format!(" --kernel {}", quoted(&kernel.to_string()));
    }
    if arguments.place.rootless {
        out += " --rootless";
    }
    if arguments.permissions.allow_exec {
        out += " --allow-exec";
    }
    out
}

impl Test {
    fn new(file: &Path, text: &str, variant: Option<&str>, plan: Plan) -> Self {
        let (mut name, mut again) = (
            file.display().to_string(),
            format!("xfrmlab run {}", quoted(&file.to_string_lossy())),
        );
        if let Some(variant) = variant {
            name = format!("{name} [{variant}]");
            again = format!("{again} --variant {}", quoted(variant));
        }
        Self {
            name,
            folder: String::new(),
            text: text.to_owned(),
            plan,
            again,
            file: file.to_owned(),
            variant: variant.map(str::to_owned),
        }
    }
}

impl Test {
    /// Writes the folder of a run.
    pub(super) fn record(
        &self,
        folder: &Path,
        observations: &Observations,
        verdict: &Verdict,
    ) -> Result<(), report::FolderError> {
        let style = report::Style::default();
        let record = RunRecord {
            topology: &self.text,
            script: &ops::export(&self.plan),
            plan: &self.plan,
            observations,
            verdict,
            report: &report::render(&self.plan, observations, verdict, style),
        };
        report::write_folder(folder, &record)
    }
}

fn one(test: &Test, session: &Session, arguments: &Run) -> Ended {
    let started = std::time::Instant::now();
    let folder = arguments.out.join(&test.folder);
    let run = match report::clear_windows(&folder) {
        Ok(()) => session::run_keeping(session, &test.plan, &mut |window| {
            report::write_window(&folder, window).map_err(|e| e.to_string())
        }),
        Err(error) => return broken(&error.to_string()),
    };
    let seconds = started.elapsed().as_secs_f64();
    let style = print::style();
    let mut report = match &run.observations {
        Some(observations) => report::render(&test.plan, observations, &run.verdict, style),
        None => {
            let mut lines = vec![format!("kernel: {}", run.place)];
            lines.extend(report::verdict_lines(&test.plan, &run.verdict, style));
            lines.join("\n") + "\n"
        }
    };
    let mut outcome = run.verdict.outcome;
    let mut written = None;
    if let Some(observations) = &run.observations {
        match test.record(&folder, observations, &run.verdict) {
            Ok(()) => {
                report.push_str(&format!("run folder: {}\n", folder.display()));
                written = Some(folder.clone());
            }
            Err(error) => {
                report.push_str(&format!("error: {error}\n"));
                outcome = Outcome::Error;
            }
        }
    }
    report.push_str(&format!("again: {}\n", test.again));
    let verdict = serde_json::to_value(&run.verdict).unwrap_or_default();
    Ended {
        report,
        outcome,
        bad_input: run.bad_input,
        verdict,
        kernel: run.observations.as_ref().map(|o| o.kernel.release.clone()),
        place: run.place.clone(),
        folder: written,
        seconds,
        observations: run.observations.filter(|_| arguments.blessing.bless),
    }
}

/// The end of a test whose folder cannot be used.
fn broken(why: &str) -> Ended {
    Ended {
        report: format!("error: {why}\n"),
        outcome: Outcome::Error,
        bad_input: false,
        verdict: serde_json::to_value(Verdict::error(why)).unwrap_or_default(),
        kernel: None,
        place: String::new(),
        folder: None,
        seconds: 0.0,
        observations: None,
    }
}

/// Says how a test ended: the whole report for a single one and for every one that did not pass.
fn tell(test: &Test, end: &Ended, all: usize, arguments: &Run) {
    if arguments.json {
        // The outcome is that of the test: a folder that cannot be written breaks what the verdict passed.
        let line = serde_json::json!({
            "test": test.name,
            "outcome": end.outcome,
            "kernel": end.kernel,
            "place": end.place,
            "folder": end.folder,
            "seconds": end.seconds,
            "verdict": end.verdict,
        });
        anstream::println!("{line}");
        return;
    }
    if all > 1 {
        anstream::println!(
            "{:5}  {} ({:.1} s)",
            report::outcome_word(end.outcome),
            test.name,
            end.seconds
        );
    }
    if all == 1 || !matches!(end.outcome, Outcome::Pass | Outcome::Skip) {
        anstream::print!("{}", end.report);
    }
}

fn summary(tests: &[Test], ended: &[Ended], arguments: &Run) -> Exit {
    let exit = ended
        .iter()
        .map(|end| Exit::of(end.outcome, end.bad_input))
        .max()
        .unwrap_or(Exit::Skipped);
    if tests.len() > 1 && !arguments.json {
        let count = |outcome| ended.iter().filter(|e| e.outcome == outcome).count();
        anstream::println!(
            "{} passed, {} failed, {} skipped, {} broken",
            count(Outcome::Pass),
            count(Outcome::Fail),
            count(Outcome::Skip),
            count(Outcome::Error),
        );
    }
    if let Some(path) = &arguments.junit
        && let Err(error) = write_junit(path, tests, ended)
    {
        print::error(&format!("cannot write `{}`: {error}", path.display()));
        return Exit::Broken;
    }
    exit
}

fn write_junit(
    path: &Path,
    tests: &[Test],
    ended: &[Ended],
) -> Result<(), Box<dyn std::error::Error>> {
    let cases = tests
        .iter()
        .zip(ended)
        .map(|(test, end)| report::JunitCase {
            name: &test.name,
            outcome: end.outcome,
            kernel: end.kernel.as_deref(),
            place: &end.place,
            seconds: end.seconds,
            report: &end.report,
        });
    Ok(std::fs::write(path, report::junit(cases)?)?)
}
