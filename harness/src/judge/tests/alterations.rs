//! A good recording with one thing changed must fail, and name that hop and field.

use super::fixture::{self, block, plan, wire_block};
use crate::judge::{FindingKind, Outcome, Sign, Verdict, judge};
use crate::observe::{Direction, Observations};
use crate::plan::Plan;

#[track_caller]
fn check(plan: &Plan, obs: &Observations, node: &str, words: &str) -> Verdict {
    let verdict = judge(plan, obs);
    assert_eq!(verdict.outcome, Outcome::Fail);
    assert_eq!(
        verdict.divergence.as_ref().unwrap().node,
        node,
        "{verdict:#?}"
    );
    let text: Vec<_> = verdict
        .findings
        .iter()
        .flat_map(|f| f.diff.iter().filter(|d| d.sign != Sign::Same))
        .map(|d| format!("{} {}", d.sign.character(), d.text))
        .collect();
    assert!(
        text.iter().any(|t| t.contains(words)),
        "no `{words}` in {text:#?}"
    );
    verdict
}

/// Index of the n-th trace event of a chain at a node.
fn event(obs: &Observations, node: &str, chain: &str, n: usize) -> usize {
    let all = obs.traces.iter().enumerate();
    all.filter(|(_, t)| t.node == node && t.chain == chain)
        .nth(n)
        .unwrap()
        .0
}

#[test]
fn a_hook_that_was_not_passed_is_missing_at_its_node() {
    for (node, hook) in [("r1", "forward"), ("r2", "forward"), ("r2", "prerouting")] {
        let mut obs = fixture::good();
        let at = event(&obs, node, &format!("{hook}_in"), 0);
        obs.traces.drain(at..at + 2);
        let verdict = judge(&plan(), &obs);
        let finding = &verdict.findings[0];
        assert_eq!(
            (finding.node.as_str(), finding.kind),
            (node, FindingKind::Node)
        );
        let first = finding.first.as_deref().unwrap();
        assert!(first.starts_with(hook), "{first}");
    }
}

#[test]
fn a_hook_that_was_passed_twice_is_unexpected_there() {
    for node in ["r1", "r2"] {
        let mut obs = fixture::good();
        let at = event(&obs, node, "forward_in", 0);
        let again = obs.traces[at..at + 2].to_vec();
        obs.traces.splice(at + 2..at + 2, again);
        check(&plan(), &obs, node, "+ forward");
    }
}

#[test]
fn hooks_in_another_order_are_named() {
    for node in ["r1", "r2"] {
        let mut obs = fixture::good();
        let at = event(&obs, node, "forward_in", 0);
        obs.traces[at..at + 4].rotate_left(2);
        check(&plan(), &obs, node, "- forward");
    }
}

#[test]
fn a_packet_through_another_device_is_named_with_both() {
    let mut obs = fixture::good();
    let at = event(&obs, "r2", "forward_in", 0);
    for event in &mut obs.traces[at..at + 2] {
        event.oif = Some("eth7".to_owned());
    }
    check(&plan(), &obs, "r2", "? out: expected eth0, seen eth7");
}

#[test]
fn an_address_that_changed_is_named_with_both() {
    let mut obs = fixture::good();
    let at = event(&obs, "r1", "forward_in", 0);
    for event in &mut obs.traces[at..at + 2] {
        event.network[15] = 9;
    }
    check(
        &plan(),
        &obs,
        "r1",
        "? src: expected 10.0.1.100, seen 10.0.1.9",
    );
}

#[test]
fn a_mark_that_differs_is_named_with_both() {
    let mut plan = plan();
    let marked: String = fixture::AT_R1
        .trim()
        .lines()
        .map(|l| with_mark(l, "0x0"))
        .collect();
    plan.steps[0].expect.nodes[0].1 = block(&marked);
    assert_eq!(judge(&plan, &fixture::good()).outcome, Outcome::Pass);
    let mut obs = fixture::good();
    let at = event(&obs, "r1", "forward_out", 0);
    obs.traces[at].mark = 5;
    check(&plan, &obs, "r1", "? mark: expected 0x0, seen 0x0=>0x5");
}

fn with_mark(line: &str, mark: &str) -> String {
    if line.starts_with("encode") || line.starts_with("decode") {
        format!("{line}\n")
    } else {
        format!("{line} mark {mark}\n")
    }
}

#[test]
fn a_frame_that_was_not_sent_is_missing_on_its_wire() {
    let mut obs = fixture::good();
    obs.frames
        .retain(|f| f.node != "r1" || f.device != "eth1" || f.direction != Direction::Out);
    let verdict = judge(&plan(), &obs);
    assert!(
        verdict
            .findings
            .iter()
            .any(|f| f.kind == FindingKind::Wire && f.node == "r1")
    );
}

#[test]
fn a_frame_that_was_sent_twice_is_unexpected_on_its_wire() {
    let mut obs = fixture::good();
    let sent = |f: &&crate::observe::Frame| {
        f.node == "r1" && f.device == "eth1" && f.direction == Direction::Out
    };
    let again = obs.frames.iter().find(sent).unwrap().clone();
    obs.frames.push(again);
    check(
        &plan(),
        &obs,
        "r1",
        "+ esp 3.0.0.1 > 5.0.0.1 site:left>right seq=1",
    );
}

#[test]
fn a_field_of_a_frame_that_differs_is_named() {
    let mut plan = plan();
    let wrong = fixture::R1_TO_RT.replace("seq=1 ttl=63", "seq=1 ttl=62");
    plan.steps[0].expect.wires = vec![wire_block(("r1", "eth1"), ("rt", "eth0"), &wrong)];
    check(
        &plan,
        &fixture::good(),
        "r1",
        "? inner ttl: expected 62, seen 63",
    );
}

#[test]
fn a_counter_that_moved_is_named_at_its_node() {
    let mut obs = fixture::good();
    for sample in obs
        .counters
        .iter_mut()
        .filter(|c| c.node == "r2" && c.after_steps == 1)
    {
        sample.values[0].1 = 3;
    }
    check(&plan(), &obs, "r2", "+ XfrmInNoStates +3");
}

#[test]
fn a_reply_that_did_not_come_is_found() {
    let mut obs = fixture::good();
    obs.steps[0].flows[0].packets[0].took_ns = None;
    let verdict = judge(&plan(), &obs);
    assert_eq!(verdict.findings[0].kind, FindingKind::Reply);
    assert!(verdict.findings[0].what.starts_with("0 of 1"));
}

#[test]
fn a_reply_that_must_not_come_is_found() {
    let mut plan = plan();
    plan.steps[0].expect.outcome.reply = Some(false);
    assert_eq!(
        judge(&plan, &fixture::good()).findings[0].kind,
        FindingKind::Reply
    );
}

#[test]
fn a_block_that_cannot_be_read_is_a_finding_never_a_pass() {
    let mut plan = plan();
    plan.steps[0].expect.nodes = vec![("r1".to_owned(), block("forward in"))];
    assert_eq!(
        judge(&plan, &fixture::good()).findings[0].kind,
        FindingKind::Block
    );
}

#[test]
fn blocks_fail_when_more_was_seen_unless_they_end_open() {
    let first = "prerouting in eth0 icmp echo-request *  > *";
    let mut plan = plan();
    plan.steps[0].expect.nodes = vec![("r1".to_owned(), block(&format!("{first}\n...")))];
    assert_eq!(judge(&plan, &fixture::good()).outcome, Outcome::Pass);
    plan.steps[0].expect.nodes = vec![("r1".to_owned(), block(first))];
    assert_eq!(judge(&plan, &fixture::good()).outcome, Outcome::Fail);
}
