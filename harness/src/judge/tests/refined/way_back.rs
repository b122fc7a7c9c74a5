//! The cause of an answer that has no way back.

use super::super::fixture::{H2, Recorder, plan, request};
use super::super::packets::echo;
use super::way::address;
use super::{at, check, device, route};
use crate::observe::Observations;
use crate::plan::{DeviceKind, IfAddress, Plan, Route, Rule, RuleAction};

const NONE: (&str, &str, &str) = ("h2", "no-route", "no route back to 10.0.1.100");
const GENERAL: (&str, &str, &str) = ("h2", "no-answer", "did not answer");

/// The request reaches h2, which does not answer.
fn unanswered() -> Observations {
    let mut r = Recorder::new();
    r.tunnelled(&request(), 1);
    r.finish(&[], false)
}

/// h2 with these routes, in a VRF or not.
fn with(vrf: bool, routes: Vec<Route>) -> Plan {
    let mut plan = plan();
    plan.links[3].ends[1].addresses = vec![address(H2)];
    plan.links[3].ends[1].master = vrf.then(|| "red".into());
    let node = at(&mut plan, "h2");
    node.devices = vec![device("red", DeviceKind::Vrf { table: 10 })];
    node.routes = routes;
    plan
}

fn back(table: u32) -> Route {
    Route {
        dev: None,
        via: "10.0.2.1".parse().ok(),
        ..route("10.0.1.0/24", table)
    }
}

#[test]
fn a_receiver_without_a_way_back() {
    let obs = unanswered();
    check(&with(false, vec![]), &obs, NONE);
    check(&with(false, vec![route("10.0.3.0/24", 254)]), &obs, NONE);
    check(&with(false, vec![back(254)]), &obs, GENERAL);
    check(&with(false, vec![back(10)]), &obs, NONE);
}

/// Where the table of a VRF has nothing the main one is asked (seen with Linux 6.12).
#[test]
fn a_receiver_in_a_vrf() {
    let obs = unanswered();
    check(&with(true, vec![]), &obs, NONE);
    check(&with(true, vec![back(10)]), &obs, GENERAL);
    check(&with(true, vec![route("10.0.1.0/24", 254)]), &obs, GENERAL);
    check(&with(true, vec![back(11)]), &obs, NONE);
}

#[test]
fn a_way_back_that_is_in_no_route() {
    let obs = unanswered();
    let peer = |peer: Option<&str>| {
        let mut plan = with(false, vec![]);
        plan.links[3].ends[1].addresses.push(IfAddress {
            prefix: 32,
            peer: peer.map(|p| p.parse().unwrap()),
            ..address("10.9.0.1")
        });
        plan
    };
    check(&peer(Some("10.0.1.100")), &obs, GENERAL);
    check(&peer(Some("10.0.1.101")), &obs, NONE);
    check(&peer(None), &obs, NONE);
    // Where rules are, the table that was asked is not known.
    let mut ruled = with(false, vec![]);
    at(&mut ruled, "h2").rules = vec![Rule {
        v6: false,
        from: None,
        to: None,
        iif: None,
        oif: None,
        fwmark: None,
        ipproto: None,
        sport: None,
        dport: None,
        priority: None,
        action: RuleAction::Lookup(7),
        refused: None,
    }];
    check(&ruled, &obs, GENERAL);
}

#[test]
fn a_loopback_address_needs_no_way_back() {
    let of = |src: &str| {
        let mut r = Recorder::new();
        let packet = echo(src, H2, true, 1, 64);
        r.hook("h2", "output", ("", "lo"), &packet);
        r.hook("h2", "postrouting", ("", "lo"), &packet);
        r.hook("h2", "prerouting", ("lo", ""), &packet);
        r.hook("h2", "input", ("lo", ""), &packet);
        r.finish(&[], false)
    };
    let plan = with(false, vec![]);
    let at_h2 = |obs: &Observations| {
        let causes = crate::judge::judge(&plan, obs).causes;
        causes
            .into_iter()
            .map(|c| (c.node, c.name))
            .collect::<Vec<_>>()
    };
    let told = |name: &str| [("h2".to_owned(), name.to_owned())];
    assert_eq!(at_h2(&of("127.0.0.1")), told("no-answer"));
    assert_eq!(at_h2(&of("126.0.0.1")), told("no-route"));
}
