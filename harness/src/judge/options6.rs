//! Owns packets of IPv6 with extension headers as a trace shows them: the first header says which extension comes, the
//! transport header is what is behind the last of them, and what that is stands nowhere. The captured packet says it that
//! begins in the same way, or that came out of a captured envelope.
//!
//! Seen on 6.12.117, as `nf_trace_fill_pkt_info` in `net/netfilter/nf_tables_trace.c` has it.

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

/// What `shown` of a pass is, if it hides an extension header and its packet was captured: with its addresses before
/// any other, since NAT changes them, and at its own node.
pub(crate) fn seen(
    pass: &Pass,
    shown: &Headers,
    obs: &Observations,
    sas: &SaTable,
) -> Option<Decoded> {
    let hides = pass.nfproto == IPV6
        && shown.network.len() == HEADER
        && EXTENSIONS.contains(&shown.network[NEXT_HEADER])
        && !shown.transport.is_empty();
    if !hides {
        return None;
    }
    let frames = obs.frames.iter().filter(|f| f.step == pass.step);
    let packets = frames.filter_map(|frame| Some((frame, frame.packet()?)));
    let both = packets.flat_map(|(frame, packet)| {
        let inside = wire::inside(packet, sas);
        let all = [Some(packet.to_vec()), inside].into_iter().flatten();
        all.map(move |packet| (frame, packet))
    });
    let same = both.filter(|(_, packet)| begins(packet, shown));
    let (_, mut packet) = same.min_by_key(|(frame, packet)| {
        let other = packet.get(ADDRESSES) != shown.network.get(ADDRESSES);
        (other, frame.node != pass.node)
    })?;
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
