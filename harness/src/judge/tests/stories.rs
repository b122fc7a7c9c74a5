//! The story of a recording, and that it follows the recording, not the plan.

use super::fixture::{self, AT_R1};
use crate::judge::{Outcome, judge};

#[test]
fn a_run_as_expected_passes() {
    let verdict = judge(&fixture::plan(), &fixture::good());
    assert_eq!(verdict.findings, []);
    assert_eq!(verdict.outcome, Outcome::Pass);
}

/// The lines of a node, as a block would state them.
fn told(obs: &crate::observe::Observations, node: &str) -> String {
    crate::judge::stated(&fixture::plan(), obs, 0, node).join("\n")
}

#[test]
fn the_story_of_a_node_reads_like_its_block() {
    assert_eq!(told(&fixture::good(), "r1"), AT_R1.trim());
    assert_eq!(told(&fixture::good(), "r2"), fixture::AT_R2.trim());
}

#[test]
fn two_hooks_that_are_swapped_in_the_recording_are_told_swapped() {
    let mut obs = fixture::good();
    // Entry and exit of forward, then of postrouting, at r1.
    let at = obs
        .traces
        .iter()
        .position(|t| t.node == "r1" && t.chain == "forward_in")
        .unwrap();
    obs.traces.swap(at, at + 2);
    obs.traces.swap(at + 1, at + 3);
    let lines = told(&obs, "r1");
    let lines: Vec<_> = lines
        .lines()
        .map(|l| l.split_whitespace().next().unwrap())
        .collect();
    assert_eq!(
        lines[..4],
        ["prerouting", "postrouting", "forward", "encode"]
    );
}

#[test]
fn an_sa_that_the_plan_does_not_know_is_encoded_by_nobody_known() {
    let mut plan = fixture::plan();
    for node in &mut plan.nodes {
        node.states.clear();
    }
    let lines = crate::judge::stated(&plan, &fixture::good(), 0, "r1").join("\n");
    assert!(lines.contains("encode       ?"), "{lines}");
}

#[test]
fn a_lost_trace_event_makes_the_run_an_error() {
    let mut obs = fixture::good();
    obs.lost.push(crate::observe::Loss {
        place: "trace r1".into(),
        what: "2 events".into(),
    });
    assert_eq!(judge(&fixture::plan(), &obs).outcome, Outcome::Error);
}

#[test]
fn a_step_that_did_not_run_makes_the_run_an_error() {
    let mut obs = fixture::good();
    obs.steps.clear();
    assert_eq!(judge(&fixture::plan(), &obs).outcome, Outcome::Error);
}
