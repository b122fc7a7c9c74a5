//! Owns what must become of changes: made, or refused with the errno that the file names.

use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::Observations;
use crate::plan::Step;

/// Holds every change of a step against what the file says.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let Some(record) = obs.steps.get(index as usize) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (change, seen) in step.changes.iter().zip(&record.changes) {
        let what = match (&change.refused, &seen.refused) {
            (Some(wanted), Some(got)) if wanted == got => continue,
            (None, None) => continue,
            (Some(wanted), Some(got)) => {
                format!("a change was refused with {got} instead of {wanted}")
            }
            (Some(wanted), None) => format!("a change was not refused with {wanted}"),
            (None, Some(got)) => format!("a change was refused with {}", got.trim_end()),
        };
        let at = (index, step.name.as_str());
        let mut finding = Finding::new(FindingKind::Change, at, &change.node, what);
        finding.diff = vec![DiffLine {
            sign: Sign::Note,
            text: seen.line.clone(),
        }];
        finding.first = Some(seen.line.clone());
        out.push(finding);
    }
    out
}
