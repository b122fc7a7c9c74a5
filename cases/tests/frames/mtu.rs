//! What fits a link: modes and families by MTU. The largest packet that fits leaves whole, one byte more does not.

use std::fmt::Write as _;

use rstest::rstest;
use xfrmlab::plan::{Ping, Traffic};

use crate::{
    algorithm::*,
    formula::shape,
    lab::{self, Ran},
    seen,
    world::{Family, Mode, World, plain},
};

const ETHERNET: usize = 14;

/// The largest payload whose frame the link between the gateways takes.
fn largest(world: &World) -> u16 {
    let fits = |size: &u16| shape(world, usize::from(*size)).frame <= ETHERNET + world.mtu;
    (0..=u16::MAX).take_while(fits).last().unwrap_or(0)
}

/// The MTU that is left to the sender: its largest packet, header and echo included.
fn left(world: &World, size: u16) -> usize {
    let header = if world.family.inner_v4() { 20 } else { 40 };
    header + 8 + usize::from(size)
}

/// One echo that fits and must not be cut; one byte more that must not be cut, and is refused with the MTU that is
/// left; and that again, cut where it may be.
fn text(world: &World, fits: u16) -> String {
    let mut text = world.text(&[]);
    let (from, to) = world.ends();
    let left = left(world, fits);
    let told = match (world.mode, world.family.inner_v4()) {
        (Mode::Transport, true) => format!("EMSGSIZE local mtu={left}"),
        (Mode::Transport, false) => "EMSGSIZE".to_owned(),
        (Mode::Tunnel, true) => format!("EMSGSIZE icmp 3/4 mtu={left}"),
        (Mode::Tunnel, false) => format!("EMSGSIZE icmp6 2/0 mtu={left}"),
    };
    let more = fits + 1;
    let answered = "expect.reply = true".to_owned();
    let mut steps = vec![
        ("fits", fits, true, answered.clone()),
        (
            "does not",
            more,
            true,
            format!("expect.reply = false\nexpect.error = \"{told}\""),
        ),
    ];
    if world.mode == Mode::Tunnel && !world.family.inner_v4() {
        // Who answers learns what is left by an answer that is lost: no router cuts IPv6.
        steps.push((
            "the answer does not",
            more,
            false,
            "expect.reply = false".to_owned(),
        ));
    }
    steps.push(("is cut", more, false, answered));
    for (name, size, df, expect) in steps {
        let _ = writeln!(
            text,
            "[[steps]]\nname = \"{name}\"\n\
             ping = {{ from = \"{from}\", to = \"{to}\", size = {size}, df = {df} }}\n{expect}"
        );
    }
    text
}

fn ping(ran: &Ran, step: usize) -> &Ping {
    match &ran.plan.steps[step].flows[..] {
        [flow] => match &flow.traffic {
            Traffic::Ping(ping) => ping,
            other => panic!("not an echo: {other:?}"),
        },
        flows => panic!("{} flows", flows.len()),
    }
}

fn the_largest_leaves_whole(mode: Mode, family: Family, mtu: usize, algorithm: Algorithm) {
    let world = World {
        mtu,
        ..plain(mode, family, algorithm)
    };
    let fits = largest(&world);
    let ran = lab::run_text(&world, text(&world, fits), vec![fits]);
    let frame = seen::sealed(&ran.observations, &ran.plan, 0, "r1", "eth1");
    let computed = shape(&world, usize::from(ping(&ran, 0).size));
    assert_eq!(frame.shape.frame, computed.frame, "{}", world.title());
    // Nothing of a packet that must not be cut leaves, and what may be cut leaves in several.
    let sent = |step| seen::sent(&ran.observations, &ran.plan, step, "r1", "eth1").len();
    assert_eq!(sent(1), 0, "{}", world.title());
    let last = ran.plan.steps.len() - 1;
    assert!(sent(last) > 1, "{}: {} packets", world.title(), sent(last));
}

/// The overhead of the formula is what the kernel takes off the MTU.
#[rstest]
#[case::tunnel_v4_in_v4(Mode::Tunnel, Family::V4InV4)]
#[case::tunnel_v6_in_v4(Mode::Tunnel, Family::V6InV4)]
#[case::tunnel_v4_in_v6(Mode::Tunnel, Family::V4InV6)]
#[case::tunnel_v6_in_v6(Mode::Tunnel, Family::V6InV6)]
#[case::transport_v4(Mode::Transport, Family::V4InV4)]
#[case::transport_v6(Mode::Transport, Family::V6InV6)]
fn one_byte_more_is_refused(
    #[case] mode: Mode,
    #[case] family: Family,
    #[values(1500, 1400)] mtu: usize,
) {
    the_largest_leaves_whole(mode, family, mtu, GCM_128_ICV_128);
}

/// The same for every MTU that links have, and for ciphers with other blocks and ICVs.
#[rstest]
#[case::tunnel_v4_in_v4(Mode::Tunnel, Family::V4InV4)]
#[case::tunnel_v6_in_v4(Mode::Tunnel, Family::V6InV4)]
#[case::tunnel_v4_in_v6(Mode::Tunnel, Family::V4InV6)]
#[case::tunnel_v6_in_v6(Mode::Tunnel, Family::V6InV6)]
#[case::transport_v4(Mode::Transport, Family::V4InV4)]
#[case::transport_v6(Mode::Transport, Family::V6InV6)]
#[ignore = "long: every MTU by every block"]
fn one_byte_more_is_refused_on_every_link(
    #[case] mode: Mode,
    #[case] family: Family,
    #[values(1380, 1420, 1454, 1480, 1492, 1500, 8996)] mtu: usize,
    #[values(CBC_256_SHA256_128, CHACHA_POLY, GCM_256_ICV_64)] algorithm: Algorithm,
) {
    the_largest_leaves_whole(mode, family, mtu, algorithm);
}
