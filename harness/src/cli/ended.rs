//! Owns how tests ended: what of it a person, a script and a CI are told.

use std::path::{Path, PathBuf};

use xfrmlab::{
    judge::{Outcome, Verdict},
    observe::Observations,
    report,
};

use super::{args::Run, exit::Exit, print, test::Test};

/// A test that has ended.
pub(super) struct Ended {
    pub(super) report: String,
    pub(super) outcome: Outcome,
    /// Whether it broke over what the person gave.
    pub(super) bad_input: bool,
    pub(super) verdict: serde_json::Value,
    /// Release of the kernel that it ran on; `None` where it did not.
    pub(super) kernel: Option<String>,
    /// Where it ran, and why there.
    pub(super) place: String,
    /// The run folder, where one was written.
    pub(super) folder: Option<PathBuf>,
    pub(super) seconds: f64,
    /// Kept for blessing.
    pub(super) observations: Option<Observations>,
}

impl Ended {
    /// The end of a test whose folder cannot be used.
    pub(super) fn broken(why: &str) -> Self {
        Self {
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
}

/// Says how a test ended: the whole report for a single one and for every one that did not pass.
pub(super) fn tell(test: &Test, end: &Ended, all: usize, arguments: &Run) {
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

/// Says how many ended how, writes the JUnit file, and gives the exit code of them all.
pub(super) fn summary(tests: &[Test], ended: &[Ended], arguments: &Run) -> Exit {
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
