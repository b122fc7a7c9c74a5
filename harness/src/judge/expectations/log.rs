//! Owns `expect.log`, and the faults that a kernel reports in its log: one that no file speaks of makes a run
//! an error.

use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{LogLine, Observations};
use crate::plan::{BlockLine, Plan, Step};

/// Bits of a taint that tell of a fault: machine check, oops, warning, lockup
/// (Documentation/admin-guide/tainted-kernels.rst).
const FAULTS: u64 = 1 << 4 | 1 << 7 | 1 << 9 | 1 << 14;
/// Lines of a report that an error quotes.
const QUOTED: usize = 12;

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

/// Faults that the kernel reported and no step speaks of, and a taint that came.
pub(crate) fn faults(plan: &Plan, obs: &Observations) -> Vec<String> {
    let asserted = |line: &LogLine| {
        let step = plan.steps.get(line.step as usize);
        let block = step.and_then(|s| s.expect.log.as_ref());
        block.is_some_and(|b| {
            // A report is one thing: who speaks of a line of it speaks of it all.
            let mut log = obs.log.iter().filter(|l| l.step == line.step);
            log.any(|l| b.lines.iter().any(|want| l.is_fault() && fits(want, l)))
        })
    };
    let mut out = Vec::new();
    if let Some(first) = obs.log.iter().position(|l| l.is_fault() && !asserted(l)) {
        out.push("the kernel reports a fault of its own".to_owned());
        let report = obs.log[first..].iter().take(QUOTED);
        out.extend(report.map(|l| l.text.clone()));
        return out;
    }
    let came = obs.taint.map_or(0, |t| t.after & !t.before & FAULTS);
    let spoken = plan.steps.iter().any(|s| s.expect.log.is_some());
    if came != 0 && !spoken {
        out.push(format!("the kernel became tainted (0x{came:x})"));
    }
    out
}

/// Whether a line of the log has the words.
fn fits(want: &BlockLine, line: &LogLine) -> bool {
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
