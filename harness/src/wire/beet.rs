//! Owns what BEET mode leaves out of the inner header and where it stands instead: the addresses in the SA's
//! selector, IPv4 options in a header behind ESP (draft-nikander-esp-beet-mode section 5.1).

use std::net::IpAddr;

use super::{bytes::Reader, sa::SaEntry};
use crate::plan::Mode;

/// `IPPROTO_BEETPH` (`include/uapi/linux/in.h`).
pub(super) const PSEUDO_HEADER: u8 = 94;

/// The addresses of the header that was left out.
pub(super) fn addresses(entry: &SaEntry) -> Option<(IpAddr, IpAddr)> {
    let selector = entry
        .selector
        .as_ref()
        .filter(|_| entry.mode == Mode::Beet)?;
    Some((selector.src.addr(), selector.dst.addr()))
}

/// What ESP carries, as number of a protocol and its bytes: behind the header that holds options, where there is one.
pub(super) fn carried<'a>(entry: &SaEntry, next_header: u8, payload: &'a [u8]) -> (u8, &'a [u8]) {
    match (entry.mode, next_header) {
        (Mode::Beet, PSEUDO_HEADER) => behind_options(payload).unwrap_or((next_header, payload)),
        _ => (next_header, payload),
    }
}

/// The header is as long as an IPv6 extension header that says the same (`struct ip_beet_phdr` in
/// `include/uapi/linux/ip.h`; `xfrm4_remove_beet_encap` in `net/xfrm/xfrm_input.c`, Linux 6.12).
/// `None` where bytes are missing.
fn behind_options(payload: &[u8]) -> Option<(u8, &[u8])> {
    let mut r = Reader::new(payload);
    let (next, units) = (r.u8()?, r.u8()?);
    r.take(6 + usize::from(units) * 8)?;
    Some((next, r.rest()))
}

#[cfg(test)]
mod tests {
    use super::behind_options;

    #[test]
    fn options_are_stepped_over() {
        // A record of the route, filled up before it by no-operations: what Linux 6.12.117 sent.
        let header = [1, 1, 4, 0, 1, 1, 1, 1, 7, 7, 4, 0, 0, 0, 0, 1];
        let whole = [&header[..], b"icmp"].concat();
        assert_eq!(behind_options(&whole), Some((1, &b"icmp"[..])));
        assert_eq!(behind_options(&header[..15]), None);
        assert_eq!(behind_options(&[1]), None);
    }
}
