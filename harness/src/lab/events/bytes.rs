//! Owns the reading of numbers and addresses out of a message; what is not there is `None`.

use std::net::IpAddr;

pub(super) const AF_INET: u16 = 2;

/// `N` bytes at a place.
pub(super) fn at<const N: usize>(bytes: &[u8], place: usize) -> Option<[u8; N]> {
    bytes.get(place..place + N)?.try_into().ok()
}

pub(super) fn u8_at(bytes: &[u8], place: usize) -> Option<u8> {
    bytes.get(place).copied()
}

pub(super) fn u16_at(bytes: &[u8], place: usize) -> Option<u16> {
    at(bytes, place).map(u16::from_ne_bytes)
}

pub(super) fn be16_at(bytes: &[u8], place: usize) -> Option<u16> {
    at(bytes, place).map(u16::from_be_bytes)
}

pub(super) fn u32_at(bytes: &[u8], place: usize) -> Option<u32> {
    at(bytes, place).map(u32::from_ne_bytes)
}

pub(super) fn be32_at(bytes: &[u8], place: usize) -> Option<u32> {
    at(bytes, place).map(u32::from_be_bytes)
}

pub(super) fn u64_at(bytes: &[u8], place: usize) -> Option<u64> {
    at(bytes, place).map(u64::from_ne_bytes)
}

/// An `xfrm_address_t`.
pub(super) fn address(bytes: &[u8], place: usize, family: u16) -> Option<IpAddr> {
    if family == AF_INET {
        at::<4>(bytes, place).map(IpAddr::from)
    } else {
        at::<16>(bytes, place).map(IpAddr::from)
    }
}

/// A string that ends with a zero.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}
