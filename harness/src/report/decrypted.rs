//! Owns the decrypted copy of a capture: the innermost packet of every frame whose ESP our codec opened, at the
//! same capture point and time. It is for looking at; nothing is judged by it.

use crate::{
    observe::{Frame, LinkType},
    plan::Plan,
    wire::{SaTable, inside},
};

/// What was inside, in the order of the frames; frames without opened ESP are left out.
pub(crate) fn frames(plan: &Plan, frames: &[Frame]) -> Vec<Frame> {
    let sas = SaTable::from_plan(plan);
    let one = |frame: &Frame| {
        let bytes = inside(behind_link(frame)?, &sas)?;
        Some(Frame {
            link: LinkType::Ip,
            bytes,
            ..frame.clone()
        })
    };
    frames.iter().filter_map(one).collect()
}

/// The bytes of a frame from the IP header on.
fn behind_link(frame: &Frame) -> Option<&[u8]> {
    let at = match frame.link {
        LinkType::Ip => 0,
        LinkType::Ethernet if frame.bytes.get(12..14) == Some(&[0x81, 0x00]) => 18,
        LinkType::Ethernet => 14,
    };
    frame.bytes.get(at..)
}
