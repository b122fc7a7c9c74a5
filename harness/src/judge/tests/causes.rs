//! What broke is named from the recording alone.

use super::fixture::{self, Recorder, plan, reply, request, sa_sample, there, wire_block};
use super::packets::{echo, unreachable};
use crate::judge::{FindingKind, Outcome, Verdict, judge};
use crate::observe::{Direction, Observations, RuleText};
use crate::plan::Fails;

#[track_caller]
fn check(obs: &Observations, node: &str, cause: &str) -> Verdict {
    let verdict = judge(&plan(), obs);
    assert_eq!(verdict.outcome, Outcome::Fail);
    let at = verdict.divergence.as_ref().unwrap();
    let names: Vec<_> = verdict
        .causes
        .iter()
        .map(|c| (c.node.as_str(), c.name.as_str()))
        .collect();
    assert_eq!(
        (at.node.as_str(), names.first()),
        (node, Some(&(node, cause))),
        "{verdict:#?}"
    );
    verdict
}

/// A request that reaches r2 in ESP and goes no further.
fn ends_at_r2(moved: &[(&str, &str, u64)]) -> Observations {
    let mut r = Recorder::new();
    started(&mut r);
    r.encode(&request(), 1);
    r.transit(&request(), 1);
    r.arrive(&request(), 1);
    r.finish(moved, false)
}

/// The request leaves h1.
fn started(r: &mut Recorder) {
    let packet = echo(fixture::H1, fixture::H2, true, 1, 64);
    r.hook("h1", "output", ("", "eth0"), &packet);
    r.hook("h1", "postrouting", ("", "eth0"), &packet);
    r.link(("h1", "eth0"), ("r1", "eth0"), &packet);
}

#[test]
fn no_state() {
    check(
        &ends_at_r2(&[("r2", "XfrmInNoStates", 1)]),
        "r2",
        "no-state",
    );
}

#[test]
fn wrong_key_only_with_a_failed_integrity_check() {
    let mut obs = ends_at_r2(&[("r2", "XfrmInStateProtoError", 1)]);
    check(&obs, "r2", "malformed-packet");
    obs.sas = vec![sa_sample("r2", &there(), 0), sa_sample("r2", &there(), 1)];
    obs.sas[1].integrity_failed = 1;
    let verdict = check(&obs, "r2", "wrong-key");
    assert!(verdict.causes[0].why.contains("site:left>right"));
}

#[test]
fn replay() {
    check(
        &ends_at_r2(&[("r2", "XfrmInStateSeqError", 1)]),
        "r2",
        "replay",
    );
}

#[test]
fn an_envelope_that_nothing_opened() {
    check(&ends_at_r2(&[]), "r2", "not-opened");
}

#[test]
fn no_policy_at_the_receiver() {
    let mut r = Recorder::new();
    started(&mut r);
    r.encode(&request(), 1);
    r.transit(&request(), 1);
    r.arrive(&request(), 1);
    let inner = echo(fixture::H1, fixture::H2, true, 1, 63);
    r.hook("r2", "prerouting", ("eth1", ""), &inner);
    let obs = r.finish(&[("r2", "XfrmInNoPols", 1)], false);
    let verdict = check(&obs, "r2", "no-policy");
    assert_eq!(
        verdict.divergence.unwrap().counters,
        [("XfrmInNoPols".to_owned(), 1)]
    );
}

#[test]
fn a_frame_lost_on_a_link_ends_at_its_sender() {
    let mut r = Recorder::new();
    started(&mut r);
    r.encode(&request(), 1);
    let inner = echo(fixture::H1, fixture::H2, true, 1, 63);
    let sealed = super::packets::esp(&there(), 1, &inner, 64);
    r.frame(
        ("r1", "eth1"),
        Direction::Out,
        &super::packets::ethernet(&sealed),
    );
    check(&r.finish(&[], false), "r1", "lost-on-link");
}

/// r1 sends the request in clear, from this source.
fn leak(src: &str) -> Observations {
    let mut r = Recorder::new();
    started(&mut r);
    let packet = |ttl| echo(fixture::H1, fixture::H2, true, 1, ttl);
    let after = echo(src, fixture::H2, true, 1, 63);
    r.hook("r1", "prerouting", ("eth0", ""), &packet(64));
    r.hook("r1", "forward", ("eth0", "eth1"), &packet(63));
    r.hook_nat("r1", "postrouting", ("", "eth1"), &packet(63), &after);
    r.link(("r1", "eth1"), ("rt", "eth0"), &after);
    let further = echo(src, fixture::H2, true, 1, 62);
    r.hook("rt", "prerouting", ("eth0", ""), &after);
    r.hook("rt", "forward", ("eth0", "eth1"), &further);
    r.hook("rt", "postrouting", ("", "eth1"), &further);
    r.link(("rt", "eth1"), ("r2", "eth1"), &further);
    r.finish(&[], false)
}

#[test]
fn masquerade_before_the_lookup() {
    let verdict = check(&leak("3.0.0.1"), "r1", "masquerade-before-lookup");
    assert!(
        verdict
            .findings
            .iter()
            .any(|f| f.kind == FindingKind::Leak && f.node == "r1")
    );
    assert!(
        !verdict.causes.iter().any(|c| c.node == "rt"),
        "the router only passes it on"
    );
    let text = format!("{:?}", verdict.findings);
    assert!(text.contains("=> 3.0.0.1 > 10.0.2.100"), "{text}");
}

#[test]
fn a_sender_without_a_policy() {
    check(&leak(fixture::H1), "r1", "sender-has-no-policy");
}

#[test]
fn a_stated_leak_is_no_finding_and_must_be_seen() {
    let clear = "icmp echo-request 10.0.1.100 > 10.0.2.100 seq=1";
    let mut plan = plan();
    let expect = &mut plan.steps[0].expect;
    expect.nodes.clear();
    expect.wires.clear();
    expect.outcome.reply = None;
    expect.clear = vec![
        wire_block(("r1", "eth1"), ("rt", "eth0"), clear),
        wire_block(("rt", "eth1"), ("r2", "eth1"), clear),
    ];
    assert_eq!(judge(&plan, &leak(fixture::H1)).findings, []);
    assert_eq!(
        judge(&plan, &fixture::good()).findings[0].kind,
        FindingKind::Clear
    );
}

#[test]
fn a_drop_names_family_table_chain_and_rule() {
    let mut r = Recorder::new();
    started(&mut r);
    let packet = echo(fixture::H1, fixture::H2, true, 1, 64);
    r.hook("r1", "prerouting", ("eth0", ""), &packet);
    let entry = r.event("r1", "forward_in", ("eth0", "eth1"), &packet);
    r.obs.traces.push(entry.clone());
    r.obs.traces.push(crate::observe::Trace {
        table: "filter".to_owned(),
        chain: "c_fwd".to_owned(),
        handle: Some(9),
        verdict: crate::observe::Verdict::Drop,
        ..entry
    });
    r.obs.rules.push(RuleText {
        since: 0,
        node: "r1".to_owned(),
        family: "inet".to_owned(),
        table: "filter".to_owned(),
        chain: "c_fwd".to_owned(),
        handle: 9,
        text: "iifname \"eth0\" drop".to_owned(),
    });
    let verdict = check(&r.finish(&[], false), "r1", "nft-drop");
    let line = verdict.divergence.unwrap().line.unwrap();
    assert!(
        line.ends_with("-> drop inet filter c_fwd \"iifname \"eth0\" drop\""),
        "{line}"
    );
}

#[test]
fn no_route_with_its_answer() {
    let mut r = Recorder::new();
    started(&mut r);
    let packet = echo(fixture::H1, fixture::H2, true, 1, 64);
    r.hook("r1", "prerouting", ("eth0", ""), &packet);
    let answer = unreachable("10.0.1.1", fixture::H1, &packet);
    r.hook("r1", "output", ("", "eth0"), &answer);
    r.hook("r1", "postrouting", ("", "eth0"), &answer);
    r.link(("r1", "eth0"), ("h1", "eth0"), &answer);
    check(&r.finish(&[], false), "r1", "no-route");
}

#[test]
fn a_request_that_routing_ended_without_a_word() {
    let mut r = Recorder::new();
    started(&mut r);
    let packet = echo(fixture::H1, fixture::H2, true, 1, 64);
    r.hook("r1", "prerouting", ("eth0", ""), &packet);
    check(&r.finish(&[], false), "r1", "forwarding-off");
}

#[test]
fn two_faults_are_both_named() {
    let mut r = Recorder::new();
    r.tunnelled(&request(), 1);
    let way = reply();
    r.encode(&way, 1);
    let obs = r.finish(
        &[("r2", "XfrmOutNoStates", 1), ("r1", "XfrmInNoStates", 1)],
        false,
    );
    let names: Vec<_> = judge(&plan(), &obs)
        .causes
        .into_iter()
        .map(|c| (c.node, c.name))
        .collect();
    let told = |node: &str, name: &str| names.contains(&(node.to_owned(), name.to_owned()));
    assert!(
        told("r2", "no-out-state") && told("r1", "no-state"),
        "{names:?}"
    );
}

#[test]
fn a_variant_passes_only_when_it_fails_as_it_declares() {
    let obs = ends_at_r2(&[("r2", "XfrmInNoStates", 1)]);
    let declared = Fails {
        at: "r2".to_owned(),
        line: Some("decode site:left>right".to_owned()),
        cause: Some("no-state".to_owned()),
        causes: vec![("r2".to_owned(), "no-state".to_owned())],
        why: Some("no SA fits".to_owned()),
        counter: Some("XfrmInNoStates".to_owned()),
    };
    let verdict = |fails: &Fails, obs| {
        let mut plan = plan();
        plan.fails = Some(fails.clone());
        judge(&plan, obs)
    };
    assert_eq!(verdict(&declared, &obs).outcome, Outcome::Pass);
    for other in [
        Fails {
            at: "r1".to_owned(),
            ..declared.clone()
        },
        Fails {
            cause: Some("wrong-key".to_owned()),
            ..declared.clone()
        },
        Fails {
            causes: vec![("r1".to_owned(), "no-state".to_owned())],
            ..declared.clone()
        },
        Fails {
            causes: vec![
                ("r2".to_owned(), "no-state".to_owned()),
                ("r2".to_owned(), "replay".to_owned()),
            ],
            ..declared.clone()
        },
        Fails {
            why: Some("reqid".to_owned()),
            ..declared.clone()
        },
        Fails {
            counter: Some("XfrmInNoPols".to_owned()),
            ..declared.clone()
        },
        Fails {
            line: Some("decode other".to_owned()),
            ..declared.clone()
        },
    ] {
        let verdict = verdict(&other, &obs);
        assert_eq!(verdict.outcome, Outcome::Fail);
        assert_eq!(verdict.findings[0].kind, FindingKind::Declaration);
    }
    assert_eq!(verdict(&declared, &fixture::good()).outcome, Outcome::Fail);
}
