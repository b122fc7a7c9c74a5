//! ESP in tunnel mode: families by algorithms.

use rstest::rstest;

use crate::{
    algorithm::*,
    differences::differences,
    expect,
    formula::shape,
    lab, seen, sizes,
    world::{Family, Mode, plain},
};

/// Tunnel mode seals the forwarded packet whole, and every size follows from RFC 4303 and the cipher's RFC.
#[rstest]
#[case::v4_in_v4(Family::V4InV4)]
#[case::v6_in_v4(Family::V6InV4)]
#[case::v4_in_v6(Family::V4InV6)]
#[case::v6_in_v6(Family::V6InV6)]
fn seals_the_whole_packet(
    #[case] family: Family,
    #[values(
        GCM_128_ICV_64,
        GCM_128_ICV_96,
        GCM_128_ICV_128,
        GCM_192_ICV_64,
        GCM_192_ICV_96,
        GCM_192_ICV_128,
        GCM_256_ICV_64,
        GCM_256_ICV_96,
        GCM_256_ICV_128,
        CCM_128_ICV_64,
        CCM_128_ICV_96,
        CCM_192_ICV_128,
        CCM_256_ICV_128,
        CHACHA_POLY,
        GMAC_128,
        CBC_128_SHA1_96,
        CBC_192_SHA384_192,
        CBC_256_SHA256_96,
        CBC_256_SHA256_128,
        CBC_256_SHA512_256,
        CTR_128_SHA1_96,
        CTR_256_SHA256_128,
        NULL_SHA1_96,
        NULL_SHA256_128,
        CBC_128_BARE
    )]
    algorithm: Algorithm,
) {
    let world = plain(Mode::Tunnel, family, algorithm);
    let ran = lab::run(&world, sizes::edges_and_drawn(&world, 2));
    expect::every_frame_is_as_computed(&world, &ran);
}

/// Padding fills the block for every residue of the payload, and never more than the block.
#[rstest]
#[case::block_of_16(CBC_128_SHA1_96)]
#[case::block_of_4(GCM_128_ICV_128)]
fn pads_to_the_block(#[case] algorithm: Algorithm) {
    let world = plain(Mode::Tunnel, Family::V4InV4, algorithm);
    let ran = lab::run(&world, sizes::sweep(&world));
    expect::every_frame_is_as_computed(&world, &ran);
}

/// A kernel's frame held against the formula of another ICV is not passed over.
#[test]
fn another_algorithms_formula_is_contradicted() {
    let world = plain(Mode::Tunnel, Family::V4InV4, GCM_128_ICV_128);
    let ran = lab::run(&world, vec![0]);
    let frame = seen::sealed(&ran.observations, &ran.plan, 0, "r1", "eth1");
    let other = plain(Mode::Tunnel, Family::V4InV4, GCM_128_ICV_96);
    assert_eq!(
        differences(&shape(&other, 0), &frame.shape),
        [
            "frame length: computed 94, seen 98",
            "ICV size: computed 12, seen 16"
        ]
    );
}
