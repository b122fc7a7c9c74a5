//! Owns the fragments of datagrams: those that were seen at one place are put together, and each of them belongs to what
//! the whole carries. A datagram of which a part is missing everywhere stays what its parts show.

use std::collections::HashMap;

use super::packet::{self, Decoded};
use crate::observe::{Direction, Observations};
use crate::wire::{self, Datagram, Reassembly, SaTable};

/// What datagrams carry that went in parts, by step.
#[derive(Debug, Default)]
pub(crate) struct Datagrams(HashMap<(u32, Datagram), Decoded>);

/// Puts the parts of datagrams together, at each capture point by itself. The first part then shows what the envelope
/// carries, since the envelope's header stands in it.
pub(crate) fn put_together(frames: &mut [Decoded], obs: &Observations, sas: &SaTable) -> Datagrams {
    let mut open = Reassembly::new();
    let mut known = Datagrams::default();
    for (index, frame) in obs.frames.iter().enumerate() {
        let out = frame.direction == Direction::Out;
        let place = (frame.step, &frame.node, &frame.device, out);
        let taken = frame.packet().and_then(|p| open.take(place, index, p));
        let Some(whole) = taken else { continue };
        let packet = wire::decode_packet(&whole.bytes, sas);
        let decoded = packet::decoded(&packet);
        for &part in &whole.parts {
            adopt(&mut frames[part], &decoded);
        }
        if let Some(&first) = whole.parts.first()
            && !decoded.layers.is_empty()
        {
            let part = obs.frames[first].packet().unwrap_or_default();
            frames[first].line = wire::words(&wire::opened_part(part, packet, sas));
        }
        let key = (frame.step, whole.datagram);
        known.0.entry(key).or_insert(decoded);
    }
    known.join_carried();
    for (frame, decoded) in obs.frames.iter().zip(frames) {
        known.join_envelope(frame.step, decoded);
    }
    known
}

impl Datagrams {
    /// An envelope that went in parts may carry a part itself.
    fn join_carried(&mut self) {
        let mut joined = self.0.clone();
        for ((step, _), decoded) in &mut joined {
            self.join_envelope(*step, decoded);
        }
        self.0 = joined;
    }

    /// Makes an envelope around a part belong to the whole.
    fn join_envelope(&self, step: u32, decoded: &mut Decoded) {
        let carries = decoded.carries.filter(|of| decoded.part_of != Some(*of));
        if let Some(whole) = carries.and_then(|of| self.0.get(&(step, of))) {
            decoded.identity.clone_from(&whole.identity);
        }
    }

    /// Makes what a trace shows of a part belong to its whole.
    pub(crate) fn join(&self, step: u32, part: &mut Decoded) {
        if let Some(of) = part.part_of
            && let Some(whole) = self.0.get(&(step, of))
        {
            adopt(part, whole);
        }
    }
}

fn adopt(part: &mut Decoded, whole: &Decoded) {
    part.identity.clone_from(&whole.identity);
    part.layers.clone_from(&whole.layers);
    part.carries = whole.carries;
    part.kind.class = whole.kind.class;
    part.kind.echo_seq = whole.kind.echo_seq;
    part.kind.error = whole.kind.error;
    part.kind.protected |= whole.kind.protected;
}
