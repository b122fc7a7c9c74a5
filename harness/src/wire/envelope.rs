//! Owns what a packet shows on the outside: its layers of ESP and AH. It judges the bytes, never whether they should
//! have been sent.

use super::packet::{Esp, EspBody, Inner, Packet, UdpBody, Upper};
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

#[cfg(test)]
mod tests {
    use super::super::{samples::*, *};

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
