//! Owns what a packet shows on the outside: its layers of ESP and AH, and whether it is protected at
//! all. It judges the bytes, never whether they should have been sent.

use super::packet::{Esp, EspBody, IcmpBody, Inner, Packet, UdpBody, Upper};
use crate::{names::Spi, plan::Proto};

/// One layer of ESP or AH around a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    pub proto: Proto,
    pub spi: Spi,
    /// Low 32 bits.
    pub seq: u32,
    /// Name of the SA, as in [`Esp::sa`].
    pub sa: Option<String>,
    /// ESP in UDP.
    pub udp: bool,
    /// ESP that was opened, or AH whose ICV fits.
    pub verified: bool,
}

/// Whether a packet may pass a link on which only protected traffic is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// ESP, AH, ESP in UDP, and later fragments of ESP or AH.
    Protected,
    /// What links and tunnels live on: ARP, neighbour discovery, MLD, IGMP, IKE, NAT keepalives.
    Control,
    /// Everything else. A later fragment of UDP is here, too: whether it belongs to ESP in UDP
    /// stands in its first fragment, which has the same `ipid`.
    Clear,
}

/// The layers of ESP and AH around the innermost packet, from the outside inwards.
pub fn envelopes(packet: &Packet) -> Vec<Envelope> {
    let mut found = Vec::new();
    in_packet(packet, &mut found);
    found
}

fn in_packet(packet: &Packet, found: &mut Vec<Envelope>) {
    if let Some(ip) = packet.ip() {
        in_upper(&ip.upper, found);
    }
}

fn in_inner(inner: &Inner, found: &mut Vec<Envelope>) {
    match inner {
        Inner::Packet(packet) => in_packet(packet, found),
        Inner::Transport { upper, .. } => in_upper(upper, found),
    }
}

fn in_upper(upper: &Upper, found: &mut Vec<Envelope>) {
    match upper {
        Upper::Esp(esp) => in_esp(esp, false, found),
        Upper::Udp(udp) => {
            if let UdpBody::Esp(esp) = &udp.body {
                in_esp(esp, true, found);
            }
        }
        Upper::Ah(ah) => {
            found.push(Envelope {
                proto: Proto::Ah,
                spi: ah.spi,
                seq: ah.seq,
                sa: ah.sa.clone(),
                udp: false,
                verified: matches!(ah.icv, super::AhIcv::Ok { .. }),
            });
            in_inner(&ah.inner, found);
        }
        Upper::Gre(gre) => in_packet(&gre.inner, found),
        Upper::Tunnel(inner) => in_packet(inner, found),
        Upper::Comp(comp) => {
            if let Ok(inner) = &comp.body {
                in_inner(inner, found);
            }
        }
        _ => {}
    }
}

fn in_esp(esp: &Esp, udp: bool, found: &mut Vec<Envelope>) {
    let opened = match &esp.body {
        EspBody::Opened(opened) => Some(opened),
        EspBody::NotOpened(_) => None,
    };
    let (spi, seq, sa) = (esp.spi, esp.seq, esp.sa.clone());
    found.push(Envelope {
        proto: Proto::Esp,
        spi,
        seq,
        sa,
        udp,
        verified: opened.is_some(),
    });
    if let Some(opened) = opened {
        in_inner(&opened.inner, found);
    }
}

/// What an observer of the link learns from the outermost layers.
pub fn exposure(packet: &Packet) -> Exposure {
    match packet {
        Packet::Arp(_) => Exposure::Control,
        Packet::Unknown { .. } => Exposure::Clear,
        Packet::Ip(ip) => match &ip.upper {
            Upper::Esp(_) | Upper::Ah(_) => Exposure::Protected,
            Upper::Udp(udp) => match udp.body {
                UdpBody::Esp(_) => Exposure::Protected,
                UdpBody::Ike { .. } | UdpBody::Keepalive => Exposure::Control,
                UdpBody::Data(_) => Exposure::Clear,
            },
            Upper::Fragment { .. } if matches!(ip.header.protocol, 50 | 51) => Exposure::Protected,
            Upper::Icmp(icmp) if matches!(icmp.body, IcmpBody::Neighbor { .. }) => {
                Exposure::Control
            }
            // Multicast listener queries and reports.
            Upper::Icmp(icmp) if icmp.v6 && matches!(icmp.kind, 130..=132 | 143) => {
                Exposure::Control
            }
            Upper::Igmp { .. } => Exposure::Control,
            Upper::Tunnel(inner) => exposure(inner),
            Upper::Gre(gre) => exposure(&gre.inner),
            _ => Exposure::Clear,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::{samples::*, *};

    #[track_caller]
    fn check(packet: &[u8], expected: Exposure) {
        assert_eq!(
            exposure(&decode_packet(packet, &SaTable::default())),
            expected
        );
    }

    #[test]
    fn only_what_ipsec_wraps_is_protected() {
        let sa = state("a>b", "3.0.0.1", "5.0.0.1", 0x1000, 7);
        let clear = echo("10.0.1.100", "10.0.2.100", 1);
        let esp = esp(&sa, 1, 4, &clear);
        let over = |protocol, bytes: &[u8]| ip_packet("3.0.0.1", "5.0.0.1", protocol, bytes);
        check(&clear, Exposure::Clear);
        check(&over(4, &clear), Exposure::Clear);
        check(&over(50, &esp), Exposure::Protected);
        check(&over(17, &udp(40500, 4500, &esp)), Exposure::Protected);
        check(&over(17, &udp(40500, 4500, &[0xff])), Exposure::Control);
        check(&over(17, &udp(40500, 53, &esp)), Exposure::Clear);
        // An error in clear stays clear, whatever it quotes.
        check(
            &over(1, &icmp(3, 4, 1400, &over(50, &esp))),
            Exposure::Clear,
        );
    }

    #[test]
    fn envelopes_are_listed_from_the_outside() {
        let outer = state("out", "3.0.0.1", "5.0.0.1", 0x1000, 7);
        let inner = state("in", "10.0.0.1", "10.0.0.2", 0x2000, 8);
        let clear = echo("10.0.1.100", "10.0.2.100", 1);
        let nested = ip_packet("10.0.0.1", "10.0.0.2", 50, &esp(&inner, 5, 4, &clear));
        let wire = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp(&outer, 9, 4, &nested));
        let both = table(&[("r1", &outer), ("h1", &inner)]);
        let seen = envelopes(&decode_packet(&wire, &both));
        let names: Vec<_> = seen
            .iter()
            .map(|e| (e.sa.as_deref(), e.seq, e.verified))
            .collect();
        assert_eq!(names, [(Some("out"), 9, true), (Some("in"), 5, true)]);
        let seen = envelopes(&decode_packet(&wire, &table(&[("h1", &inner)])));
        assert_eq!(seen.len(), 1);
        assert!(!seen[0].verified && seen[0].sa.is_none());
    }
}
