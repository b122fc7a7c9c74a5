//! Causes that lie on the way: forwarding, routing tables, what a link loses, and the far end of a link.

use super::super::fixture::{H1, H2, Recorder, plan};
use super::super::packets::{echo, unreachable_for};
use super::{at, check, device, ends_at_r1, forwarding, leaves_h1, route, sent};
use crate::observe::Observations;
use crate::plan::{Change, DeviceKind, IfAddress, Netem, What};

pub(super) fn address(text: &str) -> IfAddress {
    IfAddress {
        address: text.parse().unwrap(),
        prefix: 24,
        peer: None,
        scope: None,
        refused: None,
    }
}

#[test]
fn a_node_that_does_not_forward() {
    let obs = ends_at_r1(&sent());
    let why =
        "10.0.2.100 is no address of this node, and it does not forward (net.ipv4.ip_forward is 0)";
    check(&plan(), &obs, ("r1", "forwarding-off", why));
    check(
        &forwarding(),
        &obs,
        ("r1", "not-forwarded", "without a word"),
    );
    let mut own = plan();
    own.links[1].ends[0].addresses = vec![address(H2)];
    check(&own, &obs, ("r1", "not-forwarded", ""));
}

#[test]
fn a_table_that_leads_neither_there_nor_back() {
    let obs = ends_at_r1(&sent());
    let with = |vrf: bool, table: u32| {
        let mut plan = forwarding();
        plan.links[0].ends[1].master = vrf.then(|| "red".into());
        let node = at(&mut plan, "r1");
        node.devices = vec![device("red", DeviceKind::Vrf { table: 10 })];
        node.routes = vec![route("10.0.2.0/24", table)];
        plan
    };
    let why =
        "routing tables 10 and 254, which are asked for such packets, have no route to 10.0.2.100";
    check(&with(true, 11), &obs, ("r1", "no-route", why));
    check(&with(true, 254), &obs, ("r1", "not-forwarded", ""));
    check(&with(true, 10), &obs, ("r1", "not-forwarded", ""));
    check(&with(false, 254), &obs, ("r1", "not-forwarded", ""));
    check(
        &with(false, 10),
        &obs,
        ("r1", "no-route", "routing table 254"),
    );
}

/// The request passes r1's hooks, and no capture point sees it leave.
fn ends_before_the_link() -> Observations {
    let mut r = Recorder::new();
    let forwarded = echo(H1, H2, true, 1, 63);
    leaves_h1(&mut r, &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    r.hook("r1", "forward", ("eth0", "eth1"), &forwarded);
    r.hook("r1", "postrouting", ("", "eth1"), &forwarded);
    r.finish(&[], false)
}

#[test]
fn what_netem_loses() {
    let obs = ends_before_the_link();
    let with = |link: usize, end: usize, loss: u32| {
        let mut plan = plan();
        plan.links[link].ends[end].netem = Some(Netem {
            delay_ns: 0,
            jitter_ns: 0,
            loss,
            duplicate: 0,
            reorder: 0,
            gap: 0,
            corrupt: 0,
            rate: 0,
            limit: Netem::LIMIT,
            seed: 0,
            refused: None,
        });
        plan
    };
    let why = "netem at r1:eth1 loses 100% of what leaves through it";
    check(&with(1, 0, u32::MAX), &obs, ("r1", "netem-loss", why));
    let why = "netem at rt:eth0 loses 50% of what comes back from it";
    check(&with(1, 1, u32::MAX / 2), &obs, ("r1", "netem-loss", why));
    check(&with(1, 0, 0), &obs, ("r1", "not-sent", ""));
    // A link that the packet was not to take has nothing to do with it.
    check(&with(2, 0, u32::MAX), &obs, ("r1", "not-sent", ""));
}

#[test]
fn a_link_whose_other_end_is_down() {
    let obs = ends_before_the_link();
    let mut far = plan();
    let down = |device: &str| Change {
        node: "rt".into(),
        what: What::Down(device.into()),
        refused: None,
    };
    far.steps[0].changes.push(down("eth0"));
    let why = "rt:eth0 is down, so eth1 has no carrier";
    check(&far, &obs, ("r1", "device-down", why));
    let mut other = plan();
    other.steps[0].changes.push(down("eth1"));
    check(&other, &obs, ("r1", "not-sent", ""));
}

/// r1 answers in h1's place, so that the request ends where nobody looked for it.
#[test]
fn a_packet_that_went_elsewhere_is_told_of_where_it_ended() {
    let mut r = Recorder::new();
    let forwarded = echo(H1, H2, true, 1, 63);
    leaves_h1(&mut r, &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    r.hook("r1", "forward", ("eth0", "eth0"), &forwarded);
    r.hook("r1", "postrouting", ("", "eth0"), &forwarded);
    r.link(("r1", "eth0"), ("h1", "eth0"), &forwarded);
    r.hook("h1", "prerouting", ("eth0", ""), &forwarded);
    let obs = r.finish(&[], false);
    let mut plan = plan();
    plan.links[0].ends[0].addresses = vec![address(H1)];
    let verdict = crate::judge::judge(&plan, &obs);
    let told: Vec<_> = verdict
        .causes
        .iter()
        .map(|c| (&*c.node, &*c.name))
        .collect();
    let at = &verdict.divergence.as_ref().unwrap().node;
    assert_eq!(
        (at.as_str(), &told[..]),
        ("r1", &[("h1", "own-source")][..])
    );
}

/// The kernel says once that the host is unreachable: what another cause explains is said once.
#[test]
fn what_follows_from_another_cause_is_not_told_beside_it() {
    let told = unreachable_for(1, "10.0.1.1", H1, &sent());
    let with = |moved: &[(&str, &str, u64)]| {
        let mut r = Recorder::new();
        leaves_h1(&mut r, &sent());
        r.hook("r1", "prerouting", ("eth0", ""), &sent());
        r.hook("r1", "output", ("", "eth0"), &told);
        r.hook("r1", "postrouting", ("", "eth0"), &told);
        r.link(("r1", "eth0"), ("h1", "eth0"), &told);
        let causes = crate::judge::judge(&plan(), &r.finish(moved, false)).causes;
        causes.into_iter().map(|c| c.name).collect::<Vec<_>>()
    };
    assert_eq!(with(&[("r1", "XfrmOutNoStates", 1)]), ["no-out-state"]);
    assert_eq!(with(&[]), ["host-unreachable"]);
}
