//! Owns every sighting of a packet, decoded, and the stitching of sightings into
//! journeys: by what the packet carries, through envelopes by SPI and sequence number,
//! and by trace id only where an envelope could not be opened.

use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

use super::cut;
use super::options6;
use super::packet::{self, Decoded, Layer};
use super::part6;
use super::parts;
use super::passes::{self, Headers, Hook, Pass, PassEnd};
use crate::observe::{Direction, Observations};
use crate::plan::Plan;
use crate::wire::SaTable;

/// All sightings of a run.
#[derive(Debug)]
pub(crate) struct Sightings {
    frames: Vec<Decoded>,
    passes: Vec<Pass>,
    entries: Vec<Decoded>,
    exits: Vec<Option<Decoded>>,
    /// Envelopes in frames: (SPI, sequence number) to (frame, place among its layers).
    envelopes: BTreeMap<(u32, u32), Vec<(usize, usize)>>,
    /// Journeys of envelopes that no key opened, by trace id.
    aliases: BTreeMap<(u32, u32), String>,
    anchors: BTreeMap<(usize, bool), u64>,
    /// Envelopes that came in: (node, SPI, sequence number) to (source, destination).
    arrived: BTreeMap<(String, u32, u32), BTreeSet<(String, String)>>,
    /// Journeys of passes that show only the outside of a packet.
    adopted: BTreeMap<usize, String>,
    /// Packets that came out of a device that is no link end: (step, node, journey).
    surfaced: BTreeSet<(u32, String, String)>,
}

/// Every SA that the plan installs, and those that something else installed.
pub(crate) fn sas(plan: &Plan, obs: &Observations) -> SaTable {
    let mut table = SaTable::from_plan(plan);
    for foreign in &obs.foreign {
        table.insert(&foreign.node, &foreign.state);
    }
    table
}

impl Sightings {
    /// Decodes and stitches everything that was seen.
    pub(crate) fn new(plan: &Plan, obs: &Observations) -> Self {
        let sas = sas(plan, obs);
        let mut frames: Vec<Decoded> = obs.frames.iter().map(|f| packet::frame(f, &sas)).collect();
        let datagrams = parts::put_together(&mut frames, obs, &sas);
        protect_parts(&mut frames);
        let passes = passes::passes(obs);
        let captured = options6::Captured::new();
        let shown = |pass: &Pass, headers: &Headers| {
            part6::seen(pass, headers, obs, &frames)
                .or_else(|| options6::seen(pass, headers, (obs, &captured), &sas))
                .unwrap_or_else(|| packet::headers(pass.nfproto, headers, &sas))
        };
        let entry = |pass: &Pass| {
            let mut decoded = shown(pass, &pass.entry);
            datagrams.join(pass.step, &mut decoded);
            decoded
        };
        let entries = passes.iter().map(entry).collect();
        let exits = passes
            .iter()
            .map(|pass| pass.exit.as_ref().map(|exit| shown(pass, exit)))
            .collect();
        let mut envelopes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (frame, decoded) in frames.iter().enumerate() {
            for (at, layer) in decoded.layers.iter().enumerate() {
                envelopes
                    .entry((layer.spi, layer.seq))
                    .or_default()
                    .push((frame, at));
            }
        }
        let mut all = Self {
            frames,
            passes,
            entries,
            exits,
            envelopes,
            aliases: BTreeMap::new(),
            anchors: BTreeMap::new(),
            arrived: BTreeMap::new(),
            adopted: BTreeMap::new(),
            surfaced: BTreeSet::new(),
        };
        all.note_arrivals(obs);
        all.note_surfaced(plan, obs);
        all.link_by_trace_id();
        all.anchor_passes(obs);
        all.adopted = all.adopt(obs);
        all
    }

    /// All hook passes, in the order of each node's kernel.
    pub(crate) fn passes(&self) -> &[Pass] {
        &self.passes
    }

    /// What a frame holds.
    pub(crate) fn frame(&self, index: usize) -> &Decoded {
        &self.frames[index]
    }

    /// The packet that entered a hook.
    pub(crate) fn pass(&self, index: usize) -> &Decoded {
        &self.entries[index]
    }

    /// The packet that left it.
    pub(crate) fn pass_exit(&self, index: usize) -> Option<&Decoded> {
        self.exits[index].as_ref()
    }

    /// The journey that a frame belongs to.
    pub(crate) fn frame_journey(&self, index: usize) -> String {
        self.journey(&self.frames[index])
    }

    /// The journey that a pass belongs to.
    pub(crate) fn pass_journey(&self, index: usize) -> String {
        match self.adopted.get(&index) {
            Some(journey) => journey.clone(),
            None => self.journey(&self.entries[index]),
        }
    }

    /// Whether the packet of a pass came out, in clear, of a device in another node: one that was moved
    /// there from where its SAs are.
    pub(crate) fn surfaced_elsewhere(&self, index: usize) -> bool {
        let (pass, journey) = (&self.passes[index], self.pass_journey(index));
        self.surfaced.iter().any(|(step, node, other)| {
            *step == pass.step && *node != pass.node && *other == journey
        })
    }

    /// The envelopes of a pass, outermost first: trace events show the outermost only,
    /// the captured frame of the same packet shows the rest.
    pub(crate) fn layers(&self, index: usize) -> Vec<Layer> {
        let own = &self.entries[index].layers;
        match own.first().and_then(|layer| self.captured(layer)) {
            Some((frame, at)) => self.frames[frame].layers[at..].to_vec(),
            None => own.clone(),
        }
    }

    /// Whether an envelope came into a node: an address of it must agree, because the
    /// same SPI may be in use in both directions and NAT changes but one address.
    pub(crate) fn came_in(&self, node: &str, layer: &Layer) -> bool {
        self.arrived
            .get(&(node.to_owned(), layer.spi, layer.seq))
            .is_some_and(|ends| {
                ends.iter()
                    .any(|(src, dst)| *src == layer.src || *dst == layer.dst)
            })
    }

    /// Time of the captured frame that a pass of prerouting or postrouting belongs to.
    pub(crate) fn anchor(&self, index: usize, direction: Direction) -> Option<u64> {
        self.anchors
            .get(&(index, direction == Direction::Out))
            .copied()
    }

    fn journey(&self, decoded: &Decoded) -> String {
        if let Some(journey) = self.known_journey(decoded) {
            return journey;
        }
        match decoded.layers.last() {
            Some(layer) => format!("envelope {:08x} {}", layer.spi, layer.seq),
            None => format!("other {}", decoded.line),
        }
    }

    /// The journey of a packet whose inside was seen somewhere.
    fn known_journey(&self, decoded: &Decoded) -> Option<String> {
        if let Some(identity) = &decoded.identity {
            return Some(identity.clone());
        }
        for layer in &decoded.layers {
            let opened = self
                .captured(layer)
                .and_then(|(f, _)| self.frames[f].identity.clone());
            if let Some(identity) =
                opened.or_else(|| self.aliases.get(&(layer.spi, layer.seq)).cloned())
            {
                return Some(identity);
            }
        }
        None
    }

    fn adopt(&self, obs: &Observations) -> BTreeMap<usize, String> {
        let frames: Vec<_> = obs.frames.iter().zip(&self.frames).collect();
        cut::adopt(&self.passes, &self.entries, &frames, |decoded| {
            self.known_journey(decoded)
        })
    }

    fn note_surfaced(&mut self, plan: &Plan, obs: &Observations) {
        let ends = || plan.links.iter().flat_map(|l| &l.ends);
        let is_end =
            |node: &str, device: &str| ends().any(|e| e.node == node && e.device == device);
        for (frame, decoded) in obs.frames.iter().zip(&self.frames) {
            if frame.direction == Direction::In
                && decoded.layers.is_empty()
                && !is_end(&frame.node, &frame.device)
                && let Some(identity) = &decoded.identity
            {
                let key = (frame.step, frame.node.clone(), identity.clone());
                self.surfaced.insert(key);
            }
        }
    }

    /// The captured frame that shows an envelope best: opened before not opened, the same
    /// addresses before others.
    fn captured(&self, layer: &Layer) -> Option<(usize, usize)> {
        let found = self.envelopes.get(&(layer.spi, layer.seq))?;
        found.iter().copied().min_by_key(|&(frame, at)| {
            let other = &self.frames[frame].layers[at];
            let apart = u8::from(other.src != layer.src) + u8::from(other.dst != layer.dst);
            (apart, self.frames[frame].identity.is_none())
        })
    }

    fn note_arrivals(&mut self, obs: &Observations) {
        let frames = obs.frames.iter().zip(&self.frames);
        let frames = frames.filter(|(frame, _)| frame.direction == Direction::In);
        let passes = self.passes.iter().zip(&self.entries);
        let passes = passes.filter(|(pass, _)| matches!(pass.hook, Hook::Prerouting | Hook::Input));
        for (node, decoded) in frames
            .map(|(f, d)| (&f.node, d))
            .chain(passes.map(|(p, d)| (&p.node, d)))
        {
            for layer in &decoded.layers {
                self.arrived
                    .entry((node.clone(), layer.spi, layer.seq))
                    .or_default()
                    .insert((layer.src.clone(), layer.dst.clone()));
            }
        }
    }

    /// Ties an envelope that no key opens to the packet that carried the same trace id
    /// directly before or after it. Ids are reused by later packets, hence directly.
    fn link_by_trace_id(&mut self) {
        let mut last: BTreeMap<(&str, u32, u32), usize> = BTreeMap::new();
        let mut found = Vec::new();
        for (index, pass) in self.passes.iter().enumerate() {
            let Some(before) = last.insert((&pass.node, pass.id, pass.step), index) else {
                continue;
            };
            for (envelope, plain) in [(index, before), (before, index)] {
                let layer = self.entries[envelope].layers.first();
                if let (Some(layer), Some(identity)) = (layer, &self.entries[plain].identity)
                    && self.frame_identity(layer).is_none()
                {
                    found.push(((layer.spi, layer.seq), identity.clone()));
                }
            }
        }
        for (key, identity) in found {
            self.aliases.entry(key).or_insert(identity);
        }
    }

    fn frame_identity(&self, layer: &Layer) -> Option<&String> {
        self.captured(layer)
            .and_then(|(frame, _)| self.frames[frame].identity.as_ref())
    }

    /// Gives each pass of prerouting and postrouting its captured frame: the first one of
    /// the same packet at that device that no earlier pass has.
    fn anchor_passes(&mut self, obs: &Observations) {
        let mut waiting: BTreeMap<_, VecDeque<u64>> = BTreeMap::new();
        for (frame, decoded) in obs.frames.iter().zip(&self.frames) {
            if let Some(key) = outermost(decoded) {
                let out = frame.direction == Direction::Out;
                waiting
                    .entry((frame.step, &frame.node, &frame.device, out, key))
                    .or_default()
                    .push_back(frame.ts_ns);
            }
        }
        for (index, pass) in self.passes.iter().enumerate() {
            let (device, out) = match pass.hook {
                Hook::Prerouting => (&pass.iif, false),
                Hook::Postrouting if pass.end == PassEnd::Left => (&pass.oif, true),
                _ => continue,
            };
            let (Some(device), Some(key)) = (device, outermost(&self.entries[index])) else {
                continue;
            };
            let frames = waiting.get_mut(&(pass.step, &pass.node, device, out, key));
            if let Some(ts) = frames.and_then(VecDeque::pop_front) {
                self.anchors.insert((index, out), ts);
            }
        }
    }
}

/// A fragment that is not the first has no port any more: whether ESP in UDP protects it is told by the first
/// fragment of its datagram.
fn protect_parts(frames: &mut [Decoded]) {
    let protected = frames.iter().filter(|f| f.kind.protected);
    let whole: HashSet<_> = protected.filter_map(|f| f.part_of).collect();
    for frame in frames {
        frame.kind.protected |= frame.part_of.is_some_and(|part| whole.contains(&part));
    }
}

/// What tells a packet from others as it is on the wire.
fn outermost(decoded: &Decoded) -> Option<String> {
    match decoded.layers.first() {
        Some(layer) => Some(format!("{:08x} {}", layer.spi, layer.seq)),
        None => decoded.identity.clone(),
    }
}
