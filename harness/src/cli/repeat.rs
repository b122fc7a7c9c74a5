//! Owns `xfrmlab run --repeat`: the same tests many times over, held against their own first run. It judges no
//! world; it asks whether the judgement is steady.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use xfrmlab::{
    judge::Outcome,
    report::{self, Style},
    session::{self, Session},
};

use super::{exit::Exit, run::Test};

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
}

/// Runs every test `rounds` times, `jobs` at once, and tells which did not say the same each time.
pub(super) fn run(tests: &[Test], session: &Session, jobs: usize, rounds: usize) -> Exit {
    let all = tests.len() * rounds;
    let next = AtomicUsize::new(0);
    let said: Vec<Mutex<Said>> = tests.iter().map(|_| Mutex::default()).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, all) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= all {
                        break;
                    }
                    let at = index % tests.len();
                    let (outcome, text) = one(&tests[at], session);
                    let mut said = said[at].lock().unwrap_or_else(PoisonError::into_inner);
                    said.add(outcome, text);
                }
            });
        }
    });
    let mut exit = Exit::Passed;
    let mut odd = 0;
    for (test, said) in tests.iter().zip(said) {
        let said = said.into_inner().unwrap_or_else(PoisonError::into_inner);
        odd += said.others.values().sum::<usize>();
        let word = said.worst.map_or("none", report::outcome_word);
        anstream::println!("{word:5}  {} ({} runs)", test.name, said.runs);
        for (difference, count) in &said.others {
            anstream::println!("  {count} runs are not like the first:\n{difference}");
        }
        exit = exit.max(match said.worst {
            Some(Outcome::Error) => Exit::Broken,
            Some(Outcome::Fail) => Exit::Failed,
            _ if !said.others.is_empty() => Exit::Failed,
            Some(Outcome::Skip) => Exit::Skipped,
            _ => Exit::Passed,
        });
    }
    anstream::println!(
        "{all} runs of {} tests, {odd} not like the first of their test",
        tests.len()
    );
    exit
}

impl Said {
    fn add(&mut self, outcome: Outcome, text: String) {
        self.runs += 1;
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
            Some(first) => *self.others.entry(difference(first, &text)).or_default() += 1,
        }
    }
}

/// One run and its report. What differs between identical runs (`wire::NONDETERMINISTIC`) is printed in none.
fn one(test: &Test, session: &Session) -> (Outcome, String) {
    let run = session::run(session, &test.plan);
    let text = match &run.observations {
        Some(seen) => report::render(&test.plan, seen, &run.verdict, Style::default()),
        None => report::verdict_lines(&test.plan, &run.verdict, Style::default()).join("\n"),
    };
    (run.verdict.outcome, text)
}

/// The first lines in which two reports differ.
fn difference(first: &str, other: &str) -> String {
    let longest = first.lines().count().max(other.lines().count());
    let pairs = (0..longest).map(|at| (first.lines().nth(at), other.lines().nth(at)));
    let differing = pairs.filter(|(a, b)| a != b).take(TOLD);
    let line = |(a, b): (Option<&str>, Option<&str>)| {
        format!("    - {}\n    + {}", a.unwrap_or(""), b.unwrap_or(""))
    };
    differing.map(line).collect::<Vec<_>>().join("\n")
}
