//! Owns what is derived from names where a file gives no value: MACs, SPIs, reqids
//! and keys. The same names give the same values in every file and on every machine.

use sha2::{Digest, Sha256};

use crate::names::{Reqid, Spi};

/// SHA-256 of `xfrmlab KIND NAME`.
fn digest(kind: &str, name: &str) -> [u8; 32] {
    Sha256::digest(format!("xfrmlab {kind} {name}")).into()
}

fn number(kind: &str, name: &str) -> u32 {
    let bytes = digest(kind, name);
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// `02:` (locally administered, not a group address) and the first five bytes of
/// `SHA-256("xfrmlab mac NODE:DEVICE")`.
pub(crate) fn mac(node: &str, device: &str) -> [u8; 6] {
    let bytes = digest("mac", &format!("{node}:{device}"));
    [0x02, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4]]
}

/// The first four bytes of `SHA-256("xfrmlab spi SA-NAME")`, big endian. Values below 256 are
/// reserved (RFC 4303 section 2.1) and get 256 added.
pub(crate) fn spi(sa: &str) -> Spi {
    let number = number("spi", sa);
    Spi(if number < 0x100 {
        number + 0x100
    } else {
        number
    })
}

/// The first four bytes of `SHA-256("xfrmlab reqid TUNNEL")` modulo 65535, plus one: never 0,
/// and short enough to be read.
pub(crate) fn reqid(tunnel: &str) -> Reqid {
    Reqid(number("reqid", tunnel) % 0xffff + 1)
}

/// The first eight bytes of `SHA-256("xfrmlab netem NODE:DEVICE")`, big endian.
pub(crate) fn seed(node: &str, device: &str) -> u64 {
    let bytes = digest("netem", &format!("{node}:{device}"));
    bytes[..8]
        .iter()
        .fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

/// `length` bytes of the digests of `xfrmlab key SA-NAME ALGORITHM 0`, `... 1` and so on.
pub(crate) fn key(sa: &str, algorithm: &str, length: usize) -> Vec<u8> {
    let blocks = (0..length.div_ceil(32)).map(|n| digest("key", &format!("{sa} {algorithm} {n}")));
    blocks.flatten().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_depend_on_names_alone() {
        assert_eq!(mac("r1", "eth0"), mac("r1", "eth0"));
        assert_ne!(mac("r1", "eth0"), mac("r1", "eth1"));
        assert_eq!(mac("r1", "eth0")[0], 0x02);
        assert_ne!(spi("site:left>right"), spi("site:right>left"));
        assert!(spi("x").0 >= 0x100);
        assert_ne!(reqid("site").0, 0);
        assert_eq!(key("sa", "rfc4106(gcm(aes))", 36).len(), 36);
        assert_ne!(key("sa", "cbc(aes)", 16), key("sa", "hmac(sha256)", 16));
    }
}
