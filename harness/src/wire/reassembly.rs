//! Owns the putting together of IP fragments (RFC 791 section 3.2, RFC 8200 section 4.5): bytes of parts in, bytes of
//! the whole packet out. It waits for no time, and overlapping parts give nothing.

use std::{collections::BTreeMap, net::IpAddr};

use etherparse::checksum::Sum16BitWords;

use super::{
    ip,
    packet::{Ip, Packet},
    sa::SaTable,
};

/// Largest payload of an IP packet.
const LARGEST: usize = 65_535;

/// What the parts of one datagram have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Datagram {
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    pub(crate) id: u32,
}

/// One fragment.
struct Part<'a> {
    datagram: Datagram,
    offset: usize,
    more: bool,
    /// The header as it stands before the whole, its length fields still to be filled in.
    head: Vec<u8>,
    payload: &'a [u8],
}

/// A packet of which every part was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) bytes: Vec<u8>,
    pub(crate) datagram: Datagram,
    /// Numbers of the parts, the first of the datagram first.
    pub(crate) parts: Vec<usize>,
}

/// Parts whose datagrams are not complete, by the place where they were seen.
#[derive(Debug)]
pub(crate) struct Reassembly<P> {
    open: BTreeMap<(P, Datagram), Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Header of the first part.
    head: Option<Vec<u8>>,
    /// By offset: number and payload.
    parts: BTreeMap<usize, (usize, Vec<u8>)>,
    /// Where the last part ends.
    end: Option<usize>,
}

impl<P: Ord + Clone> Reassembly<P> {
    pub(crate) fn new() -> Self {
        Self {
            open: BTreeMap::new(),
        }
    }

    /// Takes the packet that was seen at a place under a number of the caller's; gives the datagram that it completes.
    pub(crate) fn take(&mut self, place: P, number: usize, packet: &[u8]) -> Option<Whole> {
        let part = part(packet)?;
        let key = (place, part.datagram);
        let waiting = self.open.entry(key.clone()).or_default();
        if waiting.parts.contains_key(&part.offset) {
            // The identification is in use again, or the part came twice: what was there is of another datagram.
            *waiting = Waiting::default();
        }
        if part.offset == 0 {
            waiting.head = Some(part.head);
        }
        if !part.more {
            waiting.end = Some(part.offset + part.payload.len());
        }
        let datagram = part.datagram;
        waiting
            .parts
            .insert(part.offset, (number, part.payload.to_vec()));
        let bytes = waiting.whole()?;
        let parts = waiting.parts.values().map(|(number, _)| *number).collect();
        self.open.remove(&key);
        Some(Whole {
            bytes,
            datagram,
            parts,
        })
    }
}

impl Waiting {
    fn whole(&self) -> Option<Vec<u8>> {
        let (head, end) = (self.head.as_ref()?, self.end?);
        let mut payload: Vec<u8> = Vec::with_capacity(end.min(LARGEST));
        for (offset, (_, bytes)) in &self.parts {
            if *offset != payload.len() {
                return None;
            }
            payload.extend(bytes);
        }
        if payload.len() != end || end > LARGEST {
            return None;
        }
        let mut packet = head.clone();
        packet.extend(payload);
        let total = packet.len();
        if packet.first()? >> 4 == 4 {
            let header = head.len();
            packet[2..4].copy_from_slice(&u16::try_from(total).ok()?.to_be_bytes());
            packet[10..12].fill(0);
            let sum = Sum16BitWords::new().add_slice(packet.get(..header)?);
            // The crate gives the sum in the order of the bytes that it added.
            packet[10..12].copy_from_slice(&sum.ones_complement().to_ne_bytes());
        } else {
            packet[4..6].copy_from_slice(&u16::try_from(total - 40).ok()?.to_be_bytes());
        }
        Some(packet)
    }
}

/// The first part of a datagram with what the whole of it carries.
pub(crate) fn opened_part(part: &[u8], whole: Packet, sas: &SaTable) -> Packet {
    match (ip::decode_packet(part, sas), whole) {
        (Packet::Ip(part), Packet::Ip(whole)) => Packet::Ip(Box::new(Ip {
            header: part.header,
            upper: whole.upper,
        })),
        (part, _) => part,
    }
}

/// Reads a packet as a fragment; `None` where it is none, and where bytes of it are missing.
fn part(bytes: &[u8]) -> Option<Part<'_>> {
    match bytes.first()? >> 4 {
        4 => ipv4(bytes),
        6 => ipv6(bytes),
        _ => None,
    }
}

fn ipv4(bytes: &[u8]) -> Option<Part<'_>> {
    let header = usize::from(bytes.first()? & 15) * 4;
    let word = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
    let address = |at: usize| {
        let octets: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(IpAddr::from(octets))
    };
    let flags = word(6)?;
    let (offset, more) = (usize::from(flags & 0x1fff) * 8, flags & 0x2000 != 0);
    if (offset == 0 && !more) || header < 20 {
        return None;
    }
    let mut head = bytes.get(..header)?.to_vec();
    head[6..8].fill(0);
    Some(Part {
        datagram: Datagram {
            src: address(12)?,
            dst: address(16)?,
            id: word(4)?.into(),
        },
        offset,
        more,
        head,
        payload: bytes.get(header..usize::from(word(2)?))?,
    })
}

fn ipv6(bytes: &[u8]) -> Option<Part<'_>> {
    const FRAGMENT: u8 = 44;
    let address = |at: usize| {
        let octets: [u8; 16] = bytes.get(at..at + 16)?.try_into().ok()?;
        Some(IpAddr::from(octets))
    };
    let length = u16::from_be_bytes([*bytes.get(4)?, *bytes.get(5)?]);
    let all = bytes.get(..40 + usize::from(length))?;
    // Where the number of the next header stands.
    let (mut named, mut at) = (6, 40);
    loop {
        let number = *all.get(named)?;
        let rest = all.get(at..)?;
        let step = ip::extension(number, rest)?;
        let behind = all.len() - step.rest.len();
        if let (FRAGMENT, Some(found)) = (number, step.fragment) {
            let mut head = all.get(..at)?.to_vec();
            head[named] = step.next;
            return Some(Part {
                datagram: Datagram {
                    src: address(8)?,
                    dst: address(24)?,
                    id: found.id,
                },
                offset: found.offset,
                more: found.more,
                head,
                payload: step.rest,
            });
        }
        (named, at) = (at, behind);
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{samples::*, *},
        *,
    };

    /// The packet cut into parts of at most `size` bytes of payload.
    fn cut4(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
        let payload = &packet[20..];
        let count = payload.len().div_ceil(size);
        let parts = payload.chunks(size).enumerate();
        let one = |(at, bytes): (usize, &[u8])| {
            let mut part = packet[..20].to_vec();
            part[2..4].copy_from_slice(&((20 + bytes.len()) as u16).to_be_bytes());
            let more = if at + 1 < count { 0x2000 } else { 0 };
            part[6..8].copy_from_slice(&((at * size / 8) as u16 | more).to_be_bytes());
            part.extend(bytes);
            part
        };
        parts.map(one).collect()
    }

    fn cut6(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
        let payload = &packet[40..];
        let count = payload.len().div_ceil(size);
        let parts = payload.chunks(size).enumerate();
        let one = |(at, bytes): (usize, &[u8])| {
            let mut part = packet[..40].to_vec();
            part[4..6].copy_from_slice(&((8 + bytes.len()) as u16).to_be_bytes());
            let protocol = std::mem::replace(&mut part[6], 44);
            part.extend([protocol, 0]);
            let more = u16::from(at + 1 < count);
            part.extend(((at * size) as u16 | more).to_be_bytes());
            part.extend([0, 0, 0, 9]);
            part.extend(bytes);
            part
        };
        parts.map(one).collect()
    }

    /// Takes all parts and gives what was completed, and by which of them.
    fn taken(parts: &[&Vec<u8>]) -> Vec<(usize, Whole)> {
        let mut all = Reassembly::new();
        let parts = parts.iter().enumerate();
        parts
            .filter_map(|(at, part)| Some((at, all.take("r1", at, part)?)))
            .collect()
    }

    fn sealed() -> (Vec<u8>, SaTable) {
        let sa = state("a>b", "3.0.0.1", "5.0.0.1", 0x1000, 7);
        let esp = esp(&sa, 1, 4, &echo("10.0.1.100", "10.0.2.100", 1));
        let mut packet = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp);
        // Fragmented packets may be, and the header's sum is that of the whole.
        packet[6..8].fill(0);
        packet[10..12].fill(0);
        let sum = Sum16BitWords::new().add_slice(&packet[..20]);
        packet[10..12].copy_from_slice(&sum.ones_complement().to_ne_bytes());
        (packet, table(&[("b", &sa)]))
    }

    #[test]
    fn parts_in_any_order_give_the_packet_that_esp_opens() {
        let (packet, sas) = sealed();
        let parts = cut4(&packet, 56);
        assert_eq!(parts.len(), 3);
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let given: Vec<&Vec<u8>> = order.iter().map(|at| &parts[*at]).collect();
            let whole = taken(&given);
            assert_eq!((whole.len(), whole[0].0), (1, 2), "the last completes it");
            assert_eq!(whole[0].1.bytes, packet);
            let first = order.iter().position(|at| *at == 0);
            assert_eq!(whole[0].1.parts.first().copied(), first);
        }
        let words = line(&decode_packet(&packet, &sas), Detail::Normal);
        assert!(words.contains("{ icmp echo-request"), "{words}");
        let alone = line(&decode_packet(&parts[0], &sas), Detail::Normal);
        assert!(alone.contains("not-opened=\"first fragment\""), "{alone}");
    }

    #[test]
    fn ipv6_parts_lose_their_fragment_header() {
        let mut payload = vec![17, 0, 1, 4, 0, 0, 0, 0];
        payload.extend(udp(1, 2, &[7; 100]));
        let packet = ip_packet("fd00::1", "fd00::2", 60, &payload);
        let parts = cut6(&packet, 48);
        let whole = taken(&parts.iter().collect::<Vec<_>>());
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].1.bytes, packet);
        assert_eq!(whole[0].1.datagram.id, 9);
    }

    #[test]
    fn what_is_missing_or_overlaps_gives_nothing() {
        let (packet, _) = sealed();
        let parts = cut4(&packet, 56);
        assert_eq!(taken(&[&parts[0], &parts[2]]), []);
        assert_eq!(taken(&[&parts[1], &parts[2]]), []);
        let overlapping = cut4(&packet, 40);
        assert_eq!(taken(&[&parts[0], &overlapping[1], &parts[2]]), []);
        assert_eq!(taken(&[&packet]), [], "a whole packet is no part");
        for length in 0..parts[2].len() {
            let short = parts[2][..length].to_vec();
            assert_eq!(taken(&[&parts[0], &parts[1], &short]), []);
        }
    }

    #[test]
    fn places_and_datagrams_are_kept_apart() {
        let (packet, _) = sealed();
        let parts = cut4(&packet, 96);
        let mut other = parts[1].clone();
        other[5] ^= 1;
        assert_eq!(taken(&[&parts[0], &other]), []);
        let mut all = Reassembly::new();
        assert_eq!(all.take("r1", 0, &parts[0]), None);
        assert_eq!(all.take("r2", 1, &parts[1]), None);
        assert!(all.take("r2", 2, &parts[0]).is_some());
        // An identification that comes again is that of another datagram.
        assert_eq!(all.take("r2", 3, &parts[0]), None);
        assert_eq!(all.take("r2", 4, &parts[0]), None);
        let whole = all.take("r2", 5, &parts[1]).unwrap();
        assert_eq!(whole.parts, [4, 5]);
    }
}
