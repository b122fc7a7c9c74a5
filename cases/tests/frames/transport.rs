//! ESP in transport mode: families by algorithms.

use rstest::rstest;

use crate::{
    algorithm::*,
    expect, lab, sizes,
    world::{Family, Mode, plain},
};

/// Transport mode seals the ICMP message alone, behind the IP header that it was sent with.
#[rstest]
#[case::v4(Family::V4InV4)]
#[case::v6(Family::V6InV6)]
fn seals_the_message(
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
    let world = plain(Mode::Transport, family, algorithm);
    let ran = lab::run(&world, sizes::edges_and_drawn(&world, 2));
    expect::every_frame_is_as_computed(&world, &ran);
}

/// Padding fills the block for every residue of the payload, and never more than the block.
#[rstest]
#[case::block_of_16(CBC_128_SHA1_96)]
#[case::block_of_4(NULL_SHA1_96)]
fn pads_to_the_block(#[case] algorithm: Algorithm) {
    let world = plain(Mode::Transport, Family::V6InV6, algorithm);
    let ran = lab::run(&world, sizes::sweep(&world));
    expect::every_frame_is_as_computed(&world, &ran);
}
