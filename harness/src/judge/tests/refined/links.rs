//! Causes about what links do to packets: only the link that a packet was to leave by, and only what is known.

use super::super::fixture::{H1, H2, Recorder, plan, sa_sample, there};
use super::super::packets::{arp, echo, unreachable_for};
use super::{at, check, ends_at_r1, leaves_h1, reaches_r2, sent};
use crate::observe::{Direction, Observations};
use crate::plan::{IfAddress, Netem, Plan};

fn netem(loss: u32, corrupt: u32) -> Netem {
    Netem {
        delay_ns: 0,
        jitter_ns: 0,
        loss,
        duplicate: 0,
        reorder: 0,
        gap: 0,
        corrupt,
        rate: 0,
        limit: Netem::LIMIT,
        seed: 0,
        refused: None,
    }
}

fn with(link: usize, end: usize, netem: Netem) -> Plan {
    let mut plan = plan();
    plan.links[link].ends[end].netem = Some(netem);
    plan
}

/// r1 asks for its next hop, nobody answers, and it says so to h1.
fn nobody_answers() -> Observations {
    let forwarded = echo(H1, H2, true, 1, 63);
    // The answer of an earlier packet had gone out where this one came in.
    let earlier = echo(H2, H1, false, 9, 62);
    let mut r = Recorder::new();
    r.hook("r1", "postrouting", ("", "eth0"), &earlier);
    r.link(("r1", "eth0"), ("h1", "eth0"), &earlier);
    leaves_h1(&mut r, &sent());
    r.hook("r1", "prerouting", ("eth0", ""), &sent());
    r.hook("r1", "forward", ("eth0", "eth1"), &forwarded);
    r.hook("r1", "postrouting", ("", "eth1"), &forwarded);
    r.frame(("r1", "eth1"), Direction::Out, &arp());
    let told = unreachable_for(1, "10.0.1.1", H1, &sent());
    r.hook("r1", "output", ("", "eth0"), &told);
    r.hook("r1", "postrouting", ("", "eth0"), &told);
    r.link(("r1", "eth0"), ("h1", "eth0"), &told);
    r.finish(&[], false)
}

#[test]
fn the_link_by_which_a_packet_came_is_not_blamed() {
    let obs = nobody_answers();
    let why = "it asked the link for 10.0.1.100, and nobody answered";
    let came = with(0, 1, netem(u32::MAX, 0));
    check(&came, &obs, ("r1", "neighbour-failure", why));
}

#[test]
fn a_neighbour_that_does_not_answer_comes_before_what_is_lost_now_and_then() {
    let obs = nobody_answers();
    let half = with(1, 0, netem(u32::MAX / 2, 0));
    check(&half, &obs, ("r1", "neighbour-failure", "nobody answered"));
    let all = with(1, 0, netem(u32::MAX, 0));
    let why = "netem at r1:eth1 loses 100% of what leaves through it";
    check(&all, &obs, ("r1", "netem-loss", why));
}

#[test]
fn a_small_loss_is_not_told_as_none() {
    let mut r = Recorder::new();
    r.hook("h1", "output", ("", "eth0"), &sent());
    r.hook("h1", "postrouting", ("", "eth0"), &sent());
    let obs = r.finish(&[], false);
    let small = with(0, 0, netem(u32::MAX / 250, 0));
    check(&small, &obs, ("h1", "netem-loss", "loses 0.4% of what"));
}

/// An envelope whose integrity check fails at r2.
fn failed() -> Observations {
    let mut obs = reaches_r2("XfrmInStateProtoError", |_| {});
    obs.sas = vec![sa_sample("r2", &there(), 0), sa_sample("r2", &there(), 1)];
    obs.sas[1].integrity_failed = 1;
    obs
}

#[test]
fn netem_is_blamed_for_a_wrong_check_only_where_both_ends_are_known_to_be_alike() {
    let obs = failed();
    let corrupt = with(2, 0, netem(0, u32::MAX));
    let why = "both ends have it alike: netem at rt:eth1 corrupts packets";
    check(&corrupt, &obs, ("r2", "changed-on-way", why));
    // The envelope was not on that link.
    let elsewhere = with(0, 0, netem(0, u32::MAX));
    check(&elsewhere, &obs, ("r2", "wrong-key", ""));
    let mut alone = corrupt.clone();
    at(&mut alone, "r1").states.clear();
    check(&alone, &obs, ("r2", "wrong-key", ""));
    let mut twice = corrupt;
    let again = there();
    at(&mut twice, "r2").states.push(again);
    check(&twice, &obs, ("r2", "wrong-key", ""));
}

#[test]
fn what_is_for_many_is_not_blamed_on_forwarding() {
    let mut plan = plan();
    plan.links[0].ends[1].addresses = vec![IfAddress {
        address: "10.0.1.1".parse().unwrap(),
        prefix: 24,
        peer: None,
        scope: None,
        refused: None,
    }];
    for to in ["224.0.0.5", "255.255.255.255", "10.0.1.255"] {
        let obs = ends_at_r1(&echo(H1, to, true, 1, 64));
        check(&plan, &obs, ("r1", "not-forwarded", ""));
    }
    let obs = ends_at_r1(&echo(H1, "10.0.1.254", true, 1, 64));
    check(&plan, &obs, ("r1", "forwarding-off", ""));
}
