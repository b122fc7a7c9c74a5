//! Every event of a good recording, taken away, doubled or changed, against a file that
//! states everything: each time the verdict must name that hop.

use super::fixture::{self, block, wire_block};
use crate::judge::story::{WirePoint, tell};
use crate::judge::{Outcome, judge, stated};
use crate::observe::{Direction, Observations};
use crate::plan::Plan;

/// The gateway pair with every node and every wire stated as it was seen.
fn everything() -> Plan {
    let (mut plan, obs) = (fixture::plan(), fixture::good());
    let nodes = ["h1", "r1", "rt", "r2", "h2"];
    let stated = |node: &str| block(&stated(&plan, &obs, 0, node).join("\n"));
    let blocks: Vec<_> = nodes.iter().map(|n| ((*n).to_owned(), stated(n))).collect();
    let mut wires = Vec::new();
    for journey in tell(&plan, &obs)
        .steps
        .remove(0)
        .journeys
        .iter()
        .filter(|j| j.is_flow())
    {
        for event in &journey.events {
            if let Some(WirePoint {
                device,
                peer: Some(to),
                ..
            }) = &event.wire
            {
                let line = event.line.packet.as_ref().unwrap().to_string();
                wires.push(wire_block((&event.node, device), (&to.0, &to.1), &line));
            }
        }
    }
    assert_eq!(wires.len(), 8);
    let expect = &mut plan.steps[0].expect;
    expect.nodes = blocks;
    expect.wires = wires;
    plan
}

#[track_caller]
fn fails_at(plan: &Plan, obs: &Observations, node: &str, what: &str) {
    let verdict = judge(plan, obs);
    let at = verdict.divergence.as_ref().map(|d| d.node.as_str());
    assert_eq!((verdict.outcome, at), (Outcome::Fail, Some(node)), "{what}");
}

#[test]
fn unaltered_it_passes() {
    assert_eq!(judge(&everything(), &fixture::good()).findings, []);
}

#[test]
fn every_hook_pass() {
    let (plan, good) = (everything(), fixture::good());
    for at in (0..good.traces.len()).step_by(2) {
        let event = &good.traces[at];
        let what = format!("{} at {}, event {at}", event.chain, event.node);
        let mut without = good.clone();
        without.traces.drain(at..at + 2);
        fails_at(&plan, &without, &event.node, &format!("without {what}"));
        let mut twice = good.clone();
        twice
            .traces
            .splice(at..at, good.traces[at..at + 2].to_vec());
        fails_at(&plan, &twice, &event.node, &format!("twice {what}"));
        let mut elsewhere = good.clone();
        for event in &mut elsewhere.traces[at..at + 2] {
            event.oif = event.oif.as_ref().map(|_| "eth9".to_owned());
            event.iif = event.iif.as_ref().map(|_| "eth9".to_owned());
        }
        fails_at(
            &plan,
            &elsewhere,
            &event.node,
            &format!("other device: {what}"),
        );
        let mut cut = good.clone();
        cut.traces.remove(at + 1);
        fails_at(&plan, &cut, &event.node, &format!("never left: {what}"));
    }
}

#[test]
fn every_pair_of_hooks_of_one_packet() {
    let (plan, good) = (everything(), fixture::good());
    for at in (0..good.traces.len() - 2).step_by(2) {
        let (a, b) = (&good.traces[at], &good.traces[at + 2]);
        if a.node != b.node {
            continue;
        }
        let mut swapped = good.clone();
        swapped.traces[at..at + 4].rotate_left(2);
        let what = format!("{} and {} at {} swapped", a.chain, b.chain, a.node);
        let verdict = judge(&plan, &swapped);
        // A request and its reply are two packets; their order is told by the captures.
        let one_packet = a.network[12..20] == b.network[12..20];
        if one_packet || verdict.outcome == Outcome::Fail {
            fails_at(&plan, &swapped, &a.node, &what);
        }
    }
}

#[test]
fn every_frame_that_was_sent() {
    let (plan, good) = (everything(), fixture::good());
    for (at, frame) in good.frames.iter().enumerate() {
        if frame.direction == Direction::In || frame.bytes[12..14] == [8, 6] {
            continue;
        }
        let what = format!("frame {at} of {}:{}", frame.node, frame.device);
        let mut without = good.clone();
        without.frames.remove(at);
        fails_at(&plan, &without, &frame.node, &format!("without {what}"));
        let mut twice = good.clone();
        twice.frames.insert(at, frame.clone());
        fails_at(&plan, &twice, &frame.node, &format!("twice {what}"));
        // Any byte of the IP packet is in some field, or breaks a checksum or the ICV;
        // a third of them keeps the test short.
        for byte in (14..frame.bytes.len()).step_by(3) {
            let mut changed = good.clone();
            changed.frames[at].bytes[byte] ^= 0x10;
            fails_at(
                &plan,
                &changed,
                &frame.node,
                &format!("byte {byte} of {what}"),
            );
        }
    }
}

#[test]
fn cut_and_broken_bytes_never_panic() {
    let (plan, good) = (everything(), fixture::good());
    let count = good.traces.len().max(good.frames.len());
    for at in 0..count {
        for length in [0, 1, 13, 14, 19, 20, 33, 41] {
            let mut cut = good.clone();
            if let Some(frame) = cut.frames.get_mut(at) {
                frame.bytes.truncate(length);
            }
            if let Some(event) = cut.traces.get_mut(at) {
                event.network.truncate(length);
                event.transport.truncate(length / 2);
                event.nfproto = if length % 2 == 0 { 10 } else { 0 };
                event.node = "unknown".to_owned();
            }
            let verdict = judge(&plan, &cut);
            let style = crate::report::Style::default();
            assert!(!crate::report::render(&plan, &cut, &verdict, style).is_empty());
        }
    }
}

#[test]
fn a_thousand_packets_are_told_apart() {
    let mut r = fixture::Recorder::new();
    for seq in 1..=1000 {
        r.tunnelled(&fixture::request(), seq);
    }
    let obs = r.finish(&[], true);
    let mut plan = fixture::plan();
    plan.steps[0].expect = crate::plan::Expect {
        nodes: vec![(
            "r1".to_owned(),
            block("prerouting in eth0 icmp echo-request seq=1\n..."),
        )],
        ..Default::default()
    };
    let story = tell(&plan, &obs);
    assert_eq!(story.steps[0].journeys.len(), 1000);
    assert_eq!(judge(&plan, &obs).findings, []);
}
