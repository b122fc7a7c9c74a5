//! Owns what the judge needs to know of a decoded packet: its envelopes, what it is
//! stitched by, and of which kind it is. The decoding itself is `wire`'s.

use std::net::IpAddr;

use super::passes::Headers;
use crate::observe::{Frame, LinkType};
use crate::wire::{
    self, Datagram, Esp, EspBody, Icmp, IcmpBody, Inner, Ip, Line, Packet, SaTable, UdpBody, Upper,
};

/// IP protocol numbers.
const ESP: u8 = 50;
const AH: u8 = 51;

/// A packet as it was seen once.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decoded {
    pub(crate) line: Line,
    /// Envelopes, outermost first.
    pub(crate) layers: Vec<Layer>,
    /// What tells the innermost packet from others, `None` where it is not known.
    pub(crate) identity: Option<String>,
    pub(crate) kind: Kind,
    /// For a fragment: of which datagram.
    pub(crate) part_of: Option<Datagram>,
    /// The same of the innermost packet that can be seen: an envelope may carry a fragment.
    pub(crate) carries: Option<Datagram>,
}

/// One envelope: ESP or AH, in UDP or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) spi: u32,
    pub(crate) seq: u32,
    pub(crate) src: String,
    pub(crate) dst: String,
    /// Name of the SA, where the SPI is known.
    pub(crate) sa: Option<String>,
}

/// What a packet is, as far as judging needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Who made the innermost packet.
    pub class: Class,
    /// Whether it may be sent between the ends of a tunnel: ESP, AH, either in UDP, IKE
    /// or neighbour discovery.
    pub protected: bool,
    /// Sequence number, for an echo request or reply.
    pub echo_seq: Option<u16>,
    /// The first bytes of the payload, for a UDP datagram.
    pub udp_head: Option<[u8; 4]>,
    pub error: Option<IcmpError>,
}

/// Who made a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Traffic did.
    Flow,
    /// A kernel did, about a flow: ICMP errors.
    Kernel,
    /// Neighbour and multicast discovery: not counted anywhere.
    Noise,
}

/// Kinds of ICMP errors, for both families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpError {
    NetUnreachable,
    HostUnreachable,
    PortUnreachable,
    Prohibited,
    TooBig,
    TimeExceeded,
    Other,
}

/// Decodes a captured frame.
pub(crate) fn frame(frame: &Frame, sas: &SaTable) -> Decoded {
    match frame.link {
        LinkType::Ethernet => {
            let frame = wire::decode_frame(&frame.bytes, sas);
            Decoded {
                line: wire::frame_words(&frame),
                ..decoded(&frame.packet)
            }
        }
        LinkType::Ip => decoded(&wire::decode_packet(&frame.bytes, sas)),
    }
}

/// Decodes what a trace event shows of a packet.
pub(crate) fn headers(nfproto: u8, headers: &Headers, sas: &SaTable) -> Decoded {
    let packet = wire::decode_headers(nfproto, &headers.network, &headers.transport, sas);
    let mut decoded = decoded(&packet);
    if cut_short(&packet) {
        decoded.identity = None;
    }
    decoded
}

/// Whether a trace event ends before it shows what an IP tunnel or GRE carries.
fn cut_short(packet: &Packet) -> bool {
    let inner = match packet.ip().map(|ip| &ip.upper) {
        Some(Upper::Tunnel(inner)) => inner,
        Some(Upper::Gre(gre)) => &gre.inner,
        _ => return false,
    };
    inner
        .ip()
        .is_none_or(|ip| matches!(ip.upper, Upper::Short { .. } | Upper::Nothing))
        || cut_short(inner)
}

/// What the judge needs of a packet.
pub(crate) fn decoded(packet: &Packet) -> Decoded {
    let mut layers = Vec::new();
    let (mut innermost, mut carries) = (None, None);
    walk(packet, &mut layers, &mut innermost, &mut carries);
    let opaque = innermost.is_none() && !layers.is_empty();
    Decoded {
        line: wire::words(packet),
        identity: if opaque {
            None
        } else {
            identity(packet, innermost)
        },
        kind: kind(packet, &layers, innermost),
        layers,
        part_of: packet.ip().and_then(part_of),
        carries,
    }
}

fn part_of(ip: &Ip) -> Option<Datagram> {
    let part = ip.header.fragment.as_ref()?;
    Some(Datagram {
        src: ip.header.src,
        dst: ip.header.dst,
        id: part.id,
    })
}

/// Collects envelopes, and the upper layer inside the last of them if it can be seen.
fn walk<'a>(
    packet: &'a Packet,
    layers: &mut Vec<Layer>,
    innermost: &mut Option<&'a Upper>,
    carries: &mut Option<Datagram>,
) {
    let Some(ip) = packet.ip() else { return };
    *carries = part_of(ip);
    let ends = (ip.header.src.to_string(), ip.header.dst.to_string());
    walk_upper(&ip.upper, &ends, layers, innermost, carries);
}

fn walk_upper<'a>(
    upper: &'a Upper,
    ends: &(String, String),
    layers: &mut Vec<Layer>,
    innermost: &mut Option<&'a Upper>,
    carries: &mut Option<Datagram>,
) {
    let layer = |spi: u32, seq, sa: &Option<String>| Layer {
        spi,
        seq,
        src: ends.0.clone(),
        dst: ends.1.clone(),
        sa: sa.clone(),
    };
    let inner = match upper {
        Upper::Esp(esp)
        | Upper::Udp(wire::Udp {
            body: UdpBody::Esp(esp),
            ..
        }) => {
            layers.push(layer(esp.spi.0, esp.seq, &esp.sa));
            opened(esp)
        }
        Upper::Ah(ah) => {
            layers.push(layer(ah.spi.0, ah.seq, &ah.sa));
            // A trace event ends within the ICV: what follows is not shown, and is not nothing.
            let cut = |upper: &Upper| matches!(upper, Upper::Short { .. } | Upper::Nothing);
            Some(&ah.inner)
                .filter(|inner| !matches!(inner, Inner::Transport { upper, .. } if cut(upper)))
        }
        Upper::Comp(comp) => match &comp.body {
            Ok(inner) => Some(inner),
            Err(_) => {
                *innermost = Some(upper);
                return;
            }
        },
        Upper::Tunnel(packet) => {
            walk(packet, layers, innermost, carries);
            return;
        }
        Upper::Gre(gre) if gre.inner.ip().is_some() => {
            walk(&gre.inner, layers, innermost, carries);
            return;
        }
        other => {
            *innermost = Some(other);
            return;
        }
    };
    match inner {
        Some(Inner::Packet(packet)) => walk(packet, layers, innermost, carries),
        Some(Inner::Transport { upper, .. }) => walk_upper(upper, ends, layers, innermost, carries),
        None => {}
    }
}

fn opened(esp: &Esp) -> Option<&Inner> {
    match &esp.body {
        EspBody::Opened(opened) => Some(&opened.inner),
        EspBody::NotOpened(_) => None,
    }
}

/// What a packet is stitched by. Trace events show too little of what an ICMP error
/// quotes, so errors go by their sender.
fn identity(packet: &Packet, innermost: Option<&Upper>) -> Option<String> {
    if let Some(Upper::Icmp(icmp)) = innermost
        && matches!(icmp.body, IcmpBody::Error { .. })
        && let Some((src, _)) = packet.addresses()
    {
        return Some(format!("icmp error {} {} from {src}", icmp.kind, icmp.code));
    }
    wire::identity(packet).map(|i| format!("{:?}", i.key))
}

fn kind(packet: &Packet, layers: &[Layer], innermost: Option<&Upper>) -> Kind {
    let mut kind = Kind {
        class: Class::Flow,
        protected: !layers.is_empty() && !claims_only(packet, layers),
        echo_seq: None,
        udp_head: None,
        error: None,
    };
    match innermost {
        Some(Upper::Icmp(icmp)) => match &icmp.body {
            IcmpBody::Echo { seq, .. } => kind.echo_seq = Some(*seq),
            IcmpBody::Error { .. } => {
                kind.class = Class::Kernel;
                kind.error = Some(icmp_error(icmp));
            }
            IcmpBody::Neighbor { .. } => kind.class = Class::Noise,
            IcmpBody::Other if is_discovery(icmp) => kind.class = Class::Noise,
            IcmpBody::Other => {}
        },
        Some(Upper::Igmp { .. }) => kind.class = Class::Noise,
        Some(Upper::Udp(udp)) => {
            kind.protected |= matches!(
                udp.body,
                UdpBody::Ike { message: true, .. } | UdpBody::Keepalive
            );
            if let UdpBody::Data(payload) = &udp.body {
                kind.udp_head = payload.head;
            }
        }
        _ => {}
    }
    // A fragment that is not the first carries no header of its envelope any more.
    if let (Some(Upper::Fragment { .. }), Some(ip)) = (innermost, packet.ip()) {
        kind.protected |= matches!(ip.header.protocol, ESP | AH);
    }
    if matches!(packet, Packet::Arp(_)) || is_link_chatter(packet, innermost) {
        kind.class = Class::Noise;
    }
    kind.protected |= kind.class == Class::Noise;
    kind
}

/// Whether a packet is ESP by the port of its UDP alone: no SA has the SPI that stands there. Any datagram may use the
/// port, and one in clear must not pass for a protected one.
fn claims_only(packet: &Packet, layers: &[Layer]) -> bool {
    let in_udp = packet
        .ip()
        .is_some_and(|ip| matches!(ip.upper, Upper::Udp(_)));
    in_udp && layers.first().is_some_and(|layer| layer.sa.is_none())
}

/// Whether a packet that shows no transport goes to a group of its link: multicast
/// listener reports have an extension header, behind which trace events do not see.
fn is_link_chatter(packet: &Packet, innermost: Option<&Upper>) -> bool {
    let to_link_group = packet.addresses().is_some_and(|(_, dst)| match dst {
        IpAddr::V4(dst) => dst.octets()[..3] == [224, 0, 0],
        IpAddr::V6(dst) => dst.segments()[0] == 0xff02,
    });
    to_link_group
        && !matches!(innermost, Some(Upper::Udp(_) | Upper::Tcp(_)))
        && !matches!(innermost, Some(Upper::Icmp(icmp)) if matches!(icmp.body, IcmpBody::Echo { .. }))
}

/// Router and multicast listener messages (RFC 4861 sections 4.1 to 4.5, RFC 2710, RFC 3810).
fn is_discovery(icmp: &Icmp) -> bool {
    icmp.v6 && matches!(icmp.kind, 130..=136 | 143)
}

/// RFC 792 and RFC 1812 section 5.2.7.1; RFC 4443 section 3.
fn icmp_error(icmp: &Icmp) -> IcmpError {
    match (icmp.v6, icmp.kind, icmp.code) {
        (false, 3, 0 | 5 | 6 | 11) | (true, 1, 0) => IcmpError::NetUnreachable,
        (false, 3, 1 | 7 | 12) | (true, 1, 3) => IcmpError::HostUnreachable,
        (false, 3, 3) | (true, 1, 4) => IcmpError::PortUnreachable,
        (false, 3, 9 | 10 | 13) | (true, 1, 1 | 5 | 6) => IcmpError::Prohibited,
        (false, 3, 4) | (true, 2, _) => IcmpError::TooBig,
        (false, 11, _) | (true, 3, _) => IcmpError::TimeExceeded,
        _ => IcmpError::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 bytes of an Authentication Header with an ICV of 12: the trace ends within it.
    #[test]
    fn what_a_trace_of_ah_does_not_show_is_unknown() {
        let bytes = |hex: &str| -> Vec<u8> {
            let at = (0..hex.len()).step_by(2);
            at.map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hexadecimal"))
                .collect()
        };
        let seen = Headers {
            network: bytes(
                "60038fd800583340fd000000000000000000000000000001fd000000000000000000000000000002",
            ),
            transport: bytes("3a04000000001001000000012c12db5215e65fe7"),
        };
        let decoded = headers(10, &seen, &SaTable::default());
        assert_eq!(decoded.identity, None);
        assert_eq!((decoded.layers.len(), decoded.layers[0].spi), (1, 0x1001));
    }
}
