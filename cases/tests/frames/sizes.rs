//! Owns the payload sizes of a case: the edges of a block, and drawn ones. Equal worlds get equal sizes, unless
//! `XFRMLAB_SEED` asks for others.
#![expect(clippy::disallowed_methods, reason = "the seed is in the environment")]

use crate::world::World;

/// The largest payload that is drawn; the worlds' links take it in one piece.
pub(crate) const LARGEST: u16 = 9000;

/// No payload, padding of none, of one and of the most, and `drawn` sizes of up to [`LARGEST`].
pub(crate) fn edges_and_drawn(world: &World, drawn: usize) -> Vec<u16> {
    let block = world.algorithm.block.max(4) as u16;
    let none = (0..block)
        .find(|size| crate::formula::shape(world, usize::from(*size)).pad == 0)
        .unwrap_or(0);
    let mut sizes = vec![0, none + block - 1, none + block, none + block + 1];
    let mut state = seed(&world.title()) ^ chosen();
    sizes.extend((0..drawn).map(|_| (draw(&mut state) % u64::from(LARGEST + 1)) as u16));
    sizes
}

/// Every residue of the block, twice around.
pub(crate) fn sweep(world: &World) -> Vec<u16> {
    (0..2 * world.algorithm.block.max(4) as u16).collect()
}

/// The seed that all draws of a run have in common: 0, or what `XFRMLAB_SEED` says.
pub(crate) fn chosen() -> u64 {
    let said = std::env::var("XFRMLAB_SEED");
    said.map_or(0, |seed| seed.parse().expect("XFRMLAB_SEED is a number"))
}

/// FNV-1a, so that a case draws the same sizes on every machine and in every order of cases.
fn seed(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        algorithm::*,
        formula::shape,
        world::{Family, Mode, plain},
    };

    #[test]
    fn the_edges_of_padding_are_among_them() {
        for algorithm in [CBC_128_SHA1_96, GCM_128_ICV_128] {
            for family in [Family::V4InV4, Family::V6InV6] {
                let world = plain(Mode::Tunnel, family, algorithm);
                let pads: Vec<usize> = edges_and_drawn(&world, 0)
                    .iter()
                    .map(|size| shape(&world, usize::from(*size)).pad)
                    .collect();
                assert_eq!(pads[1..], [1, 0, algorithm.block.max(4) - 1]);
            }
        }
    }

    #[test]
    fn draws_repeat_and_differ_between_worlds() {
        let one = plain(Mode::Tunnel, Family::V4InV4, CBC_128_SHA1_96);
        let other = plain(Mode::Tunnel, Family::V4InV4, CBC_256_SHA256_96);
        assert_eq!(edges_and_drawn(&one, 3), edges_and_drawn(&one, 3));
        assert_ne!(edges_and_drawn(&one, 3), edges_and_drawn(&other, 3));
    }
}
