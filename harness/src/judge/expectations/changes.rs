//! Owns what must become of changes: made, or refused with the errno that the file names.

use super::refusal::is_as_expected;
use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{Observations, TriggerRecord};
use crate::plan::{Cause, Step, Trigger};

/// Holds every change of a step against what the file says.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let Some(record) = obs.steps.get(index as usize) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let at = (index, step.name.as_str());
    for trigger in step.on.iter().zip(&record.on) {
        out.extend(never_came(at, trigger));
    }
    let triggered = step.on.iter().zip(&record.on);
    let triggered = triggered.flat_map(|(planned, seen)| planned.changes.iter().zip(&seen.changes));
    let made = step.changes.iter().zip(&record.changes);
    for (change, seen) in made.chain(triggered) {
        let what = match (&change.refused, &seen.refused) {
            (Some(wanted), Some(got))
                if is_as_expected(wanted, Some(got), seen.said.as_deref()) =>
            {
                continue;
            }
            (None, None) => continue,
            (Some(wanted), Some(got)) => {
                // Without an errno, what was said is all there is.
                let said = seen.said.as_ref().filter(|said| *said != got);
                let said = said.map(|s| format!(" ({s})"));
                let said = said.unwrap_or_default();
                format!("a change was refused with {got}{said} instead of {wanted}")
            }
            (Some(wanted), None) => format!("a change was not refused with {wanted}"),
            (None, Some(got)) => format!("a change was refused with {}", got.trim_end()),
        };
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

/// A trigger whose cause did not come about.
fn never_came(at: (u32, &str), (planned, seen): (&Trigger, &TriggerRecord)) -> Option<Finding> {
    if seen.fired {
        return None;
    }
    let node = match &planned.cause {
        Cause::Event { node, .. } => Some(node),
        Cause::Packet { .. } => planned.changes.first().map(|c| &c.node),
    };
    let what = "what changes wait for did not happen";
    let mut finding = Finding::new(FindingKind::Change, at, node?, what);
    let text = planned.cause.to_string();
    finding.first = Some(text.clone());
    finding.diff = vec![DiffLine {
        sign: Sign::Missing,
        text,
    }];
    Some(finding)
}
