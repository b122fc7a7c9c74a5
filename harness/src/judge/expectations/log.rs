//! Owns `expect.log`: what the kernel's log must tell in a step.

use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{LogLine, Observations};
use crate::plan::{BlockLine, Plan, Step};

/// Lines of a report that an error quotes.
pub(super) const QUOTED: usize = 12;

/// Holds the log of a step against what the file says.
pub(crate) fn check(plan: &Plan, index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let Some(block) = &step.expect.log else {
        return Vec::new();
    };
    let mut seen = obs.log.iter().filter(|l| l.step == index);
    let mut missing = Vec::new();
    for line in block.lines.iter().filter(|l| l.text != "...") {
        if !seen.any(|s| fits(line, s)) {
            missing.push(DiffLine {
                sign: Sign::Missing,
                text: line.text.clone(),
            });
            break;
        }
    }
    let Some(first) = missing.first().map(|d| d.text.clone()) else {
        return Vec::new();
    };
    let logged = obs.log.iter().filter(|l| l.step == index).take(QUOTED);
    missing.extend(logged.map(|l| DiffLine {
        sign: Sign::Same,
        text: l.text.clone(),
    }));
    // The kernel is that of all nodes: the first one stands for it.
    let node = plan.nodes.first().map_or("", |n| n.name.as_str());
    let what = "the kernel's log does not tell what the file says";
    let mut finding = Finding::new(FindingKind::Log, (index, step.name.as_str()), node, what);
    finding.first = Some(first);
    finding.diff = missing;
    vec![finding]
}

/// Whether a line of the log has the words.
pub(super) fn fits(want: &BlockLine, line: &LogLine) -> bool {
    has_words(&want.text, &line.text)
}

/// Whether a line has the words, in order; `*` stands for any text between.
pub(super) fn has_words(want: &str, line: &str) -> bool {
    let mut rest = line;
    want.split('*').map(str::trim).all(|part| {
        let found = rest.find(part);
        if let Some(at) = found {
            rest = &rest[at + part.len()..];
        }
        found.is_some()
    })
}
