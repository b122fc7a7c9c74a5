//! Owns the sum over all test executables of one suite: what each prints goes through unchanged, line by line; at the
//! end stands once more what failed and why, and the last line says how many ran in all. A log is often
//! kept from its end, and the failure of an early executable must be in that part.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, ExitCode, Stdio},
    thread,
};

use anyhow::{Context as _, Result};

use crate::code_of;

/// What the executables reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// How one lane ended.
struct Lane {
    tally: Tally,
    failures: Vec<String>,
    /// The first bad one.
    code: ExitCode,
}

/// Runs the lanes side by side, the commands of each one after the other, and prints the sum; a run without a
/// single test is a failure.
pub(crate) fn run(lanes: impl IntoIterator<Item = Vec<Command>>) -> Result<ExitCode> {
    let ended: Vec<Result<Lane>> = thread::scope(|scope| {
        let started: Vec<_> = lanes
            .into_iter()
            .map(|commands| scope.spawn(|| lane(commands)))
            .collect();
        started
            .into_iter()
            .map(|lane| {
                lane.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    let (mut sum, mut code) = (Tally::default(), ExitCode::SUCCESS);
    let mut out = std::io::stdout().lock();
    let mut broken = None;
    for lane in ended {
        let lane = match lane {
            Ok(lane) => lane,
            // What the other one has to say comes first.
            Err(error) => {
                broken = Some(error);
                continue;
            }
        };
        for line in &lane.failures {
            writeln!(out, "{line}")?;
        }
        sum.passed += lane.tally.passed;
        sum.failed += lane.tally.failed;
        sum.skipped += lane.tally.skipped;
        if code == ExitCode::SUCCESS {
            code = lane.code;
        }
    }
    writeln!(
        out,
        "\n{} passed, {} failed, {} skipped",
        sum.passed, sum.failed, sum.skipped
    )?;
    if let Some(error) = broken {
        return Err(error);
    }
    if code == ExitCode::SUCCESS && sum.passed == 0 {
        eprintln!("xtask: no test ran");
        return Ok(ExitCode::from(4));
    }
    Ok(code)
}

/// Runs the commands of one lane, whatever fails.
fn lane(commands: Vec<Command>) -> Result<Lane> {
    let (mut tally, mut failures) = (Tally::default(), Failures::default());
    let mut code = ExitCode::SUCCESS;
    for mut command in commands {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start {command:?}"))?;
        let output = child.stdout.take().context("standard output is piped")?;
        for line in BufReader::new(output).split(b'\n') {
            let mut line = line.context("failed to read what the tests print")?;
            line.push(b'\n');
            std::io::stdout().write_all(&line)?;
            let line = String::from_utf8_lossy(&line);
            tally.add(line.trim_end());
            failures.add(line.trim_end());
        }
        let ended = code_of(child.wait()?);
        if code == ExitCode::SUCCESS {
            code = ended;
        }
    }
    Ok(Lane {
        tally,
        failures: failures.lines,
        code,
    })
}

impl Tally {
    /// Takes a line `test result: ok. 3 passed; 0 failed; 1 ignored; ...`; passes over any other.
    fn add(&mut self, line: &str) {
        let Some(rest) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in rest.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(number), Some(word)) = (
                words.next().and_then(|n| n.parse::<u64>().ok()),
                words.next(),
            ) else {
                continue;
            };
            match word {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// What the executables said about their failed tests: the lines from `failures:` to the result.
#[derive(Debug, Default)]
struct Failures {
    lines: Vec<String>,
    inside: bool,
}

impl Failures {
    fn add(&mut self, line: &str) {
        if line == "failures:" {
            self.inside = true;
        } else if line.starts_with("test result: ") {
            self.inside = false;
        }
        if self.inside {
            self.lines.push(line.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_kept_for_the_end() {
        let mut failures = Failures::default();
        for line in [
            "test a ... ok",
            "failures:",
            "---- b ----",
            "why b failed",
            "failures:",
            "    b",
            "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.40s",
            "test c ... ok",
        ] {
            failures.add(line);
        }
        assert_eq!(
            failures.lines,
            [
                "failures:",
                "---- b ----",
                "why b failed",
                "failures:",
                "    b"
            ]
        );
    }

    #[track_caller]
    fn check(lines: &[&str], passed: u64, failed: u64, skipped: u64) {
        let mut tally = Tally::default();
        for line in lines {
            tally.add(line);
        }
        assert_eq!(
            tally,
            Tally {
                passed,
                failed,
                skipped
            }
        );
    }

    #[test]
    fn results_of_all_executables_are_summed() {
        check(
            &[
                "test result: ok. 211 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 150.32s",
                "test wire::x ... ok",
                "test result: FAILED. 2 passed; 4 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.40s",
            ],
            213,
            4,
            1,
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        check(&["7 passed; 1 failed", "running 3 tests", ""], 0, 0, 0);
    }
}
