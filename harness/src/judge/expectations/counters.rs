//! Owns `expect.counters`: how the xfrm counters of a node moved in a step.

use std::collections::BTreeMap;

use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{CounterSample, Observations};
use crate::plan::{CounterRule, Step};

/// The counters of a node that moved in a step, by how much, in the kernel's order.
/// `None` where the kernel has no such counters.
pub(crate) fn moved(obs: &Observations, node: &str, step: u32) -> Option<Vec<(String, i64)>> {
    let sample = |after: u32| {
        obs.counters
            .iter()
            .find(|c| c.node == node && c.after_steps == after)
            .filter(|c| !c.values.is_empty())
    };
    let before: BTreeMap<&str, u64> = sample(step)?
        .values
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let after = sample(step + 1)?;
    let deltas = after.values.iter().map(|(name, value)| {
        let from = before.get(name.as_str()).copied().unwrap_or(0);
        (name.clone(), value.wrapping_sub(from).cast_signed())
    });
    Some(deltas.filter(|(_, delta)| *delta != 0).collect())
}

fn is_known(obs: &Observations, node: &str, step: u32, name: &str) -> bool {
    let after = |c: &&CounterSample| c.node == node && c.after_steps == step + 1;
    let mut samples = obs.counters.iter().filter(after);
    samples.any(|c| c.values.iter().any(|(known, _)| known == name))
}

/// Holds the counters of a step against what the file says.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let mut out = Vec::new();
    for expect in &step.expect.counters {
        let node = &expect.node;
        let at = (index, step.name.as_str());
        let Some(moved) = moved(obs, node, index) else {
            let what = format!("the xfrm counters of `{node}` were not watched");
            out.push(Finding::new(FindingKind::Counters, at, node, what));
            continue;
        };
        let wanted: &[(String, i64)] = match &expect.rule {
            CounterRule::Unchanged => &[],
            CounterRule::Deltas(deltas) => deltas,
        };
        let line = |(name, delta): &(String, i64)| format!("{name} {delta:+}");
        let mut diff = Vec::new();
        // One that there is not has not moved either, which would make a misspelt name pass.
        let is_there = |name: &str| is_known(obs, node, index, name);
        for want in wanted {
            let text = match (is_there(&want.0), moved.contains(want)) {
                (false, _) => format!("{}: no such counter", line(want)),
                (true, false) if want.1 != 0 => line(want),
                _ => continue,
            };
            let sign = Sign::Missing;
            diff.push(DiffLine { sign, text });
        }
        for seen in moved.iter().filter(|m| !wanted.contains(m)) {
            diff.push(DiffLine {
                sign: Sign::Unexpected,
                text: line(seen),
            });
        }
        if let Some(first) = diff.first() {
            let what = format!("the xfrm counters of `{node}` did not move as the file says");
            let mut finding = Finding::new(FindingKind::Counters, at, node, what);
            finding.first = Some(first.text.clone());
            finding.diff = diff;
            out.push(finding);
        }
    }
    out
}
