//! Causes about sequence numbers: which one was refused, and what of the numbers before it says so.

use super::super::fixture::{H1, H2, Recorder, plan, sa_sample, there};
use super::super::packets::{echo, esp, ethernet};
use super::{at, check, leaves_h1, sent};
use crate::observe::{Direction, Observations};
use crate::plan::Plan;

/// Packets with these numbers came to r2, and the request as one more, which went no further.
fn came(numbers: &[u32], last: u32, counter: &str, counted: u64) -> Observations {
    let inner = echo(H1, H2, true, 1, 63);
    let sealed = |number| esp(&there(), number, &inner, 63);
    let mut r = Recorder::new();
    for number in numbers {
        r.frame(("r2", "eth1"), Direction::In, &ethernet(&sealed(*number)));
    }
    leaves_h1(&mut r, &sent());
    r.link(("rt", "eth1"), ("r2", "eth1"), &sealed(last));
    r.hook("r2", "prerouting", ("eth1", ""), &sealed(last));
    r.hook("r2", "input", ("eth1", ""), &sealed(last));
    r.finish(&[("r2", counter, counted)], false)
}

fn windowed(size: u32) -> Plan {
    let mut plan = plan();
    at(&mut plan, "r2").states[0].replay_window = size;
    plan
}

#[test]
fn the_number_that_was_refused_is_named() {
    let refused = |numbers: &[u32], last| came(numbers, last, "XfrmInStateSeqError", 1);
    let why = "site:left>right had taken sequence number 7 before, in this step";
    check(&windowed(32), &refused(&[7], 7), ("r2", "replay", why));
    let why = "sequence number 7 lies 93 below 100, the highest that site:left>right had taken, and its window holds 32";
    check(&windowed(32), &refused(&[100], 7), ("r2", "replay", why));
    let why = "takes no sequence number 0: the first packet of an SA has 1 (RFC 4303 section 2.2)";
    check(&windowed(32), &refused(&[], 0), ("r2", "replay", why));
}

#[test]
fn a_number_is_named_only_where_as_many_were_counted() {
    let why = "the sequence number was refused (XfrmInStateSeqError +2)";
    let obs = came(&[7], 7, "XfrmInStateSeqError", 2);
    check(&windowed(32), &obs, ("r2", "replay", why));
    let why = "the sequence number was refused (XfrmInStateSeqError +1)";
    let obs = came(&[7], 7, "XfrmInStateSeqError", 1);
    check(&windowed(0), &obs, ("r2", "replay", why));
}

#[test]
fn what_is_late_for_extended_numbers_has_no_wrong_key() {
    let inner = echo(H1, H2, true, 1, 63);
    let failed = |numbers: &[u32], last: u32| {
        let mut sa = there();
        sa.esn = true;
        let sealed = |number| extended(&sa, number, &inner);
        let mut r = Recorder::new();
        for number in numbers {
            r.frame(("r2", "eth1"), Direction::In, &ethernet(&sealed(*number)));
        }
        leaves_h1(&mut r, &sent());
        r.link(("rt", "eth1"), ("r2", "eth1"), &sealed(last));
        r.hook("r2", "prerouting", ("eth1", ""), &sealed(last));
        r.hook("r2", "input", ("eth1", ""), &sealed(last));
        let mut obs = r.finish(&[("r2", "XfrmInStateProtoError", 1)], false);
        obs.sas = vec![sa_sample("r2", &sa, 0), sa_sample("r2", &sa, 1)];
        obs.sas[1].integrity_failed = 1;
        obs
    };
    let mut plan = windowed(32);
    for name in ["r1", "r2"] {
        at(&mut plan, name).states[0].esn = true;
    }
    let why =
        "window holds 32; with extended sequence numbers it is taken for one of the next 2^32";
    check(&plan, &failed(&[100], 7), ("r2", "replay", why));
    check(&plan, &failed(&[100], 99), ("r2", "wrong-key", ""));
}

/// An envelope with a high half of 0 in its ICV.
fn extended(sa: &crate::plan::State, number: u32, inner: &[u8]) -> Vec<u8> {
    use crate::wire::esp::{Draft, Padding, Suite, seal};
    let suite = Suite::of(&sa.algorithms).unwrap();
    let draft = Draft {
        spi: sa.spi,
        seq: number,
        seq_high: Some(0),
        iv: &u64::from(number).to_be_bytes(),
        next_header: 4,
        payload: inner,
        padding: Padding::Minimal,
    };
    let sealed = seal(&draft, &suite).unwrap();
    super::ipv4(&sa.src.to_string(), &sa.dst.to_string(), 50, 63, &sealed)
}
