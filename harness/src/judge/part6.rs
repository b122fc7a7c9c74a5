//! Owns fragments of IPv6 as a trace shows them: without the header that says what they are parts of. What a fragment
//! is, the captured frame says that begins with what the trace shows.
//!
//! `nf_tables` leaves the extension header out of both headers of a trace event: of a first part there are the 40 bytes
//! of the IPv6 header and, as the transport header, what follows the fragment header; of any other part the transport
//! header is the first 20 bytes of the packet and there is no network header (seen on 6.12.117, as
//! `nf_trace_fill_pkt_info` in `net/netfilter/nf_tables_trace.c` has it where `thoff` is 0).

use std::{net::Ipv6Addr, ops::Range};

use super::packet::Decoded;
use super::passes::{Headers, Pass};
use crate::observe::{Frame, Observations};

/// `NFPROTO_IPV6`.
const IPV6: u8 = 10;
/// The bytes of the IPv6 header and of the fragment header (RFC 8200 sections 3 and 4.5).
const HEADER: usize = 40;
const FRAGMENT_HEADER: usize = 8;
/// Of what is behind the header (RFC 8200 section 3).
const LENGTH: Range<usize> = 4..6;
/// Protocol number of the fragment header, and where the IPv6 header names what follows it.
const FRAGMENT: u8 = 44;
const NEXT_HEADER: usize = 6;
/// Each router changes it.
const HOP_LIMIT: usize = 7;
const SOURCE: usize = 8;
const DESTINATION: usize = 24;
const ADDRESSES: Range<usize> = SOURCE..HEADER;

/// What `shown` of a pass is, if it shows a part that was captured: with its addresses before any other, since NAT
/// changes them, and at its own node.
pub(crate) fn seen(
    pass: &Pass,
    shown: &Headers,
    obs: &Observations,
    frames: &[Decoded],
) -> Option<Decoded> {
    let part = Part::of(pass.nfproto, shown)?;
    let captured = obs.frames.iter().zip(frames);
    let same = captured
        .filter(|(frame, _)| frame.step == pass.step)
        .filter_map(|(frame, decoded)| Some((frame, part.whole_header(frame)?, decoded)));
    let (frame, header, decoded) = same.min_by_key(|(frame, header, _)| {
        let bytes = frame.packet().unwrap_or_default();
        (
            bytes.get(ADDRESSES) != header.get(ADDRESSES),
            frame.node != pass.node,
        )
    })?;
    let mut decoded = decoded.clone();
    let line = &mut decoded.line;
    let length = HEADER + usize::from(u16::from_be_bytes([header[4], header[5]]));
    for (key, value) in &mut line.fields {
        match key.as_str() {
            "ttl" => *value = header[HOP_LIMIT].to_string(),
            "len" => *value = length.to_string(),
            _ => {}
        }
    }
    let captured = frame.packet().unwrap_or_default();
    for (words, at) in [(&mut line.src, SOURCE), (&mut line.dst, DESTINATION)] {
        // A port stands behind the address.
        if let Some(old) = address(captured, at)
            && let Some(rest) = words.as_ref().and_then(|w| w.strip_prefix(old.as_str()))
        {
            *words = Some(format!("{}{rest}", address(&header, at)?));
        }
    }
    Some(decoded)
}

fn address(header: &[u8], at: usize) -> Option<String> {
    let bytes = header.get(at..at + 16)?;
    Some(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?).to_string())
}

/// The bytes of a packet that a trace shows, from its start and from behind the fragment header.
struct Part<'s> {
    head: &'s [u8],
    behind: &'s [u8],
}

impl<'s> Part<'s> {
    fn of(nfproto: u8, shown: &'s Headers) -> Option<Self> {
        let (network, transport) = (&shown.network[..], &shown.transport[..]);
        let part = if network.is_empty() {
            Self {
                head: transport,
                behind: &[],
            }
        } else {
            Self {
                head: network,
                behind: transport,
            }
        };
        let whole = network.is_empty() || network.len() == HEADER;
        let is_part = nfproto == IPV6 && whole && part.head.get(NEXT_HEADER) == Some(&FRAGMENT);
        (is_part && part.head.len() > HOP_LIMIT).then_some(part)
    }

    /// The IPv6 header that the trace shows the beginning of, completed from a frame of the same flow that carries the
    /// same: what routers and NAT change may be other.
    fn whole_header(&self, frame: &Frame) -> Option<Vec<u8>> {
        let bytes = frame.packet()?;
        let behind = bytes.get(HEADER + FRAGMENT_HEADER..)?;
        // What begins a packet without its end is told from others by its length alone.
        let (flow, length) = (0..LENGTH.start, bytes.get(LENGTH) == self.head.get(LENGTH));
        let same = bytes.get(flow.clone()) == self.head.get(flow)
            && bytes[NEXT_HEADER] == FRAGMENT
            && behind.starts_with(self.behind)
            && (length || !self.behind.is_empty());
        let (known, mut header) = (self.head.len().min(HEADER), bytes[..HEADER].to_vec());
        header[..known].copy_from_slice(&self.head[..known]);
        same.then_some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::{Direction, LinkType};

    /// An echo request of which 8 bytes are in the first part, and 3 in the second.
    fn frame(offset_and_more: u16, payload: &[u8]) -> Frame {
        let length = (FRAGMENT_HEADER + payload.len()) as u16;
        let mut bytes = vec![0x60, 0, 0, 0];
        bytes.extend(length.to_be_bytes());
        bytes.extend([FRAGMENT, 64]);
        bytes.extend([0xfd; 32]);
        bytes.extend([58, 0]);
        bytes.extend(offset_and_more.to_be_bytes());
        bytes.extend([0, 0, 0, 7]);
        bytes.extend(payload);
        Frame {
            step: 0,
            node: "h".to_owned(),
            device: "eth0".to_owned(),
            direction: Direction::Out,
            ts_ns: 0,
            mark: None,
            link: LinkType::Ip,
            bytes,
        }
    }

    #[track_caller]
    fn check(frame: &Frame, network: &[u8], transport: &[u8], is_it: bool) {
        let shown = Headers {
            network: network.to_vec(),
            transport: transport.to_vec(),
        };
        let part = Part::of(IPV6, &shown);
        assert_eq!(
            part.is_some_and(|part| part.whole_header(frame).is_some()),
            is_it
        );
    }

    #[test]
    fn a_first_part_is_found_behind_its_fragment_header() {
        let first = frame(1, &[128, 0, 1, 2, 3, 4, 5, 6]);
        let mut network = first.bytes[..40].to_vec();
        check(&first, &network, &first.bytes[48..], true);
        check(&first, &network, &[128, 0, 1, 2, 3, 4, 5, 7], false);
        network[HOP_LIMIT] = 63;
        check(&first, &network, &first.bytes[48..], true);
        network[3] += 1;
        check(&first, &network, &first.bytes[48..], false);
    }

    #[test]
    fn another_part_is_found_by_its_first_bytes() {
        let last = frame(8, &[7, 8, 9]);
        check(&last, &[], &last.bytes[..20], true);
        let mut other = last.bytes[..20].to_vec();
        other[4] = 1;
        check(&last, &[], &other, false);
    }

    #[test]
    fn what_is_no_part_is_none() {
        let first = frame(1, &[128, 0, 1, 2, 3, 4, 5, 6]);
        let mut network = first.bytes[..40].to_vec();
        network[NEXT_HEADER] = 58;
        check(&first, &network, &first.bytes[48..], false);
        check(&first, &[], &[], false);
    }
}
