//! Owns `expect.snmp`, `expect.links`, `expect.sas` and `expect.nft`: how counters beside those of xfrm moved.

use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{Observations, SA_COUNTERS, SaSample};
use crate::plan::{CounterRule, MeterExpect, Plan, Step};

/// Holds what counters did against what the file says. Only those that it names count, unless it says that
/// none moves.
pub(crate) fn check(plan: &Plan, index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let one = |expect: &MeterExpect| {
        let moved = moved(plan, obs, index, expect);
        let mut diff = Vec::new();
        let mut differ = |sign, text: String| diff.push(DiffLine { sign, text });
        match &expect.rule {
            CounterRule::Unchanged => {
                if moved.is_empty() {
                    // What does not exist stands still for ever.
                    differ(Sign::Missing, "unchanged".to_owned());
                    differ(Sign::Unexpected, "not there".to_owned());
                }
                for (name, delta) in moved.iter().filter(|(_, delta)| *delta != 0) {
                    differ(Sign::Unexpected, format!("{name} {delta:+}"));
                }
            }
            CounterRule::Deltas(wanted) => {
                for (name, want) in wanted {
                    let seen = moved.iter().find(|(n, _)| n == name).map(|(_, d)| *d);
                    if seen == Some(*want) {
                        continue;
                    }
                    differ(Sign::Missing, format!("{name} {want:+}"));
                    let seen = seen.map_or("no such counter".to_owned(), |d| format!("{d:+}"));
                    differ(Sign::Unexpected, format!("{name} {seen}"));
                }
            }
        }
        let first = diff.first()?.text.clone();
        let (node, group) = (&expect.node, &expect.group);
        let what = format!("counters of `{group}` at `{node}` did not move as the file says");
        let at = (index, step.name.as_str());
        let mut finding = Finding::new(FindingKind::Counters, at, node, what);
        finding.first = Some(first);
        finding.diff = diff;
        Some(finding)
    };
    step.expect.meters.iter().filter_map(one).collect()
}

/// By how much the counters of a group moved.
pub(crate) fn moved(
    plan: &Plan,
    obs: &Observations,
    index: u32,
    expect: &MeterExpect,
) -> Vec<(String, i64)> {
    if let Some(sa) = expect.group.strip_prefix("sa ") {
        return of_sa(plan, obs, index, &expect.node, sa);
    }
    let of_group = obs
        .moved
        .iter()
        .filter(|m| m.step == index && m.node == expect.node && m.group == expect.group);
    of_group.map(|m| (m.counter.clone(), m.delta)).collect()
}

/// Of an SA that came in the step, everything that it has counted; of one that is gone, nothing is known.
fn of_sa(
    plan: &Plan,
    obs: &Observations,
    index: u32,
    node: &str,
    name: &str,
) -> Vec<(String, i64)> {
    let sample = |after: u32| {
        obs.sas
            .iter()
            .find(|s| s.after_steps == after && s.node == node && s.name(plan) == Some(name))
    };
    let Some(after) = sample(index + 1) else {
        return Vec::new();
    };
    let before = sample(index);
    let delta = |read: fn(&SaSample) -> u64| {
        read(after)
            .wrapping_sub(before.map_or(0, read))
            .cast_signed()
    };
    let moved = [
        delta(|s| s.packets),
        delta(|s| s.bytes),
        delta(|s| u64::from(s.replay_window)),
        delta(|s| u64::from(s.replay)),
        delta(|s| u64::from(s.integrity_failed)),
    ];
    let names = SA_COUNTERS.map(str::to_owned);
    names.into_iter().zip(moved).collect()
}
