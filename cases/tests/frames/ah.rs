//! AH: modes and families by HMACs.

use rstest::rstest;

use crate::{
    algorithm::*,
    expect, lab, sizes,
    world::{Family, Mode, World, plain},
};

/// AH stands in clear before what it protects, and its length is a multiple of eight bytes.
#[rstest]
#[case::tunnel_v4_in_v4(Mode::Tunnel, Family::V4InV4)]
#[case::tunnel_v6_in_v4(Mode::Tunnel, Family::V6InV4)]
#[case::tunnel_v4_in_v6(Mode::Tunnel, Family::V4InV6)]
#[case::tunnel_v6_in_v6(Mode::Tunnel, Family::V6InV6)]
#[case::transport_v4(Mode::Transport, Family::V4InV4)]
#[case::transport_v6(Mode::Transport, Family::V6InV6)]
fn authenticates_in_clear(
    #[case] mode: Mode,
    #[case] family: Family,
    #[values(AH_SHA1_96, AH_SHA256_96, AH_SHA256_128, AH_SHA512_256)] algorithm: Algorithm,
) {
    let world = plain(mode, family, algorithm);
    let ran = lab::run(&world, sizes::edges_and_drawn(&world, 2));
    expect::every_frame_is_as_computed(&world, &ran);
}

/// With `flag align4` the kernel does over IPv4 what RFC 4302 asks for: a multiple of four bytes.
#[rstest]
#[case::tunnel(Mode::Tunnel)]
#[case::transport(Mode::Transport)]
fn is_shorter_with_align4(#[case] mode: Mode) {
    let world = World {
        align4: true,
        ..plain(mode, Family::V4InV4, AH_SHA256_128)
    };
    let ran = lab::run(&world, sizes::edges_and_drawn(&world, 2));
    expect::every_frame_is_as_computed(&world, &ran);
}
