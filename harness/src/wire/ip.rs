//! Owns IPv4 and IPv6 headers, extension headers and fragments.

use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};

use super::{
    bytes::Reader,
    checksum, frame,
    packet::{Checksum, FragmentPart, Ip, IpHeader, Packet, Upper},
    sa::SaTable,
    scope::{Extent, MAX_DEPTH, Scope},
    upper,
};
use crate::{names::Spi, plan::Proto};

/// The protocol number of ESP.
const ESP: u8 = 50;

/// Decodes a packet from its IP header on.
pub fn decode_packet(bytes: &[u8], sas: &SaTable) -> Packet {
    decode(bytes, sas, 0).unwrap_or(Packet::Unknown {
        ether_type: None,
        len: bytes.len(),
    })
}

/// Decodes the header bytes of an nftables trace event: up to 40 bytes from the network
/// header on and up to 20 from the transport header on (`nf_tables_trace.c`).
///
/// ESP is not opened, checksums are not judged. `nfproto` is `NFPROTO_*`: 3 means ARP; the
/// version field tells the two IPs apart in every other family, bridge and netdev included.
pub fn decode_headers(nfproto: u8, network: &[u8], transport: &[u8], sas: &SaTable) -> Packet {
    const NFPROTO_ARP: u8 = 3;
    let unknown = Packet::Unknown {
        ether_type: None,
        len: network.len(),
    };
    if nfproto == NFPROTO_ARP {
        return frame::arp(network).unwrap_or(unknown);
    }
    let Some(mut head) = header(network) else {
        return unknown;
    };
    head.header.cut = false;
    head.header.checksum = Checksum::NotChecked;
    if !transport.is_empty() && matches!(head.header.protocol, 0 | 43 | 44 | 60 | 135) {
        // The kernel walked over extension headers that the event does not show, and did not
        // say what it found. Multicast listener messages always look like this (a router
        // alert in front, RFC 2710 section 3, RFC 3810 section 5), and what begins with the SPI
        // of an SA to this destination is its ESP.
        let mld = matches!(transport.first(), Some(130..=132 | 143));
        let spi = transport.first_chunk().copied().map(u32::from_be_bytes);
        let esp = spi.is_some_and(|s| !sas.lookup(head.header.dst, Proto::Esp, Spi(s)).is_empty());
        let hidden = head.header.protocol;
        if (mld && hidden == 0) || esp {
            head.header.extensions.push(hidden);
            head.header.protocol = if esp { ESP } else { upper::ICMPV6 };
        } else {
            let upper = Upper::Other {
                protocol: hidden,
                len: head.declared,
            };
            return Packet::Ip(Box::new(Ip {
                header: head.header,
                upper,
            }));
        }
    }
    // Without a transport header (fragments, and IPv6 that the kernel could not walk) the
    // network bytes go on behind the fixed header.
    let bytes = if transport.is_empty() {
        head.rest
    } else {
        transport
    };
    Packet::Ip(Box::new(finish(head, bytes, Extent::Headers, sas, 0)))
}

/// `None` where the bytes are no IP header.
pub(crate) fn decode(bytes: &[u8], sas: &SaTable, depth: u8) -> Option<Packet> {
    if depth >= MAX_DEPTH {
        return None;
    }
    let head = header(bytes)?;
    let extent = if head.header.cut {
        Extent::Cut
    } else {
        Extent::Whole
    };
    let rest = head.rest;
    Some(Packet::Ip(Box::new(finish(head, rest, extent, sas, depth))))
}

/// An IP header with its extension headers, and what follows.
struct Head<'a> {
    header: IpHeader,
    /// The header bytes themselves.
    raw: &'a [u8],
    rest: &'a [u8],
    /// Bytes that the header declares behind itself.
    declared: usize,
}

fn header(bytes: &[u8]) -> Option<Head<'_>> {
    match bytes.first()? >> 4 {
        4 => ipv4(bytes),
        6 => ipv6(bytes),
        _ => None,
    }
}

fn ipv4(bytes: &[u8]) -> Option<Head<'_>> {
    let ip = Ipv4HeaderSlice::from_slice(bytes).ok()?;
    let len = ip.slice().len();
    // Large offloaded packets declare 0; then the bytes at hand are the packet.
    let total_len = if ip.total_len() == 0 {
        bytes.len()
    } else {
        usize::from(ip.total_len())
    };
    let id = ip.identification();
    let fragment = ip.is_fragmenting_payload().then(|| FragmentPart {
        id: u32::from(id),
        offset: usize::from(ip.fragments_offset().value()) * 8,
        more: ip.more_fragments(),
    });
    let header = IpHeader {
        src: ip.source_addr().into(),
        dst: ip.destination_addr().into(),
        ttl: ip.ttl(),
        tos: (ip.dcp().value() << 2) | ip.ecn().value(),
        total_len,
        id: Some(id),
        df: ip.dont_fragment(),
        fragment,
        checksum: checksum::plain(ip.slice()),
        options: ip.options().len(),
        flow: None,
        extensions: Vec::new(),
        protocol: ip.protocol().0,
        cut: bytes.len() < total_len,
    };
    let rest = bytes
        .get(len..total_len.max(len).min(bytes.len()))
        .unwrap_or_default();
    Some(Head {
        header,
        raw: ip.slice(),
        rest,
        declared: total_len.saturating_sub(len),
    })
}

fn ipv6(bytes: &[u8]) -> Option<Head<'_>> {
    let ip = Ipv6HeaderSlice::from_slice(bytes).ok()?;
    let fixed = ip.slice().len();
    let total_len = match usize::from(ip.payload_length()) {
        0 => bytes.len(),
        n => fixed + n,
    };
    let mut header = IpHeader {
        src: ip.source_addr().into(),
        dst: ip.destination_addr().into(),
        ttl: ip.hop_limit(),
        tos: ip.traffic_class(),
        total_len,
        id: None,
        df: false,
        fragment: None,
        checksum: Checksum::NotChecked,
        options: 0,
        flow: Some(ip.flow_label().value()),
        extensions: Vec::new(),
        protocol: ip.next_header().0,
        cut: bytes.len() < total_len,
    };
    let all = bytes.get(..total_len.min(bytes.len()))?;
    let mut rest = all.get(fixed..).unwrap_or_default();
    while header.fragment.is_none_or(|f| f.offset == 0) {
        let Some(step) = extension(header.protocol, rest) else {
            break;
        };
        match step.fragment {
            Some(part) => header.fragment = Some(part),
            None => header.extensions.push(header.protocol),
        }
        (header.protocol, rest) = (step.next, step.rest);
    }
    let raw = all.get(..all.len() - rest.len()).unwrap_or_default();
    Some(Head {
        declared: total_len.saturating_sub(raw.len()),
        header,
        raw,
        rest,
    })
}

/// One IPv6 extension header: what follows it, and the fragment part that it names.
pub(crate) struct Step<'a> {
    pub(crate) next: u8,
    pub(crate) rest: &'a [u8],
    pub(crate) fragment: Option<FragmentPart>,
}

/// Walks over one extension header (RFC 8200 section 4); `None` for any other protocol and
/// where bytes are missing.
pub(crate) fn extension(number: u8, bytes: &[u8]) -> Option<Step<'_>> {
    let mut r = Reader::new(bytes);
    let next = r.u8()?;
    let second = r.u8()?;
    match number {
        // Hop-by-hop options, routing, destination options, mobility: 8 bytes units after the first.
        0 | 43 | 60 | 135 => {
            r.take(6 + usize::from(second) * 8)?;
            Some(Step {
                next,
                rest: r.rest(),
                fragment: None,
            })
        }
        44 => {
            let offset = r.u16()?;
            let id = r.u32()?;
            let part = FragmentPart {
                id,
                offset: usize::from(offset & !7),
                more: offset & 1 == 1,
            };
            Some(Step {
                next,
                rest: r.rest(),
                fragment: Some(part),
            })
        }
        _ => None,
    }
}

fn finish(head: Head<'_>, bytes: &[u8], extent: Extent, sas: &SaTable, depth: u8) -> Ip {
    let Head {
        header,
        raw,
        declared,
        ..
    } = head;
    let upper = match header.fragment {
        Some(part) if part.offset > 0 => Upper::Fragment { len: declared },
        part => {
            let split = part.is_some_and(|p| p.more);
            let extent = if split && extent == Extent::Whole {
                Extent::Fragment
            } else {
                extent
            };
            let scope = Scope {
                sas,
                depth: depth + 1,
                src: header.src,
                dst: header.dst,
                extent,
                declared,
                translated: false,
                ip_header: raw,
            };
            upper::decode(header.protocol, bytes, &scope)
        }
    };
    Ip { header, upper }
}
