//! Owns `xfrmlab run --repeat`: the same tests many times over, held against their own first run. It judges no
//! world; it asks whether the judgement is steady.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use xfrmlab::{
    judge::Outcome,
    report::{self, Style},
    session::{self, Run, Session},
};

use super::{exit::Exit, pool, test::Test};

/// Lines on which a difference is told.
const TOLD: usize = 5;

/// What the runs of one test said.
#[derive(Default)]
struct Said {
    first: Option<String>,
    runs: usize,
    /// Ways in which a run was not like the first, and how often.
    others: BTreeMap<String, usize>,
    worst: Option<Outcome>,
    bad_input: bool,
    /// The first run that did not pass, and the first that was not like the first one: why, and where it is.
    kept: Vec<(Kept, String)>,
}

/// Why a run is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    NotPassed,
    Unlike,
}

impl Kept {
    /// Where such a run of a test is kept.
    fn folder(self, test: &Test, out: &Path) -> PathBuf {
        out.join(match self {
            Self::NotPassed => test.folder.clone(),
            Self::Unlike => format!("{}.unlike", test.folder),
        })
    }
}

/// Runs every test `rounds` times, `jobs` at once, and tells which did not say the same each time.
pub(super) fn run(
    tests: &[Test],
    session: &Session,
    jobs: usize,
    rounds: usize,
    out: &Path,
) -> Exit {
    for test in tests {
        for kind in [Kept::NotPassed, Kept::Unlike] {
            if let Err(error) = report::clear_folder(&kind.folder(test, out)) {
                super::print::error(&error.to_string());
                return Exit::Broken;
            }
        }
    }
    let all = tests.len() * rounds;
    let said: Vec<Mutex<Said>> = tests.iter().map(|_| Mutex::default()).collect();
    pool::each(all, jobs, |index| {
        let at = index % tests.len();
        let windows = Windows::of(&tests[at], out, index);
        let run = windows.run(session, &tests[at]);
        let mut said = said[at].lock().unwrap_or_else(PoisonError::into_inner);
        said.add(&run, &tests[at], (out, &windows));
    });
    let mut exit = Exit::Skipped;
    let mut odd = 0;
    for (test, said) in tests.iter().zip(said) {
        let said = said.into_inner().unwrap_or_else(PoisonError::into_inner);
        odd += said.others.values().sum::<usize>();
        let word = said.worst.map_or("none", report::outcome_word);
        anstream::println!("{word:5}  {} ({} runs)", test.name, said.runs);
        for (_, told) in &said.kept {
            anstream::println!("{told}");
        }
        for (difference, count) in &said.others {
            anstream::println!("  {count} runs are not like the first:\n{difference}");
        }
        let worst = said
            .worst
            .map_or(Exit::Passed, |w| Exit::of(w, said.bad_input));
        let unlike = (!said.others.is_empty()).then_some(Exit::Failed);
        exit = exit.max(unlike.map_or(worst, |unlike| unlike.max(worst)));
    }
    anstream::println!(
        "{all} runs of {} tests, {odd} not like the first of their test",
        tests.len()
    );
    exit
}

impl Said {
    fn add(&mut self, run: &Run, test: &Test, out: (&Path, &Windows)) {
        let (outcome, text) = (run.verdict.outcome, said(test, run));
        self.runs += 1;
        self.bad_input |= run.bad_input;
        if !matches!(outcome, Outcome::Pass | Outcome::Skip) {
            self.keep(Kept::NotPassed, run, test, out);
        }
        let rank = |o: Outcome| match o {
            Outcome::Pass => 0,
            Outcome::Skip => 1,
            Outcome::Fail => 2,
            Outcome::Error => 3,
        };
        if self.worst.is_none_or(|worst| rank(outcome) > rank(worst)) {
            self.worst = Some(outcome);
        }
        match &self.first {
            None => self.first = Some(text),
            Some(first) if *first == text => {}
            Some(first) => {
                let lines = report::difference(first, &text, TOLD);
                *self.others.entry(indented(&lines)).or_default() += 1;
                self.keep(Kept::Unlike, run, test, out);
            }
        }
    }

    /// Keeps a run as the first of its kind: what it said, and all that it saw in a folder.
    fn keep(&mut self, kind: Kept, run: &Run, test: &Test, (out, windows): (&Path, &Windows)) {
        if self.kept.iter().any(|(kept, _)| *kept == kind) {
            return;
        }
        let mut told = match kind {
            Kept::NotPassed => indented(&report::verdict_lines(
                &test.plan,
                &run.verdict,
                Style::default(),
            )),
            Kept::Unlike => "  the first run that is not like the first one:".to_owned(),
        };
        if let Some(seen) = &run.observations {
            let folder = kind.folder(test, out);
            let written = windows
                .give(&folder)
                .and_then(|()| test.record(&folder, seen, &run.verdict));
            told += &match written {
                Ok(()) => format!("\n    run folder: {}", folder.display()),
                Err(error) => format!("\n    error: {error}"),
            };
        }
        self.kept.push((kind, told));
    }
}

/// Where the windows of one run wait until it is known whether the run is kept; a run has them only if its file has.
struct Windows(Option<PathBuf>);

impl Windows {
    fn of(test: &Test, out: &Path, round: usize) -> Self {
        let has = test.plan.steps.iter().any(|step| step.windows.is_some());
        Self(has.then(|| out.join(format!("{}.round-{round}", test.folder))))
    }

    fn run(&self, session: &Session, test: &Test) -> Run {
        session::run_keeping(session, &test.plan, &mut |window| match &self.0 {
            Some(place) => report::write_window(place, window).map_err(|e| e.to_string()),
            None => Ok(()),
        })
    }

    /// Moves them to the folder of a run that is kept.
    fn give(&self, folder: &Path) -> Result<(), report::FolderError> {
        match &self.0 {
            Some(place) => report::move_windows(place, folder),
            None => Ok(()),
        }
    }
}

impl Drop for Windows {
    fn drop(&mut self) {
        // Whether it was given away or not, nothing of it is wanted any more.
        if let Some(place) = &self.0 {
            drop(std::fs::remove_dir_all(place));
        }
    }
}

/// The report of a run. What differs between identical runs (`wire::NONDETERMINISTIC`) is printed in none.
fn said(test: &Test, run: &Run) -> String {
    match &run.observations {
        Some(seen) => report::render(&test.plan, seen, &run.verdict, Style::default()),
        None => report::verdict_lines(&test.plan, &run.verdict, Style::default()).join("\n"),
    }
}

fn indented(lines: &[String]) -> String {
    let lines = lines.iter().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
