//! Owns the capture file of a run: one pcapng whose interfaces are the capture points
//! `node:device`. It never touches the file system; bytes in, bytes out.
//!
//! Step and mark of a frame travel in its first packet comment (`step=0 mark=0x1`), what is to be said of it to people
//! in a second one, the direction in `epb_flags` (pcapng section 4.3.1: bits 0-1, 1 inbound, 2 outbound).

use std::borrow::Cow;
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::section_header::{SectionHeaderBlock, SectionHeaderOption};
use pcap_file::pcapng::{Block, PcapNgBlock, PcapNgReader, PcapNgWriter};
use pcap_file::{DataLink, Endianness};

use crate::observe::{Direction, Frame, LinkType};

/// Timestamps count nanoseconds (`if_tsresol` 9); the writer knows no other unit.
const NANOSECONDS: u8 = 9;
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;

/// Why a capture file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PcapngError {
    #[error("the capture is not a pcapng file of ours: {0}")]
    Format(#[from] pcap_file::PcapError),
    #[error("packet {packet} of the capture: {what}")]
    Packet { packet: usize, what: String },
}

/// Writes all frames, in their order, as one pcapng; `notes` has a second comment for each, or is empty.
pub(crate) fn write(frames: &[Frame], notes: &[String]) -> Result<Vec<u8>, PcapngError> {
    let mut points: Vec<(String, LinkType)> = Vec::new();
    let section = SectionHeaderBlock {
        endianness: Endianness::Little,
        options: vec![SectionHeaderOption::UserApplication(Cow::Borrowed(
            "xfrmlab",
        ))],
        ..SectionHeaderBlock::default()
    };
    let mut writer = PcapNgWriter::with_section_header(Vec::new(), section)?;
    for frame in frames {
        let point = (format!("{}:{}", frame.node, frame.device), frame.link);
        if !points.contains(&point) {
            writer.write_block(&interface(&point.0, point.1).into_block())?;
            points.push(point);
        }
    }
    for (index, frame) in frames.iter().enumerate() {
        let point = (format!("{}:{}", frame.node, frame.device), frame.link);
        let interface_id = points.iter().position(|p| *p == point).unwrap_or(0) as u32;
        let note = notes.get(index).map(String::as_str);
        writer.write_block(&packet(frame, interface_id, note).into_block())?;
    }
    Ok(writer.into_inner())
}

fn interface(point: &str, link: LinkType) -> InterfaceDescriptionBlock<'_> {
    InterfaceDescriptionBlock {
        linktype: match link {
            LinkType::Ethernet => DataLink::ETHERNET,
            LinkType::Ip => DataLink::RAW,
        },
        snaplen: 0,
        options: vec![
            InterfaceDescriptionOption::IfName(Cow::Borrowed(point)),
            InterfaceDescriptionOption::IfTsResol(NANOSECONDS),
        ],
    }
}

fn packet<'a>(
    frame: &'a Frame,
    interface_id: u32,
    note: Option<&'a str>,
) -> EnhancedPacketBlock<'a> {
    let comment = match frame.mark {
        Some(mark) => format!("step={} mark=0x{mark:x}", frame.step),
        None => format!("step={}", frame.step),
    };
    let flags = match frame.direction {
        Direction::In => INBOUND,
        Direction::Out => OUTBOUND,
    };
    EnhancedPacketBlock {
        interface_id,
        timestamp: Duration::from_nanos(frame.ts_ns),
        original_len: frame.bytes.len() as u32,
        data: Cow::Borrowed(&frame.bytes),
        options: [
            Some(EnhancedPacketOption::Comment(Cow::Owned(comment))),
            note.map(|note| EnhancedPacketOption::Comment(Cow::Borrowed(note))),
            Some(EnhancedPacketOption::Flags(flags)),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

/// Reads a capture file that [`write()`] made.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Frame>, PcapngError> {
    let mut reader = PcapNgReader::new(bytes)?;
    let mut points: Vec<Point> = Vec::new();
    let mut frames = Vec::new();
    while let Some(block) = reader.next_block() {
        match block? {
            Block::InterfaceDescription(described) => {
                points.push(point_of(&described).ok_or_else(|| PcapngError::Packet {
                    packet: frames.len(),
                    what: "an interface before it is not named `node:device`".to_owned(),
                })?);
            }
            Block::EnhancedPacket(packet) => {
                let number = frames.len();
                let frame = frame_of(&packet, &points).map_err(|what| PcapngError::Packet {
                    packet: number,
                    what,
                })?;
                frames.push(frame);
            }
            _ => {}
        }
    }
    Ok(frames)
}

/// Node, device, and what frames begin with there.
type Point = (String, String, LinkType);

fn point_of(described: &InterfaceDescriptionBlock<'_>) -> Option<Point> {
    let name = described.options.iter().find_map(|o| match o {
        InterfaceDescriptionOption::IfName(name) => Some(name),
        _ => None,
    })?;
    let (node, device) = name.split_once(':')?;
    let link = if described.linktype == DataLink::RAW {
        LinkType::Ip
    } else {
        LinkType::Ethernet
    };
    Some((node.to_owned(), device.to_owned(), link))
}

fn frame_of(packet: &EnhancedPacketBlock<'_>, points: &[Point]) -> Result<Frame, String> {
    let (node, device, link) = points
        .get(packet.interface_id as usize)
        .ok_or_else(|| format!("no interface {}", packet.interface_id))?;
    let mut direction = None;
    let mut step = None;
    let mut mark = None;
    let mut comments = 0;
    for option in &packet.options {
        match option {
            EnhancedPacketOption::Flags(flags) => {
                direction = match flags & 3 {
                    INBOUND => Some(Direction::In),
                    OUTBOUND => Some(Direction::Out),
                    _ => None,
                };
            }
            // What stands in a second comment is for people.
            EnhancedPacketOption::Comment(_) if comments > 0 => {}
            EnhancedPacketOption::Comment(comment) => {
                comments += 1;
                for word in comment.split_whitespace() {
                    match word.split_once('=') {
                        Some(("step", value)) => step = value.parse().ok(),
                        Some(("mark", value)) => mark = hex(value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(Frame {
        step: step.ok_or("no `step=` in its comment")?,
        node: node.clone(),
        device: device.clone(),
        direction: direction.ok_or("no direction in its flags")?,
        ts_ns: u64::try_from(packet.timestamp.as_nanos()).map_err(|e| e.to_string())?,
        mark,
        link: *link,
        bytes: packet.data.to_vec(),
    })
}

fn hex(text: &str) -> Option<u32> {
    u32::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(device: &str, direction: Direction, mark: Option<u32>) -> Frame {
        Frame {
            step: 3,
            node: "r1".to_owned(),
            device: device.to_owned(),
            direction,
            ts_ns: 1_700_000_000_123_456_789,
            mark,
            link: if device == "eth0" {
                LinkType::Ip
            } else {
                LinkType::Ethernet
            },
            bytes: (0..61).collect(),
        }
    }

    #[test]
    fn frames_come_back_as_they_were_written() {
        let frames = vec![
            frame("eth1", Direction::Out, Some(0xffff_ffff)),
            frame("eth0", Direction::In, None),
            frame("eth1", Direction::In, Some(0)),
        ];
        let bytes = write(&frames, &[]).unwrap();
        assert_eq!(read(&bytes).unwrap(), frames);
    }

    #[test]
    fn a_note_is_a_comment_of_its_own_and_is_not_read_back() {
        let frames = vec![frame("eth1", Direction::Out, Some(1))];
        let note = "step 4: step=9 mark=0x7".to_owned();
        let bytes = write(&frames, std::slice::from_ref(&note)).unwrap();
        assert_eq!(read(&bytes).unwrap(), frames);
        let mut reader = PcapNgReader::new(&bytes[..]).unwrap();
        let mut comments = Vec::new();
        while let Some(block) = reader.next_block() {
            if let Block::EnhancedPacket(packet) = block.unwrap() {
                comments.extend(packet.options.iter().filter_map(|o| match o {
                    EnhancedPacketOption::Comment(text) => Some(text.to_string()),
                    _ => None,
                }));
            }
        }
        assert_eq!(comments, ["step=3 mark=0x1".to_owned(), note]);
    }

    #[test]
    fn no_frames_make_a_readable_file() {
        assert_eq!(read(&write(&[], &[]).unwrap()).unwrap(), Vec::new());
    }

    #[test]
    fn damaged_files_are_refused_without_a_panic() {
        let bytes = write(&[frame("eth0", Direction::In, Some(1))], &[]).unwrap();
        for length in 0..bytes.len() {
            let _ = read(&bytes[..length]);
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            let _ = read(&damaged);
        }
        assert!(read(b"no capture at all").is_err());
    }
}
