//! A formula that is wrong in one thing, held against frames that a kernel sealed: each is rejected, and by the
//! field that is wrong. What never fails proves nothing.

use rstest::rstest;

use crate::{
    algorithm::*,
    differences::differences,
    formula::shape,
    lab,
    seen::sealed,
    world::{Encap, Family, Mode, World, plain},
};

/// What is wrong, and the fields that must then be named.
type Row = (fn(&mut World), &'static [&'static str]);

const ROWS: [Row; 7] = [
    (|w| w.algorithm.icv -= 4, &["frame length", "ICV size"]),
    (|w| w.algorithm.icv += 4, &["frame length", "ICV size"]),
    (|w| w.algorithm.iv += 8, &["frame length", "IV size"]),
    (|w| w.algorithm.block = 64, &["frame length", "padding"]),
    (
        |w| w.encap = other(w.encap),
        &["frame length", "start of ESP or AH", "outer protocol"],
    ),
    (
        |w| w.mode = Mode::Transport,
        &["frame length", "next header", "inner length"],
    ),
    (
        |w| w.family = Family::V6InV6,
        &[
            "frame length",
            "start of ESP or AH",
            "next header",
            "inner length",
        ],
    ),
];

fn other(encap: Encap) -> Encap {
    match encap {
        Encap::None => Encap::Udp,
        Encap::Udp | Encap::UdpBehindNat => Encap::None,
    }
}

/// Each wrong row of the formula is rejected, for a stream and a block cipher, with UDP around it and without.
#[rstest]
fn a_wrong_formula_is_rejected_in_the_field_that_is_wrong(
    #[values(GCM_128_ICV_128, CBC_256_SHA256_128)] algorithm: Algorithm,
    #[values(Encap::None, Encap::Udp)] encap: Encap,
) {
    let world = World {
        encap,
        ..plain(Mode::Tunnel, Family::V4InV4, algorithm)
    };
    let ran = lab::run(&world, vec![56]);
    let seen = sealed(&ran.observations, &ran.plan, 0, "r1", "eth1").shape;
    assert_eq!(differences(&shape(&world, 56), &seen), [""; 0]);
    for (spoil, fields) in ROWS {
        let mut wrong = world;
        spoil(&mut wrong);
        let lines = differences(&shape(&wrong, 56), &seen);
        for field in fields {
            let named = lines.iter().any(|line| line.starts_with(field));
            assert!(named, "{field} is not rejected: {lines:?}");
        }
    }
}

/// What is inside is held against what was sent: one byte more than was sent is another frame.
#[rstest]
fn another_payload_is_rejected() {
    let world = plain(Mode::Tunnel, Family::V4InV4, GCM_128_ICV_128);
    let ran = lab::run(&world, vec![56]);
    let seen = sealed(&ran.observations, &ran.plan, 0, "r1", "eth1").shape;
    let lines = differences(&shape(&world, 57), &seen);
    assert!(
        lines.iter().any(|l| l.starts_with("inner length")),
        "{lines:?}"
    );
}
