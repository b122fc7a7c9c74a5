//! The causes that hold what was seen against the world of the file: each from a recording and a plan in which just
//! that is wrong, and where its condition is not met, the general one stays.

mod changed;
mod interfaces;
mod links;
mod numbers;
mod routes;
mod sealing;
mod six;
mod steps;
mod tunnels;
mod way;
mod way_back;

use super::fixture::{H1, H2, Recorder, plan, reply, request, there};
use super::packets::{echo, esp, ethernet, ipv4, sa, unreachable_for};
use crate::judge::{Cause, judge};
use crate::names::{Mark, Reqid, Spi};
use crate::observe::{Direction, Observations};
use crate::plan::{
    Device, DeviceKind, Dir, IfAddress, Level, Lifetime, Mode, Plan, Policy, PolicyAction, Proto,
    Route, RouteKind, Selector, State, Sysctl, Template,
};

const LEFT: &str = "3.0.0.1";
const RIGHT: &str = "5.0.0.1";

/// The first cause of a run that fails.
#[track_caller]
fn first(plan: &Plan, obs: &Observations) -> Cause {
    let verdict = judge(plan, obs);
    verdict
        .causes
        .first()
        .cloned()
        .unwrap_or_else(|| panic!("no cause: {verdict:#?}"))
}

#[track_caller]
fn check(plan: &Plan, obs: &Observations, (node, cause, why): (&str, &str, &str)) {
    let first = first(plan, obs);
    assert_eq!(
        (first.node.as_str(), first.name.as_str()),
        (node, cause),
        "{first:?}"
    );
    assert!(first.why.contains(why), "`{why}` is not in `{}`", first.why);
}

fn at<'a>(plan: &'a mut Plan, name: &str) -> &'a mut crate::plan::Node {
    plan.nodes.iter_mut().find(|n| n.name == name).unwrap()
}

fn device(name: &str, kind: DeviceKind) -> Device {
    Device {
        name: name.into(),
        kind,
        mac: None,
        mtu: None,
        master: None,
        born: None,
        addresses: Vec::new(),
        up: true,
        refused: None,
    }
}

/// A policy for packets from h1 to h2, through an SA from r1 to r2.
pub(crate) fn policy(dir: Dir, mark: Option<u32>) -> Policy {
    let net = |host: &str| format!("{host}/32").parse().unwrap();
    Policy {
        name: "policy".into(),
        dir,
        selector: Selector {
            src: net(H1),
            dst: net(H2),
            proto: None,
            sport: None,
            dport: None,
            dev: None,
            uid: 0,
        },
        action: PolicyAction::Allow,
        priority: 0,
        mark: mark.map(|value| Mark {
            value,
            mask: u32::MAX,
        }),
        if_id: None,
        index: 0,
        templates: vec![template(0)],
        flags: Vec::new(),
        sub: false,
        lifetime: Lifetime::default(),
        ctx: None,
        offload: None,
        update: false,
        refused: None,
    }
}

fn template(reqid: u32) -> Template {
    Template {
        src: LEFT.parse().unwrap(),
        dst: RIGHT.parse().unwrap(),
        proto: Proto::Esp,
        spi: Spi(0),
        reqid: Reqid(reqid),
        mode: Mode::Tunnel,
        level: Level::Required,
    }
}

/// The plan with r1 as a router that knows the way.
fn forwarding() -> Plan {
    let mut plan = plan();
    let node = at(&mut plan, "r1");
    node.sysctls = vec![Sysctl::new("net.ipv4.ip_forward", "1")];
    node.routes = vec![route("10.0.2.0/24", 254)];
    plan
}

fn route(dst: &str, table: u32) -> Route {
    Route {
        kind: RouteKind::Unicast,
        dst: dst.parse().unwrap(),
        via: None,
        dev: Some("eth1".into()),
        src: None,
        table,
        metric: None,
        mtu: None,
        onlink: false,
        scope: None,
        encap: None,
        refused: None,
    }
}

/// The request leaves h1 as it stands and ends in prerouting of r1.
fn ends_at_r1(packet: &[u8]) -> Observations {
    let mut r = Recorder::new();
    leaves_h1(&mut r, packet);
    r.hook("r1", "prerouting", ("eth0", ""), packet);
    r.finish(&[], false)
}

fn leaves_h1(r: &mut Recorder, packet: &[u8]) {
    r.hook("h1", "output", ("", "eth0"), packet);
    r.hook("h1", "postrouting", ("", "eth0"), packet);
    r.link(("h1", "eth0"), ("r1", "eth0"), packet);
}

/// What h1 sends.
fn sent() -> Vec<u8> {
    echo(H1, H2, true, 1, 64)
}

#[test]
fn a_packet_with_an_address_of_the_node_itself_for_its_source() {
    let obs = ends_at_r1(&sent());
    check(&plan(), &obs, ("r1", "forwarding-off", ""));
    let mut owned = plan();
    owned.links[0].ends[1].addresses = vec![IfAddress {
        address: H1.parse().unwrap(),
        prefix: 24,
        peer: None,
        scope: None,
        refused: None,
    }];
    check(
        &owned,
        &obs,
        ("r1", "own-source", "with 10.0.1.100 as its source"),
    );
}

#[test]
fn a_wrong_checksum_counts_on_links_alone() {
    let mut bad = sent();
    bad[22] ^= 0xff;
    let plan = forwarding();
    check(
        &plan,
        &ends_at_r1(&bad),
        ("r1", "checksum", "transport checksum"),
    );
    let mut header = sent();
    header[10] ^= 0xff;
    check(
        &plan,
        &ends_at_r1(&header),
        ("r1", "checksum", "IPv4 header checksum"),
    );
    // At a device that is no link end a checksum may not have been made yet.
    let mut r = Recorder::new();
    r.hook("h1", "output", ("", "eth0"), &sent());
    r.frame(("h1", "dummy0"), Direction::Out, &ethernet(&bad));
    r.hook("h1", "postrouting", ("", "eth0"), &sent());
    r.link(("h1", "eth0"), ("r1", "eth0"), &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    let obs = r.finish(&[], false);
    check(&plan, &obs, ("r1", "not-forwarded", ""));
}

#[test]
fn an_answer_that_came_to_who_had_not_asked() {
    let mut r = Recorder::new();
    r.tunnelled(&request(), 1);
    r.encode(&reply(), 1);
    r.transit(&reply(), 1);
    r.arrive(&reply(), 1);
    let answer = echo(H2, H1, false, 1, 63);
    r.frame(("r1", "eth1"), Direction::In, &ethernet(&answer));
    r.hook("r1", "prerouting", ("eth1", ""), &answer);
    r.hook("r1", "input", ("eth1", ""), &answer);
    let obs = r.finish(&[], false);
    check(
        &plan(),
        &obs,
        ("r1", "answer-astray", "it was h1 that had asked"),
    );
}

/// The request reaches r2 in ESP and goes no further, but for what `more` adds.
fn reaches_r2(moved: &str, more: impl FnOnce(&mut Recorder)) -> Observations {
    let mut r = Recorder::new();
    leaves_h1(&mut r, &sent());
    r.encode(&request(), 1);
    r.transit(&request(), 1);
    r.arrive(&request(), 1);
    more(&mut r);
    r.finish(&[("r2", moved, 1)], false)
}

fn opened(r: &mut Recorder) {
    r.hook("r2", "prerouting", ("eth1", ""), &echo(H1, H2, true, 1, 63));
}

#[test]
fn what_came_in_clear_is_not_blamed_on_an_sa() {
    let mut r = Recorder::new();
    let forwarded = echo(H1, H2, true, 1, 63);
    leaves_h1(&mut r, &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    r.hook("r1", "forward", ("eth0", "eth1"), &forwarded);
    r.hook("r1", "postrouting", ("", "eth1"), &forwarded);
    r.link(("r1", "eth1"), ("r2", "eth1"), &forwarded);
    r.hook("r2", "prerouting", ("eth1", ""), &forwarded);
    let obs = r.finish(&[("r2", "XfrmInTmplMismatch", 1)], false);
    let mut plan = plan();
    plan.guarded.clear();
    at(&mut plan, "r2").policies = vec![policy(Dir::Fwd, None)];
    let causes = judge(&plan, &obs).causes;
    let told = causes.iter().find(|c| c.node == "r2").unwrap();
    assert_eq!(told.name, "template-mismatch");
    assert!(
        told.why.contains("in clear where a policy asks for IPsec"),
        "{}",
        told.why
    );
}

#[test]
fn an_envelope_in_udp_that_nobody_takes() {
    let inner = esp(&there(), 1, &sent(), 64);
    let body = &inner[20..];
    let mut udp = [4500, 4500, body.len() as u16 + 8, 0]
        .map(u16::to_be_bytes)
        .concat();
    udp.extend(body);
    let envelope = ipv4(LEFT, RIGHT, 17, 64, &udp);
    let told = unreachable_for(3, RIGHT, LEFT, &envelope);
    let mut r = Recorder::new();
    leaves_h1(&mut r, &sent());
    r.link(("rt", "eth1"), ("r2", "eth1"), &envelope);
    r.hook("r2", "prerouting", ("eth1", ""), &envelope);
    r.hook("r2", "input", ("eth1", ""), &envelope);
    r.hook("r2", "output", ("", "eth1"), &told);
    r.hook("r2", "postrouting", ("", "eth1"), &told);
    r.link(("r2", "eth1"), ("rt", "eth1"), &told);
    let obs = r.finish(&[], false);
    let named = |plan: &Plan| {
        let causes = judge(plan, &obs).causes;
        let at_r2 = causes.iter().find(|c| c.node == "r2");
        at_r2.map_or_else(|| panic!("{causes:?}"), |c| c.name.clone())
    };
    let mut plan = plan();
    assert_eq!(named(&plan), "no-encap-socket");
    // A NAT has no SA of its own to open it with.
    at(&mut plan, "r2").nft = "table ip n { chain c { masquerade; }; }".into();
    assert_eq!(named(&plan), "no-encap-socket");
    at(&mut plan, "r2").states.clear();
    assert_eq!(named(&plan), "no-mapping");
}

/// r2 opens two envelopes, the outer one with `outer`.
fn nested(outer: &State) -> Observations {
    let mut r = Recorder::new();
    let inner = echo(H1, H2, true, 1, 63);
    let once = esp(&there(), 1, &inner, 64);
    let twice = esp(outer, 1, &once, 64);
    leaves_h1(&mut r, &sent());
    r.link(("rt", "eth1"), ("r2", "eth1"), &twice);
    for packet in [&twice, &once] {
        r.hook("r2", "prerouting", ("eth1", ""), packet);
        r.hook("r2", "input", ("eth1", ""), packet);
    }
    opened(&mut r);
    r.finish(&[("r2", "XfrmInTmplMismatch", 1)], false)
}

#[test]
fn sas_that_opened_a_packet_in_another_order_than_the_templates() {
    let mut outer = sa("outer", LEFT, RIGHT, 0x3003);
    outer.reqid = Reqid(2);
    let mut plan = plan();
    let node = at(&mut plan, "r2");
    node.states[0].reqid = Reqid(1);
    node.states.push(outer.clone());
    let mut of = policy(Dir::Fwd, None);
    of.templates = vec![template(2), template(1)];
    node.policies = vec![of.clone()];
    let obs = nested(&outer);
    let causes = judge(&plan, &obs).causes;
    let why = |causes: &[Cause]| causes.iter().find(|c| c.node == "r2").unwrap().why.clone();
    assert!(why(&causes).contains("in another order"), "{causes:?}");
    at(&mut plan, "r2").policies[0].templates.pop();
    let causes = judge(&plan, &obs).causes;
    assert!(
        why(&causes).contains("2 SAs opened it, asked for 1"),
        "{causes:?}"
    );
}

#[test]
fn the_selector_of_an_sa_that_does_not_take_what_its_policy_sends() {
    let mut r = Recorder::new();
    leaves_h1(&mut r, &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    let obs = r.finish(&[("r1", "XfrmOutNoStates", 1)], false);
    let with = |own: Option<(&str, &str)>| {
        let mut plan = plan();
        let mut out = policy(Dir::Out, None);
        let node = at(&mut plan, "r1");
        node.states[0].selector = own.map(|(src, dst)| Selector {
            src: src.parse().unwrap(),
            dst: dst.parse().unwrap(),
            ..out.selector.clone()
        });
        out.templates = vec![template(0)];
        node.policies = vec![out];
        plan
    };
    let narrow = with(Some(("10.0.1.0/24", "10.0.9.0/24")));
    let why = "its own selector 10.0.1.0/24 > 10.0.9.0/24 does not take icmp echo-request 10.0.1.100 > 10.0.2.100";
    check(&narrow, &obs, ("r1", "state-selector", why));
    let wide = with(Some(("10.0.1.0/24", "10.0.2.0/24")));
    check(&wide, &obs, ("r1", "no-out-state", ""));
    check(&with(None), &obs, ("r1", "no-out-state", ""));
}
