//! Owns `refused`: objects that the kernel must refuse while the lab is built.

use crate::judge::finding::{Finding, FindingKind};
use crate::observe::{Observations, RefusalRecord};
use crate::plan::Step;

/// The records that are not as the file says.
pub(crate) fn wrong(obs: &Observations) -> impl Iterator<Item = &RefusalRecord> {
    obs.refusals
        .iter()
        .filter(|r| r.errno.as_deref() != Some(r.expected.as_str()))
}

/// Holds what the kernel refused against what the file says. All of it happened before the first step.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    if index > 0 {
        return Vec::new();
    }
    let finding = |record: &RefusalRecord| {
        let what = match &record.errno {
            Some(errno) => format!(
                "`{}` was refused with {errno}, not {}",
                record.object, record.expected
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
        finding.wrong_ns = Some(0);
        finding
    };
    wrong(obs).map(finding).collect()
}
