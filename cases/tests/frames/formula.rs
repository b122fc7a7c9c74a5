//! Owns the formula: from families, mode, algorithm and payload size to every size in a frame.
//! It never looks at a frame or at the codec.
//!
//! ```text
//! ESP  Ethernet 14 | IP 20/40 | [UDP 8] | SPI, seq 8 | IV | inner | padding | pad length, next header 2 | ICV
//! AH   Ethernet 14 | IP 20/40 | next, len, reserved, SPI, seq 12 | ICV | padding | inner
//! ```

use crate::{
    algorithm::{Algorithm, Proto},
    world::{Encap, Family, Mode, World},
};

const ETHERNET: usize = 14;
/// ICMP and `ICMPv6` echo before their payload.
const ECHO: usize = 8;
const UDP: usize = 8;

/// What can be counted in a protected frame. Lengths are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The whole frame, from the Ethernet header on.
    pub(crate) frame: usize,
    /// Where ESP or AH begins.
    pub(crate) at: usize,
    /// IP protocol of the outer header: 50, 51, or 17 for ESP in UDP.
    pub(crate) protocol: u8,
    pub(crate) iv: usize,
    /// For AH with the padding behind it.
    pub(crate) icv: usize,
    /// ESP padding.
    pub(crate) pad: usize,
    pub(crate) next_header: u8,
    /// What ESP or AH carries.
    pub(crate) inner: usize,
}

/// The frame in which a world's gateway sends an echo of `size` bytes of payload.
pub(crate) fn shape(world: &World, size: usize) -> Shape {
    let (echo, next_header) = match (world.mode, world.family.inner_v4()) {
        (Mode::Transport, true) => (ECHO + size, 1),
        (Mode::Transport, false) => (ECHO + size, 58),
        (Mode::Tunnel, true) => (20 + ECHO + size, 4),
        (Mode::Tunnel, false) => (40 + ECHO + size, 41),
    };
    let outer = if world.family.outer_v4() { 20 } else { 40 };
    let udp = if world.encap == Encap::None { 0 } else { UDP };
    let at = ETHERNET + outer + udp;
    let Algorithm { iv, icv, block, .. } = world.algorithm;
    match world.algorithm.proto {
        Proto::Esp => {
            let text = (echo + 2).next_multiple_of(block.max(4));
            Shape {
                frame: at + 8 + iv + text + icv,
                at,
                protocol: if udp > 0 { 17 } else { 50 },
                iv,
                icv,
                pad: text - echo - 2,
                next_header,
                inner: echo,
            }
        }
        Proto::Ah => {
            let header = ah_header(icv, world.family, world.align4);
            Shape {
                frame: at + header + echo,
                at,
                protocol: 51,
                iv: 0,
                icv: header - 12,
                pad: 0,
                next_header,
                inner: echo,
            }
        }
    }
}

/// AH is a multiple of 4 bytes over IPv4, of 8 over IPv6 (RFC 4302 section 2.6). Linux, seen on
/// 6.12, takes 8 for both unless the state has `flag align4` (`ah_init_state` in net/ipv4/ah4.c):
/// with an ICV of 16 bytes its AH over IPv4 has 32 bytes, not 28.
fn ah_header(icv: usize, family: Family, align4: bool) -> usize {
    let multiple = if family.outer_v4() && align4 { 4 } else { 8 };
    (12 + icv).next_multiple_of(multiple)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{algorithm::*, world::plain};

    /// Mode, family, algorithm, payload; then frame, padding, next header.
    type Row = (
        &'static str,
        Mode,
        Family,
        Algorithm,
        usize,
        (usize, usize, u8),
    );

    /// Counted by hand along the RFCs, field by field.
    const ROWS: [Row; 7] = [
        // 14+20 + 8+8+(20+8+56 +2 pad +2)+16
        (
            "gcm 4in4",
            Mode::Tunnel,
            Family::V4InV4,
            GCM_128_ICV_128,
            56,
            (154, 2, 4),
        ),
        // 14+40 + 8+8+(40+8+0 +2 pad +2)+8
        (
            "gcm 6in6",
            Mode::Tunnel,
            Family::V6InV6,
            GCM_256_ICV_64,
            0,
            (130, 2, 41),
        ),
        // 14+20 + 8+16+(40+8+56 +6 pad +2)+12
        (
            "cbc 6in4",
            Mode::Tunnel,
            Family::V6InV4,
            CBC_128_SHA1_96,
            56,
            (182, 6, 41),
        ),
        // 14+20 + 8+16+(8+6 +0 pad +2)+0
        (
            "cbc bare",
            Mode::Transport,
            Family::V4InV4,
            CBC_128_BARE,
            6,
            (74, 0, 1),
        ),
        // 14+40 + 8+0+(8+1 +1 pad +2)+16
        (
            "null 6",
            Mode::Transport,
            Family::V6InV6,
            NULL_SHA256_128,
            1,
            (90, 1, 58),
        ),
        // 14+20 + 12+12 + 8+56
        (
            "ah 4",
            Mode::Transport,
            Family::V4InV4,
            AH_SHA1_96,
            56,
            (122, 0, 1),
        ),
        // 14+40 + 12+16+4 + 20+8+56
        (
            "ah 4in6",
            Mode::Tunnel,
            Family::V4InV6,
            AH_SHA256_128,
            56,
            (170, 0, 4),
        ),
    ];

    /// The rows that the formula contradicts.
    fn wrong(rows: &[Row]) -> Vec<&'static str> {
        rows.iter()
            .filter(|(_, mode, family, algorithm, size, said)| {
                let got = shape(&plain(*mode, *family, *algorithm), *size);
                (got.frame, got.pad, got.next_header) != *said
            })
            .map(|row| row.0)
            .collect()
    }

    #[test]
    fn the_formula_is_what_was_counted_by_hand() {
        assert_eq!(wrong(&ROWS), Vec::<&str>::new());
    }

    #[test]
    fn a_wrong_row_is_reported() {
        for spoil in [
            |said: &mut (usize, usize, u8)| said.0 += 4,
            |said: &mut (usize, usize, u8)| said.1 += 1,
            |said: &mut (usize, usize, u8)| said.2 ^= 1,
        ] {
            for at in 0..ROWS.len() {
                let mut rows = ROWS;
                spoil(&mut rows[at].5);
                assert_eq!(wrong(&rows), [ROWS[at].0]);
            }
        }
    }

    #[test]
    fn udp_adds_its_header_and_align4_takes_padding_away() {
        let direct = plain(Mode::Tunnel, Family::V4InV4, GCM_128_ICV_128);
        let encapsulated = World {
            encap: Encap::Udp,
            ..direct
        };
        let (direct, udp) = (shape(&direct, 9), shape(&encapsulated, 9));
        assert_eq!((udp.frame - direct.frame, udp.protocol), (8, 17));
        let eight = plain(Mode::Transport, Family::V4InV4, AH_SHA256_128);
        let four = World {
            align4: true,
            ..eight
        };
        assert_eq!(shape(&eight, 0).icv, 20);
        assert_eq!(shape(&four, 0).icv, 16);
    }
}
