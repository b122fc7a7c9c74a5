//! Owns packets of IPv6 with extension headers as a trace shows them: the first header says which extension comes, the
//! transport header is what is behind the last of them, and what that is stands nowhere. The captured packet says it that
//! begins in the same way, or that came out of a captured envelope.
//!
//! Seen on 6.12.117, as `nf_trace_fill_pkt_info` in `net/netfilter/nf_tables_trace.c` has it.

use std::cell::OnceCell;

use super::packet::{self, Decoded};
use super::passes::{Headers, Pass};
use crate::observe::Observations;
use crate::wire::{self, SaTable};

/// `NFPROTO_IPV6`.
const IPV6: u8 = 10;
/// The IPv6 header, and in it who names what follows, what each router changes, and the addresses (RFC 8200 section 3).
const HEADER: usize = 40;
const NEXT_HEADER: usize = 6;
const HOP_LIMIT: usize = 7;
const ADDRESSES: std::ops::Range<usize> = 8..HEADER;
/// Hop-by-hop options, routing, destination options, mobility.
const EXTENSIONS: [u8; 4] = [0, 43, 60, 135];

/// The packets that were captured, those that came out of an envelope too: (step, node) and bytes. To open them takes
/// time, so they are opened once, and only where a trace hides something.
pub(crate) struct Captured {
    packets: OnceCell<Vec<(u32, String, Vec<u8>)>>,
}

impl Captured {
    pub(crate) fn new() -> Self {
        Self {
            packets: OnceCell::new(),
        }
    }

    fn of_step<'a>(
        &'a self,
        step: u32,
        obs: &Observations,
        sas: &SaTable,
    ) -> impl Iterator<Item = (&'a str, &'a Vec<u8>)> {
        let all = self.packets.get_or_init(|| opened(obs, sas));
        let here = all.iter().filter(move |(of, ..)| *of == step);
        here.map(|(_, node, packet)| (node.as_str(), packet))
    }
}

fn opened(obs: &Observations, sas: &SaTable) -> Vec<(u32, String, Vec<u8>)> {
    let packets = obs.frames.iter().filter_map(|f| Some((f, f.packet()?)));
    let both = packets.flat_map(|(frame, packet)| {
        let all = [Some(packet.to_vec()), wire::inside(packet, sas)];
        let all = all.into_iter().flatten();
        all.map(move |packet| (frame.step, frame.node.clone(), packet))
    });
    both.filter(|(.., packet)| packet.first().is_some_and(|b| b >> 4 == 6))
        .collect()
}

/// What `shown` of a pass is, if it hides an extension header and its packet was captured: with its addresses before
/// any other, since NAT changes them, and at its own node.
pub(crate) fn seen(
    pass: &Pass,
    shown: &Headers,
    (obs, captured): (&Observations, &Captured),
    sas: &SaTable,
) -> Option<Decoded> {
    let hides = pass.nfproto == IPV6
        && shown.network.len() == HEADER
        && EXTENSIONS.contains(&shown.network[NEXT_HEADER])
        && !shown.transport.is_empty();
    if !hides {
        return None;
    }
    let all = captured.of_step(pass.step, obs, sas);
    let same = all.filter(|(_, packet)| begins(packet, shown));
    let (_, packet) = same.min_by_key(|(node, packet)| {
        let other = packet.get(ADDRESSES) != shown.network.get(ADDRESSES);
        (other, *node != pass.node)
    })?;
    let mut packet = packet.clone();
    packet[HOP_LIMIT..HEADER].copy_from_slice(&shown.network[HOP_LIMIT..]);
    Some(packet::decoded(&wire::decode_packet(&packet, sas)))
}

/// Whether a packet has the flow, the length and the next header of what a trace shows, and behind its extension
/// headers the same transport header.
fn begins(packet: &[u8], shown: &Headers) -> bool {
    let upto = |bytes: &[u8]| bytes.get(..HOP_LIMIT).map(<[u8]>::to_vec);
    if packet.len() < HEADER || upto(packet) != upto(&shown.network) {
        return false;
    }
    let (mut next, mut rest) = (packet[NEXT_HEADER], &packet[HEADER..]);
    while let Some(step) = wire::extension(next, rest) {
        (next, rest) = (step.next, step.rest);
    }
    rest.starts_with(&shown.transport)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A datagram behind destination options, and what a trace shows of it.
    fn datagram(next: u8, options: &[u8]) -> (Vec<u8>, Headers) {
        let udp = [0x9c, 0x40, 0x13, 0x88, 0, 12, 0, 0, 1, 2, 3, 4];
        let mut packet = vec![
            0x60,
            0,
            0,
            0,
            0,
            (options.len() + udp.len()) as u8,
            next,
            64,
        ];
        packet.extend([0xfd; 32]);
        let network = packet.clone();
        packet.extend(options);
        packet.extend(udp);
        let transport = udp.to_vec();
        (packet, Headers { network, transport })
    }

    #[test]
    fn a_packet_is_found_behind_its_extension_headers() {
        let options = [60, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0];
        let (packet, mut shown) = datagram(0, &options);
        assert!(begins(&packet, &shown));
        shown.network[HOP_LIMIT] = 63;
        assert!(begins(&packet, &shown));
        for at in [3, 5, NEXT_HEADER] {
            let mut other = packet.clone();
            other[at] ^= 0x3c;
            assert!(!begins(&other, &shown), "byte {at}");
        }
        shown.transport[3] ^= 1;
        assert!(!begins(&packet, &shown));
    }
}
