//! Owns ICMP and `ICMPv6` messages, with the packets that errors quote.

use std::net::Ipv6Addr;

use super::{
    bytes::Reader,
    checksum, ip,
    packet::{Checksum, Icmp, IcmpBody},
    scope::{Extent, Scope},
    upper::ICMPV6,
};

const HEADER: usize = 8;

pub(crate) fn decode(protocol: u8, bytes: &[u8], scope: &Scope<'_>) -> Option<Icmp> {
    let mut r = Reader::new(bytes);
    let (kind, code, _sum, word) = (r.u8()?, r.u8()?, r.u16()?, r.u32()?);
    let v6 = protocol == ICMPV6;
    let checksum = match scope.extent {
        _ if v6 => scope.checksum(protocol, bytes),
        Extent::Whole => checksum::plain(bytes),
        _ => Checksum::NotChecked,
    };
    let body = match (v6, kind) {
        (false, 0 | 8) | (true, 128 | 129) => IcmpBody::Echo {
            request: matches!(kind, 8 | 128),
            id: (word >> 16) as u16,
            seq: word as u16,
            payload: scope.payload(HEADER, r.rest()),
        },
        (false, 3 | 4 | 5 | 11 | 12) | (true, 1..=4) => IcmpBody::Error {
            value: word,
            quoted: ip::decode(r.rest(), scope.sas, scope.depth).map(Box::new),
        },
        (true, 133 | 134) => IcmpBody::Neighbor { target: None },
        (true, 135..=137) => IcmpBody::Neighbor {
            target: r.array::<16>().map(|a| Ipv6Addr::from(a).into()),
        },
        _ => IcmpBody::Other,
    };
    Some(Icmp {
        v6,
        kind,
        code,
        checksum,
        body,
    })
}
