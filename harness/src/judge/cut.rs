//! Owns the stitching of packets of which a trace shows only the outside: 40 bytes of GRE or IP in
//! IP end before anything that tells what is inside. Such a sighting belongs to the captured frame that
//! begins with the same bytes, or else to the packet that had the same trace id directly before or after.

use std::collections::BTreeMap;

use super::packet::Decoded;
use super::passes::Pass;
use crate::observe::Frame;

/// What a trace shows of a packet, as it is to be found in a frame.
struct Shown {
    bytes: Vec<u8>,
    /// A router changes the TTL and with it the checksum.
    mutable: &'static [usize],
}

impl Shown {
    fn of(pass: &Pass) -> Self {
        Self {
            bytes: [&pass.entry.network[..], &pass.entry.transport[..]].concat(),
            mutable: if pass.nfproto == 2 {
                &[8, 10, 11]
            } else {
                &[7]
            },
        }
    }

    fn begins(&self, frame: &Frame) -> bool {
        let shown = &self.bytes;
        frame.packet().is_some_and(|bytes| {
            shown.len() > 20
                && bytes.len() >= shown.len()
                && (0..shown.len()).all(|at| self.mutable.contains(&at) || bytes[at] == shown[at])
        })
    }
}

/// The journeys of passes that do not show what is inside, by index of the pass; `journey` knows
/// those of the others.
pub(crate) fn adopt(
    passes: &[Pass],
    entries: &[Decoded],
    frames: &[(&Frame, &Decoded)],
    journey: impl Fn(&Decoded) -> Option<String>,
) -> BTreeMap<usize, String> {
    let hidden =
        |index: usize| entries[index].identity.is_none() && entries[index].layers.is_empty();
    // Passes of one trace id in one node and step, in order.
    let mut same: BTreeMap<(&str, u32, u32), Vec<usize>> = BTreeMap::new();
    for (index, pass) in passes.iter().enumerate() {
        let key = (pass.node.as_str(), pass.id, pass.step);
        same.entry(key).or_default().push(index);
    }
    let mut found = BTreeMap::new();
    for index in (0..passes.len()).filter(|i| hidden(*i)) {
        let pass = &passes[index];
        let shown = Shown::of(pass);
        let framed = frames
            .iter()
            .filter(|(frame, _)| frame.step == pass.step && shown.begins(frame))
            .find_map(|(_, decoded)| journey(decoded));
        let told = |other: &usize| journey(&entries[*other]);
        let by_id = || {
            let same = &same[&(pass.node.as_str(), pass.id, pass.step)];
            let (before, after) = same.split_at(same.partition_point(|other| *other < index));
            let after = after.iter().skip(1).find_map(told);
            after.or_else(|| before.iter().rev().find_map(told))
        };
        if let Some(identity) = framed.or_else(by_id) {
            found.insert(index, identity);
        }
    }
    found
}
