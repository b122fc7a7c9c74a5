//! Causes that lie with routes and rules whose kind is to end packets.

use super::super::fixture::{Recorder, plan};
use super::{at, check, device, ends_at_r1, forwarding, route, sent};
use crate::observe::Observations;
use crate::plan::{DeviceKind, Route, RouteKind, Rule, RuleAction, Traffic};

fn ending(kind: RouteKind, dst: &str, table: u32) -> Route {
    Route {
        kind,
        dev: None,
        ..route(dst, table)
    }
}

fn rule(to: Option<&str>, action: RuleAction) -> Rule {
    Rule {
        v6: false,
        from: None,
        to: to.map(|net| net.parse().unwrap()),
        iif: None,
        oif: None,
        fwmark: None,
        ipproto: None,
        sport: None,
        dport: None,
        priority: None,
        action,
        refused: None,
    }
}

#[test]
fn a_route_that_ends_what_is_forwarded() {
    let obs = ends_at_r1(&sent());
    let with = |vrf: bool, routes: Vec<Route>| {
        let mut plan = forwarding();
        plan.links[0].ends[1].master = vrf.then(|| "red".into());
        let node = at(&mut plan, "r1");
        node.devices = vec![device("red", DeviceKind::Vrf { table: 10 })];
        node.routes = routes;
        plan
    };
    let hole = |table| ending(RouteKind::Blackhole, "10.0.0.0/8", table);
    let fib = (
        "r1",
        "fib",
        "the route for 10.0.2.100 is `blackhole 10.0.0.0/8`",
    );
    let other = ("r1", "not-forwarded", "");
    check(&with(false, vec![hole(254)]), &obs, fib);
    let longer = || route("10.0.2.0/24", 254);
    check(&with(false, vec![hole(254), longer()]), &obs, other);
    let last = Route {
        metric: Some(9),
        ..hole(254)
    };
    let first = route("10.0.0.0/8", 254);
    check(&with(false, vec![first, last]), &obs, other);
    // The table of a VRF comes before the main one, for what came in through the VRF alone.
    check(&with(true, vec![hole(10), longer()]), &obs, fib);
    check(&with(false, vec![hole(10), longer()]), &obs, other);
    check(&with(true, vec![hole(254)]), &obs, fib);
    let thrown = ending(RouteKind::Throw, "10.0.2.0/24", 10);
    check(&with(true, vec![thrown, hole(10), hole(254)]), &obs, fib);
}

/// The kernel of h1 refuses to send.
fn refused(errno: &str) -> Observations {
    let mut obs = Recorder::new().finish(&[], false);
    obs.steps[0].flows[0].packets[0].send_error = Some(errno.to_owned());
    obs
}

#[test]
fn a_route_that_ends_what_its_sender_sends() {
    let with = |routes: Vec<Route>, rules: Vec<Rule>| {
        let mut plan = plan();
        let node = at(&mut plan, "h1");
        (node.routes, node.rules) = (routes, rules);
        plan
    };
    for (kind, errno, general) in [
        (RouteKind::Blackhole, "EINVAL", "send-refused"),
        (RouteKind::Prohibit, "EACCES", "send-refused"),
        (RouteKind::Unreachable, "EHOSTUNREACH", "no-route"),
    ] {
        let own = |table| ending(kind, "10.0.0.0/8", table);
        let (fib, other) = (("h1", "fib", kind.word()), ("h1", general, ""));
        let obs = refused(errno);
        check(&with(vec![own(254)], vec![]), &obs, fib);
        let of_other = if kind == RouteKind::Blackhole {
            RouteKind::Prohibit
        } else {
            RouteKind::Blackhole
        };
        let of_other = ending(of_other, "10.0.0.0/8", 254);
        check(&with(vec![of_other], vec![]), &obs, other);
        let longer = route("10.0.2.0/24", 254);
        check(&with(vec![own(254), longer], vec![]), &obs, other);
        // Another table counts only where a rule leads to it.
        check(&with(vec![own(7)], vec![]), &obs, other);
        let to = |net| vec![rule(Some(net), RuleAction::Lookup(7))];
        check(&with(vec![own(7)], to("10.0.2.0/24")), &obs, fib);
        check(&with(vec![own(7)], to("10.0.3.0/24")), &obs, other);
    }
}

#[test]
fn a_rule_that_ends_what_its_sender_sends() {
    let with = |rule: Rule| {
        let mut plan = plan();
        at(&mut plan, "h1").rules = vec![rule];
        plan
    };
    let obs = refused("EINVAL");
    let hole = |to| rule(to, RuleAction::Blackhole);
    let why = "a routing rule whose action is `blackhole`";
    check(&with(hole(None)), &obs, ("h1", "fib", why));
    let other = ("h1", "send-refused", "");
    check(&with(rule(None, RuleAction::Prohibit)), &obs, other);
    check(&with(hole(Some("10.0.3.0/24"))), &obs, other);
    // What the node sends itself did not come in through a link.
    let mut of_link = hole(None);
    of_link.iif = Some("eth0".into());
    check(&with(of_link), &obs, other);
}

#[test]
fn the_vrf_of_a_socket_has_its_own_table() {
    let with = |device_of_socket: Option<&str>| {
        let mut plan = plan();
        let node = at(&mut plan, "h1");
        node.devices = vec![device("red", DeviceKind::Vrf { table: 10 })];
        node.routes = vec![ending(RouteKind::Blackhole, "10.0.0.0/8", 10)];
        if let Traffic::Ping(ping) = &mut plan.steps[0].flows[0].traffic {
            ping.socket.device = device_of_socket.map(Into::into);
        }
        plan
    };
    let obs = refused("EINVAL");
    check(&with(Some("red")), &obs, ("h1", "fib", "blackhole"));
    check(&with(None), &obs, ("h1", "send-refused", ""));
}
