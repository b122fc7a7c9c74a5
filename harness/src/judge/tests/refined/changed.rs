//! Causes about packets that are not what was sent, and about frames that are for somebody else.

use super::super::fixture::{Recorder, plan, sa_sample, there};
use super::super::packets::{echo, esp, ipv4};
use super::{H1, H2, LEFT, RIGHT, at, check, leaves_h1, reaches_r2, sent};
use crate::observe::{Direction, Observations};
use crate::plan::{Aead, Netem, Plan};

/// The integrity check of the SA failed at r2.
fn failed(mut obs: Observations) -> Observations {
    obs.sas = vec![sa_sample("r2", &there(), 0), sa_sample("r2", &there(), 1)];
    obs.sas[1].integrity_failed = 1;
    obs
}

fn corrupting(link: usize, end: usize, corrupt: u32) -> Plan {
    let mut plan = plan();
    plan.links[link].ends[end].netem = Some(Netem {
        delay_ns: 0,
        jitter_ns: 0,
        loss: 0,
        duplicate: 0,
        reorder: 0,
        gap: 0,
        corrupt,
        rate: 0,
        limit: Netem::LIMIT,
        seed: 0,
        refused: None,
    });
    plan
}

#[test]
fn what_netem_changed() {
    let obs = failed(reaches_r2("XfrmInStateProtoError", |_| {}));
    let why = "failed, and both ends have it alike: netem at r1:eth1 corrupts packets";
    check(&corrupting(1, 0, 1), &obs, ("r2", "changed-on-way", why));
    let why = "netem at rt:eth1 corrupts packets";
    check(&corrupting(2, 0, 1), &obs, ("r2", "changed-on-way", why));
    let general = ("r2", "wrong-key", "");
    check(&corrupting(1, 0, 0), &obs, general);
    // The envelope did not leave through these.
    check(&corrupting(0, 0, 1), &obs, general);
    check(&corrupting(1, 1, 1), &obs, general);
    check(&corrupting(3, 0, 1), &obs, general);
    // What an envelope inside of another one surfaces at was not left through either.
    let inner = esp(&there(), 1, &echo(H1, H2, true, 1, 63), 63);
    let surfaced = |r: &mut Recorder| {
        r.frame(("r2", "eth1"), Direction::In, &super::ethernet(&inner));
    };
    let obs = failed(reaches_r2("XfrmInStateProtoError", surfaced));
    check(&corrupting(2, 1, 1), &obs, general);
}

#[test]
fn what_is_not_alike_at_both_ends_explains_itself() {
    let obs = failed(reaches_r2("XfrmInStateProtoError", |_| {}));
    let mut plan = corrupting(1, 0, 1);
    at(&mut plan, "r2").states[0].algorithms.aead = Some(Aead {
        name: "rfc4106(gcm(aes))".to_owned(),
        key: (1..21).collect(),
        icv_bits: 128,
    });
    check(&plan, &obs, ("r2", "wrong-key", "different keys"));
}

/// The request goes through NAT at rt in this envelope.
fn through_nat(protocol: u8, envelope: &[u8], to: &str) -> Observations {
    let packet = |src: &str, ttl| ipv4(src, RIGHT, protocol, ttl, envelope);
    let mut r = Recorder::new();
    leaves_h1(&mut r, &sent());
    r.link(("r1", "eth1"), ("rt", "eth0"), &packet(LEFT, 64));
    r.hook("rt", "prerouting", ("eth0", ""), &packet(LEFT, 64));
    r.hook("rt", "forward", ("eth0", "eth1"), &packet(LEFT, 63));
    let (before, after) = (packet(LEFT, 63), packet(to, 63));
    r.hook_nat("rt", "postrouting", ("", "eth1"), &before, &after);
    r.link(("rt", "eth1"), ("r2", "eth1"), &after);
    r.hook("r2", "prerouting", ("eth1", ""), &after);
    r.hook("r2", "input", ("eth1", ""), &after);
    failed(r.finish(&[("r2", "XfrmInStateProtoError", 1)], false))
}

#[test]
fn what_nat_changed_around_ah() {
    let inner = echo(H1, H2, true, 1, 63);
    // Next header, length, SPI, sequence number and an ICV of 12 bytes (RFC 4302 section 2).
    let ah = [
        &[4, 4, 0, 0, 0, 0, 0x10, 1, 0, 0, 0, 1][..],
        &[0; 12],
        &inner,
    ]
    .concat();
    let nat = through_nat(51, &ah, "9.9.9.9");
    let why = "NAT at rt made the addresses 9.9.9.9 > 5.0.0.1, and AH covers them";
    check(&plan(), &nat, ("r2", "changed-on-way", why));
    let general = ("r2", "wrong-key", "");
    check(&plan(), &through_nat(51, &ah, LEFT), general);
    // ESP does not cover them.
    let sealed = &esp(&there(), 1, &inner, 63)[20..];
    check(&plan(), &through_nat(50, sealed, "9.9.9.9"), general);
}

/// The request comes to r1 in a frame for this MAC, and meets no hook there.
fn framed(to: [u8; 6]) -> Observations {
    let mut r = Recorder::new();
    r.hook("h1", "output", ("", "eth0"), &sent());
    r.hook("h1", "postrouting", ("", "eth0"), &sent());
    let mut frame = super::ethernet(&sent());
    frame[..6].copy_from_slice(&to);
    r.frame(("h1", "eth0"), Direction::Out, &frame);
    r.frame(("r1", "eth0"), Direction::In, &frame);
    r.finish(&[], false)
}

#[test]
fn a_frame_for_another_mac() {
    let mac = [2, 0, 0, 0, 0, 7];
    let mut plan = plan();
    plan.links[0].ends[1].mac = mac;
    // It is the sender whose neighbour table is wrong.
    let why = "its frame was sent to 02:00:00:00:00:01, and r1:eth0 has 02:00:00:00:00:07";
    let other = framed([2, 0, 0, 0, 0, 1]);
    check(&plan, &other, ("h1", "wrong-mac", why));
    let general = ("h1", "unanswered-on-wire", "");
    check(&plan, &framed(mac), general);
    // Everybody takes these.
    check(&plan, &framed([0xff; 6]), general);
    check(&plan, &framed([1, 0, 0x5e, 0, 0, 1]), general);
    // A bridge takes what is for others.
    plan.links[0].ends[1].master = Some("br0".into());
    check(&plan, &other, general);
}
