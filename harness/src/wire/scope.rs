//! Owns what a decoder of one layer knows of the layers around it.

use std::net::IpAddr;

use super::{
    checksum,
    packet::{Checksum, Payload},
    sa::SaTable,
};

/// How many layers are followed: hostile bytes must not exhaust the stack.
pub(crate) const MAX_DEPTH: u8 = 16;

/// How much of a packet is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every byte that the headers declare.
    Whole,
    /// Fewer: a quoted packet or a short capture.
    Cut,
    /// The first fragment of several.
    Fragment,
    /// The header bytes of a trace event.
    Headers,
}

/// The surroundings of an upper-layer header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope<'a> {
    pub(crate) sas: &'a SaTable,
    pub(crate) depth: u8,
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    pub(crate) extent: Extent,
    /// Bytes that the headers before declare for this layer.
    pub(crate) declared: usize,
    /// The transport was sealed before NAT: its checksum covers addresses that are gone
    /// (RFC 3948 section 3.1.2).
    pub(crate) translated: bool,
    /// IP header and extension headers right before this layer, for AH; empty elsewhere.
    pub(crate) ip_header: &'a [u8],
}

impl Scope<'_> {
    pub(crate) fn whole(&self) -> bool {
        self.extent == Extent::Whole
    }

    /// State of a transport checksum over these addresses.
    pub(crate) fn checksum(&self, protocol: u8, bytes: &[u8]) -> Checksum {
        if self.whole() && !self.translated {
            checksum::with_pseudo_header(self.src, self.dst, protocol, bytes)
        } else {
            Checksum::NotChecked
        }
    }

    /// The payload behind a header of `header` bytes.
    pub(crate) fn payload(&self, header: usize, bytes: &[u8]) -> Payload {
        let len = self.declared.saturating_sub(header);
        Payload {
            len,
            hash: self.whole().then(|| fnv1a(bytes)),
            head: bytes
                .get(..4)
                .filter(|_| len >= 4)
                .and_then(|b| b.try_into().ok()),
        }
    }
}

/// FNV-1a, 64 bits: the same value in every run, which the standard hasher does not promise.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    })
}
