//! Owns the step from a protocol number to the decoder of that protocol, and the decoders
//! of a few lines: TCP, GRE, IGMP.

use super::{
    ah, beet,
    bytes::Reader,
    comp, esp_layer, frame, icmp,
    ip::{self, extension},
    packet::{Gre, Inner, Packet, Tcp, Upper},
    scope::{MAX_DEPTH, Scope},
    udp,
};

pub(crate) const ICMP: u8 = 1;
pub(crate) const IGMP: u8 = 2;
pub(crate) const IPIP: u8 = 4;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const IPV6: u8 = 41;
pub(crate) const GRE: u8 = 47;
pub(crate) const ESP: u8 = 50;
pub(crate) const AH: u8 = 51;
pub(crate) const ICMPV6: u8 = 58;
pub(crate) const NO_NEXT: u8 = 59;
pub(crate) const COMP: u8 = 108;

/// Decodes the header of `protocol` and everything behind it.
pub(crate) fn decode(protocol: u8, bytes: &[u8], scope: &Scope<'_>) -> Upper {
    let len = scope.declared;
    if scope.depth >= MAX_DEPTH {
        return Upper::Other { protocol, len };
    }
    let decoded = match protocol {
        ICMP | ICMPV6 => icmp::decode(protocol, bytes, scope).map(Upper::Icmp),
        IGMP => bytes.first().map(|&kind| Upper::Igmp { kind }),
        TCP => tcp(bytes, scope),
        UDP => udp::decode(bytes, scope).map(Upper::Udp),
        ESP => esp_layer::decode(bytes, scope).map(Upper::Esp),
        AH => ah::decode(bytes, scope).map(Upper::Ah),
        GRE => gre(bytes, scope),
        COMP => comp::decode(bytes, scope).map(Upper::Comp),
        IPIP | IPV6 => {
            ip::decode(bytes, scope.sas, scope.depth).map(|p| Upper::Tunnel(Box::new(p)))
        }
        NO_NEXT => Some(Upper::Nothing),
        // Extension headers behind ESP or AH in transport mode.
        0 | 43 | 60 | 135 => extension(protocol, bytes).map(|step| {
            let declared = len.saturating_sub(bytes.len() - step.rest.len());
            let scope = Scope {
                declared,
                depth: scope.depth + 1,
                ip_header: &[],
                ..*scope
            };
            decode(step.next, step.rest, &scope)
        }),
        _ => Some(Upper::Other { protocol, len }),
    };
    decoded.unwrap_or(Upper::Short { protocol, len })
}

/// Whether [`decode`] knows the protocol.
pub(crate) fn known(protocol: u8) -> bool {
    matches!(
        protocol,
        ICMP | ICMPV6 | IGMP | TCP | UDP | ESP | AH | GRE | COMP | IPIP | IPV6 | NO_NEXT
    ) || matches!(protocol, 0 | 43 | 44 | 60 | 135 | beet::PSEUDO_HEADER)
}

/// Decodes what stands behind ESP or AH: a whole packet or an upper protocol.
pub(crate) fn inner(next_header: u8, bytes: &[u8], scope: &Scope<'_>) -> Inner {
    let tunnel = matches!(next_header, IPIP | IPV6);
    match tunnel
        .then(|| ip::decode(bytes, scope.sas, scope.depth))
        .flatten()
    {
        Some(packet) => Inner::Packet(Box::new(packet)),
        None => Inner::Transport {
            src: scope.src,
            dst: scope.dst,
            upper: Box::new(decode(next_header, bytes, scope)),
        },
    }
}

/// Reads the fixed 20 bytes itself: etherparse refuses a header whose options are missing,
/// as they are in every trace event of a SYN.
fn tcp(bytes: &[u8], scope: &Scope<'_>) -> Option<Upper> {
    let mut r = Reader::new(bytes);
    let (sport, dport, seq, ack) = (r.u16()?, r.u16()?, r.u32()?, r.u32()?);
    let (offset, flags) = (r.u8()?, r.u8()?);
    let header = usize::from(offset >> 4) * 4;
    let checksum = scope.checksum(TCP, bytes);
    let payload = scope.payload(header, bytes.get(header..).unwrap_or_default());
    Some(Upper::Tcp(Tcp {
        sport,
        dport,
        seq,
        ack,
        flags,
        checksum,
        payload,
    }))
}

/// GRE version 0; etherparse has no GRE.
fn gre(bytes: &[u8], scope: &Scope<'_>) -> Option<Upper> {
    const TEB: u16 = 0x6558;
    let mut r = Reader::new(bytes);
    let (flags, protocol) = (r.u16()?, r.u16()?);
    let checksum = flags & 0x8000 != 0;
    if checksum {
        r.u32()?;
    }
    let key = if flags & 0x2000 != 0 {
        Some(r.u32()?)
    } else {
        None
    };
    let seq = if flags & 0x1000 != 0 {
        Some(r.u32()?)
    } else {
        None
    };
    let inner = if protocol == TEB {
        // Transparent Ethernet bridging (gretap): 12 bytes of addresses, then an ether type.
        r.take(12)
            .and_then(|_| r.u16())
            .map(|ether_type| frame::ether_payload(ether_type, r.rest(), scope.sas, scope.depth))
    } else {
        Some(frame::ether_payload(
            protocol,
            r.rest(),
            scope.sas,
            scope.depth,
        ))
    };
    let unknown = Packet::Unknown {
        ether_type: Some(protocol),
        len: r.rest().len(),
    };
    let inner = Box::new(inner.unwrap_or(unknown));
    Some(Upper::Gre(Gre {
        protocol,
        key,
        seq,
        checksum,
        inner,
    }))
}
