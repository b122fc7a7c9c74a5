//! Owns the stitching of packets of which a trace shows only the outside: 40 bytes of GRE or IP in
//! IP end before anything that tells what is inside. Such a sighting belongs to the captured frame that
//! begins with the same bytes, or else to the packet that had the same trace id directly before or after.

use std::collections::BTreeMap;

use super::packet::Decoded;
use super::passes::Pass;
use crate::observe::{Frame, LinkType};

/// The outer headers of a frame, from the IP header on.
fn outside(frame: &Frame) -> Option<&[u8]> {
    let at = match frame.link {
        LinkType::Ip => 0,
        LinkType::Ethernet if frame.bytes.get(12..14) == Some(&[0x81, 0x00]) => 18,
        LinkType::Ethernet => 14,
    };
    frame.bytes.get(at..)
}

/// Whether a frame begins with what a trace shows. A router changes the TTL and with it the checksum.
fn begins_with(frame: &Frame, pass: &Pass) -> bool {
    let Some(bytes) = outside(frame) else {
        return false;
    };
    let shown = [&pass.entry.network[..], &pass.entry.transport[..]].concat();
    let mutable: &[usize] = if pass.nfproto == 2 {
        &[8, 10, 11]
    } else {
        &[7]
    };
    shown.len() > 20
        && bytes.len() >= shown.len()
        && (0..shown.len()).all(|at| mutable.contains(&at) || bytes[at] == shown[at])
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
    let mut found = BTreeMap::new();
    for index in (0..passes.len()).filter(|i| hidden(*i)) {
        let pass = &passes[index];
        let framed = frames
            .iter()
            .filter(|(frame, _)| frame.step == pass.step && begins_with(frame, pass))
            .find_map(|(_, decoded)| journey(decoded));
        let same = |other: &usize| {
            let other = &passes[*other];
            (&other.node, other.id, other.step) == (&pass.node, pass.id, pass.step)
        };
        let told = |other: usize| journey(&entries[other]);
        let by_id = || {
            let after = (index + 1..passes.len()).filter(same).find_map(told);
            after.or_else(|| (0..index).rev().filter(same).find_map(told))
        };
        if let Some(identity) = framed.or_else(by_id) {
            found.insert(index, identity);
        }
    }
    found
}
