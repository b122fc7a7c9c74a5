//! ESP in UDP (RFC 3948): modes and families by algorithms, with a NAT between the gateways and without.

use rstest::rstest;

use crate::{
    algorithm::*,
    expect, lab, sizes,
    world::{Encap, Family, Mode, World, plain},
};

/// UDP adds eight bytes without a checksum, and NAT changes addresses and ports and nothing behind them.
#[rstest]
#[case::tunnel_v4_in_v4(Mode::Tunnel, Family::V4InV4)]
#[case::tunnel_v6_in_v4(Mode::Tunnel, Family::V6InV4)]
#[case::transport_v4(Mode::Transport, Family::V4InV4)]
fn adds_a_udp_header(
    #[case] mode: Mode,
    #[case] family: Family,
    #[values(Encap::Udp, Encap::UdpBehindNat)] encap: Encap,
    #[values(GCM_128_ICV_128, CBC_256_SHA256_128, CHACHA_POLY, NULL_SHA1_96)] algorithm: Algorithm,
) {
    let world = World {
        encap,
        ..plain(mode, family, algorithm)
    };
    let ran = lab::run(&world, sizes::edges_and_drawn(&world, 2));
    expect::every_frame_is_as_computed(&world, &ran);
}
