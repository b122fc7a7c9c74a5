//! Owns what must become of the commands that a step runs: their end, and what they print.

use super::log::has_words;
use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{CommandRecord, Observations};
use crate::plan::{Exec, Step, Traffic};

/// Lines of output that a finding quotes.
const QUOTED: usize = 12;

/// Holds every command of a step against what the file says.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let Some(record) = obs.steps.get(index as usize) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (flow, seen) in step.flows.iter().zip(&record.flows) {
        let Traffic::Exec(exec) = &flow.traffic else {
            continue;
        };
        let missed = CommandRecord::default();
        let seen = seen.command.as_ref().unwrap_or(&missed);
        let Some((what, missing)) = wrong(exec, seen) else {
            continue;
        };
        let at = (index, step.name.as_str());
        let what = format!("{}: {what}", flow.name);
        let mut finding = Finding::new(FindingKind::Command, at, &exec.at, what);
        finding.first.clone_from(&missing);
        let line = |sign, text: String| DiffLine { sign, text };
        finding.diff.extend(missing.map(|m| line(Sign::Missing, m)));
        let printed = seen.output.iter().take(QUOTED);
        finding
            .diff
            .extend(printed.map(|l| line(Sign::Same, l.clone())));
        out.push(finding);
    }
    out
}

/// How it went otherwise than the file says, and the line that was not printed.
fn wrong(exec: &Exec, seen: &CommandRecord) -> Option<(String, Option<String>)> {
    let within = exec.within_s;
    let end = match (seen.exit, &exec.ready) {
        _ if seen.overdue && exec.ready.is_some() => Some(format!("not ready within {within} s")),
        _ if seen.overdue => Some(format!("did not end within {within} s")),
        (Some(code), Some(ready)) => Some(format!("ended with {code} before `{ready}`")),
        (Some(code), None) if code != i32::from(exec.exit) => {
            Some(format!("ended with {code}, {} it should be", exec.exit))
        }
        (None, None) => Some("it was not run".to_owned()),
        _ => None,
    };
    if let Some(what) = end {
        return Some((what, None));
    }
    let mut printed = seen.output.iter();
    let lines = exec.output.iter().flat_map(|block| &block.lines);
    for line in lines.filter(|l| l.text != "...") {
        if !printed.any(|seen| has_words(&line.text, seen)) {
            let what = "did not print what the file says";
            let cut = if seen.cut {
                ", in what is kept of it"
            } else {
                ""
            };
            return Some((format!("{what}{cut}"), Some(line.text.clone())));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Block, BlockLine, Ready};

    fn exec(ready: Option<Ready>, output: &[&str]) -> Exec {
        let line = |text: &&str| BlockLine {
            text: (*text).to_owned(),
            line: 1,
        };
        Exec {
            at: "a".into(),
            argv: vec!["x".into()],
            ready,
            within_s: 3,
            exit: 0,
            output: Some(Block {
                lines: output.iter().map(line).collect(),
            }),
        }
    }

    #[track_caller]
    fn check(exec: &Exec, seen: &CommandRecord, expected: Option<&str>) {
        let found = wrong(exec, seen).map(|(what, _)| what);
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn an_end_and_an_output_are_held_against_the_file() {
        let output = || vec!["one".to_owned(), "two 2 words".to_owned()];
        let ended = |code| CommandRecord {
            exit: Some(code),
            output: output(),
            ..CommandRecord::default()
        };
        check(&exec(None, &["one", "two * words"]), &ended(0), None);
        check(
            &exec(None, &[]),
            &ended(1),
            Some("ended with 1, 0 it should be"),
        );
        let misprint = Some("did not print what the file says");
        check(&exec(None, &["two", "one"]), &ended(0), misprint);
        check(
            &exec(None, &[]),
            &CommandRecord::default(),
            Some("it was not run"),
        );
        let late = CommandRecord {
            overdue: true,
            ..CommandRecord::default()
        };
        check(&exec(None, &[]), &late, Some("did not end within 3 s"));
        let port = Some(Ready::Udp(500));
        check(
            &exec(port.clone(), &[]),
            &late,
            Some("not ready within 3 s"),
        );
        check(
            &exec(port.clone(), &[]),
            &ended(0),
            Some("ended with 0 before `udp 500`"),
        );
        let ready = CommandRecord {
            ready: true,
            ..CommandRecord::default()
        };
        check(&exec(port, &[]), &ready, None);
    }
}
