//! Causes where steps changed what the file has from the start: addresses, routes, devices, SAs and policies.

use super::super::fixture::{H1, H2, Recorder, plan, there};
use super::super::packets::echo;
use super::tunnels::{comes_to_r2, tunnel};
use super::{
    LEFT, RIGHT, at, check, ends_at_r1, forwarding, leaves_h1, policy, reaches_r2, route, sent,
};
use crate::judge::judge;
use crate::observe::Observations;
use crate::plan::{Change, Dir, Encap, EncapType, IfAddress, Object, Plan, TunnelKind, What};

fn changed(mut plan: Plan, node: &str, what: What) -> Plan {
    plan.steps[0].changes.push(Change {
        node: node.into(),
        what,
        refused: None,
    });
    plan
}

fn address(device: &str, text: &str) -> Object {
    let address = IfAddress {
        address: text.parse().unwrap(),
        prefix: 24,
        peer: None,
        scope: None,
        refused: None,
    };
    Object::Address {
        device: device.into(),
        address,
    }
}

#[test]
fn an_address_that_a_step_adds_or_takes() {
    let obs = ends_at_r1(&sent());
    let add = |text: &str| What::Add(address("eth1", text));
    let own = changed(plan(), "r1", add(H2));
    check(&own, &obs, ("r1", "not-forwarded", ""));
    let other = changed(plan(), "r1", add("10.0.2.7"));
    check(&other, &obs, ("r1", "forwarding-off", ""));
    let gone = changed(own.clone(), "r1", What::Delete(address("eth1", H2)));
    check(&gone, &obs, ("r1", "forwarding-off", ""));
    let mut refused = own;
    refused.steps[0].changes[0].refused = Some("EEXIST".into());
    check(&refused, &obs, ("r1", "forwarding-off", ""));
}

#[test]
fn a_route_that_a_step_adds_or_takes() {
    let obs = ends_at_r1(&sent());
    let taken = What::Delete(Object::Route(route("10.0.2.0/24", 254)));
    let taken = changed(forwarding(), "r1", taken);
    check(&taken, &obs, ("r1", "no-route", "has no route to 10.0.2"));
    let mut r = Recorder::new();
    leaves_h1(&mut r, &sent());
    r.link(("r2", "eth0"), ("h2", "eth0"), &echo(H1, H2, true, 1, 62));
    r.hook("h2", "prerouting", ("eth0", ""), &echo(H1, H2, true, 1, 62));
    r.hook("h2", "input", ("eth0", ""), &echo(H1, H2, true, 1, 62));
    let obs = r.finish(&[], false);
    let told = |plan: &Plan| {
        let causes = judge(plan, &obs).causes;
        let at_h2 = causes.iter().find(|c| c.node == "h2");
        at_h2.map_or_else(|| panic!("{causes:?}"), |c| c.name.clone())
    };
    assert_eq!(told(&plan()), "no-route");
    let add = What::Add(Object::Route(route("0.0.0.0/0", 254)));
    assert_eq!(told(&changed(plan(), "h2", add)), "no-answer");
}

#[test]
fn a_device_that_a_step_adds_or_takes() {
    let obs = comes_to_r2(47, &[0, 0, 8, 0], &[]);
    let gre = || Object::Device(Box::new(tunnel(TunnelKind::Gre, RIGHT, LEFT, None)));
    check(&plan(), &obs, ("r2", "tunnel-no-match", "no gre device"));
    let added = changed(plan(), "r2", What::Add(gre()));
    check(&added, &obs, ("r2", "no-listener", ""));
    let gone = changed(added, "r2", What::Delete(gre()));
    check(&gone, &obs, ("r2", "tunnel-no-match", "no gre device"));
}

fn in_udp() -> Encap {
    Encap {
        kind: EncapType::EspInUdp,
        sport: 4500,
        dport: 4500,
        oaddr: "0.0.0.0".parse().unwrap(),
    }
}

#[test]
fn an_sa_that_a_step_adds_is_held_against_the_packet() {
    let obs = reaches_r2("XfrmInStateMismatch", |_| {});
    let mut sa = there();
    sa.encap = Some(in_udp());
    let mut plan = plan();
    at(&mut plan, "r2").states.clear();
    let plan = changed(plan, "r2", What::AddState(Box::new(sa)));
    let why = "ESP came without UDP, and the SA has `encap`";
    check(&plan, &obs, ("r2", "encapsulation-mismatch", why));
}

/// What came to r2 with mark 1, which no policy lets in.
fn marked() -> Observations {
    let mut obs = reaches_r2("XfrmInNoPols", super::opened);
    for trace in &mut obs.traces {
        trace.mark = 1;
    }
    obs
}

#[test]
fn a_policy_that_a_step_adds_is_held_against_the_packet() {
    let add = |value| What::AddPolicy(Box::new(policy(Dir::Fwd, Some(value))));
    let why = "the packet has mark 0x1, its policy asks for";
    let plan = |value| changed(plan(), "r2", add(value));
    check(&plan(9), &marked(), ("r2", "mark-mismatch", why));
    check(&plan(1), &marked(), ("r2", "no-policy", ""));
}
