//! Owns `refused`: objects that the kernel must refuse while the lab is built, and policies of sockets.

use crate::judge::finding::{Finding, FindingKind};
use crate::observe::{Observations, RefusalRecord};
use crate::plan::Step;

/// The records that are not as the file says.
pub(crate) fn wrong(obs: &Observations) -> impl Iterator<Item = &RefusalRecord> {
    obs.refusals
        .iter()
        .filter(|r| !is_as_expected(&r.expected, r.errno.as_deref(), r.said.as_deref()))
}

/// Whether a refusal is the expected one, `ERRNO` or `ERRNO: TEXT` with words of the kernel's message.
pub(crate) fn is_as_expected(expected: &str, errno: Option<&str>, said: Option<&str>) -> bool {
    let (name, text) = match expected.split_once(": ") {
        Some((name, text)) => (name, Some(text)),
        None => (expected, None),
    };
    errno == Some(name) && text.is_none_or(|t| said.is_some_and(|s| s.contains(t)))
}

/// Holds what the kernel refused against what the file says.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let finding = |record: &RefusalRecord| {
        let what = match &record.errno {
            Some(errno) => format!(
                "`{}` was refused with {errno}{}, not {}",
                record.object,
                record
                    .said
                    .as_ref()
                    .map(|s| format!(": {s}"))
                    .unwrap_or_default(),
                record.expected
            ),
            None => format!(
                "`{}` was not refused with {}",
                record.object, record.expected
            ),
        };
        let mut finding = Finding::new(
            FindingKind::Refusal,
            (index, step.name.as_str()),
            &record.node,
            what,
        );
        // It was tried before anything of its step was sent.
        finding.wrong_ns = (index == 0).then_some(0);
        finding
    };
    wrong(obs)
        .filter(|r| r.step == index)
        .map(finding)
        .collect()
}
