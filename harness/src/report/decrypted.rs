//! Owns the decrypted copy of a capture: the innermost packet of every frame whose ESP our codec opened, at the
//! same capture point and time. It is for looking at; nothing is judged by it.

use crate::{
    judge::sas,
    observe::{Direction, Frame, LinkType, Observations},
    plan::Plan,
    wire::{Reassembly, inside},
};

/// What was inside, in the order of the frames; frames without opened ESP are left out. What went in fragments stands
/// where the last of them was seen.
pub(crate) fn frames(plan: &Plan, obs: &Observations) -> Vec<Frame> {
    let sas = sas(plan, obs);
    let frames = &obs.frames;
    let mut open = Reassembly::new();
    let mut opened = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        let Some(packet) = frame.packet() else {
            continue;
        };
        let out = frame.direction == Direction::Out;
        let whole = open.take((&frame.node, &frame.device, out), number, packet);
        let packet = whole.as_ref().map_or(packet, |w| &w.bytes);
        if let Some(bytes) = inside(packet, &sas) {
            opened.push(Frame {
                link: LinkType::Ip,
                bytes,
                ..frame.clone()
            });
        }
    }
    opened
}
