//! Owns the story of a run: per step, each packet's journey over all nodes as one
//! ordered list of events. Told from observations alone; the plan lends names of SAs
//! and tells which link ends face each other, never what should have happened.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::line::{Fate, NO_CT, Place, StoryLine};
use super::packet::{Class, Decoded, Kind};
use super::passes::{Pass, PassEnd};
use super::sightings::Sightings;
use super::{clock, placement};
use crate::observe::{Direction, Frame, Observations};
use crate::plan::{End, Plan};
use crate::wire::Line;

/// What happened in a run, step by step.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    pub steps: Vec<StepStory>,
}

/// What happened in one step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepStory {
    /// In the order in which the packets were first seen.
    pub journeys: Vec<Journey>,
}

/// One packet's way, followed by what it carries through encapsulation and NAT.
#[derive(Clone, Debug, PartialEq)]
pub struct Journey {
    /// The innermost packet, as it was first seen.
    pub packet: Line,
    /// What the innermost packet is, where it could be seen.
    pub kind: Kind,
    /// In the order of time.
    pub events: Vec<Event>,
}

impl Journey {
    /// Whether traffic sent it; ARP, ND and what kernels say among themselves did not.
    pub fn is_flow(&self) -> bool {
        self.kind.class == Class::Flow
    }
}

/// One thing that happened to a packet.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Nanoseconds since the epoch; estimated between captures, for ordering only.
    pub ts_ns: u64,
    /// The node; for a link, the sending one.
    pub node: String,
    pub line: StoryLine,
    /// What the packet is as it was here, envelope and all.
    pub kind: Kind,
    /// For `Place::Wire`.
    pub wire: Option<WirePoint>,
    /// For `Place::Hook`: index into `Observations::traces` of the event with which the packet entered.
    pub trace: Option<usize>,
}

impl Event {
    /// Whether the packet is, in clear, an echo reply.
    pub(crate) fn is_reply(&self) -> bool {
        let head = self.line.packet.as_ref().map(|p| p.head.as_slice());
        matches!(head, Some([_, what, ..]) if what == "echo-reply")
    }
}

/// A frame at a capture point: on a link where it was sent, on any other device both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WirePoint {
    pub device: String,
    /// `In` for what no link brought: it came out of a device, or was opened and shows a second time.
    pub direction: Direction,
    /// The other end of the link to which it was sent, `None` where no link is in it.
    pub peer: Option<(String, String)>,
    /// Whether the other end captured it.
    pub received: bool,
    /// What the other end captured: index into `Observations::frames`.
    pub arrival: Option<usize>,
    /// Index into `Observations::frames`.
    pub frame: usize,
}

/// Tells the story of a run.
pub fn tell(plan: &Plan, obs: &Observations) -> Story {
    let sightings = Sightings::new(plan, obs);
    let count = plan.steps.len().max(obs.steps.len());
    Story {
        steps: (0..count as u32)
            .map(|step| tell_step(plan, obs, &sightings, step))
            .collect(),
    }
}

fn tell_step(plan: &Plan, obs: &Observations, sightings: &Sightings, step: u32) -> StepStory {
    let mut by_key: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    let mut meta: BTreeMap<String, (u64, usize, Decoded)> = BTreeMap::new();
    for (key, event, decoded) in wire_events(plan, obs, sightings, step)
        .into_iter()
        .chain(node_events(sightings, step))
    {
        // The journey is named after the least wrapped form in which it was seen.
        let rank = (decoded.layers.len(), event.ts_ns);
        let entry = meta
            .entry(key.clone())
            .or_insert_with(|| (event.ts_ns, rank.0, decoded.clone()));
        if (rank.0, rank.1) < (entry.1, entry.0) {
            *entry = (event.ts_ns, rank.0, decoded);
        }
        by_key.entry(key).or_default().push(event);
    }
    let mut journeys: Vec<Journey> = by_key
        .into_iter()
        .map(|(key, mut events)| {
            // Stable: events of one node that share an instant keep the kernel's order.
            events.sort_by_key(|e| e.ts_ns);
            let decoded = &meta[&key].2;
            Journey {
                packet: decoded.line.clone(),
                kind: decoded.kind,
                events,
            }
        })
        .collect();
    journeys.sort_by_key(|j| j.events.first().map(|e| e.ts_ns));
    StepStory { journeys }
}

/// Frames where they were sent, and those that came in though no link brought them.
fn wire_events(
    plan: &Plan,
    obs: &Observations,
    sightings: &Sightings,
    step: u32,
) -> Vec<(String, Event, Decoded)> {
    let mut out = Vec::new();
    let mut arrivals = arrivals(obs, step);
    for (index, frame) in of_step(obs, step, Direction::Out) {
        let peer = peer_of(plan, &frame.node, &frame.device);
        let arrival = peer.and_then(|end| {
            let key = (end.node.as_str(), end.device.as_str(), &frame.bytes[..]);
            let waiting = arrivals.get_mut(&key)?;
            // What was captured after it, or else what a clock that lags has before it.
            let found = waiting.range(index..).next().or(waiting.first()).copied()?;
            waiting.remove(&found).then_some(found)
        });
        let point = WirePoint {
            device: frame.device.clone(),
            direction: Direction::Out,
            peer: peer.map(|end| (end.node.clone(), end.device.clone())),
            received: arrival.is_some(),
            arrival,
            frame: index,
        };
        out.push(wire_event(sightings, frame, point));
    }
    let unsent: BTreeSet<usize> = arrivals.into_values().flatten().collect();
    for (index, frame) in of_step(obs, step, Direction::In) {
        if unsent.contains(&index) {
            let point = WirePoint {
                device: frame.device.clone(),
                direction: Direction::In,
                peer: None,
                received: true,
                arrival: None,
                frame: index,
            };
            out.push(wire_event(sightings, frame, point));
        }
    }
    out
}

fn of_step(
    obs: &Observations,
    step: u32,
    direction: Direction,
) -> impl Iterator<Item = (usize, &Frame)> {
    let frames = obs.frames.iter().enumerate();
    frames.filter(move |(_, f)| f.step == step && f.direction == direction)
}

fn wire_event(sightings: &Sightings, frame: &Frame, point: WirePoint) -> (String, Event, Decoded) {
    let decoded = sightings.frame(point.frame).clone();
    let mut line = StoryLine::at(Place::Wire);
    line.packet = Some(decoded.line.clone());
    line.mark = frame.mark.map(|m| format!("0x{m:x}"));
    let journey = sightings.frame_journey(point.frame);
    let event = Event {
        ts_ns: frame.ts_ns,
        node: frame.node.clone(),
        line,
        kind: decoded.kind,
        wire: Some(point),
        trace: None,
    };
    (journey, event, decoded)
}

/// Frames that came in, by what tells them: node, device, bytes.
type Arrivals<'o> = HashMap<(&'o str, &'o str, &'o [u8]), BTreeSet<usize>>;

fn arrivals(obs: &Observations, step: u32) -> Arrivals<'_> {
    let mut out = Arrivals::new();
    for (index, frame) in of_step(obs, step, Direction::In) {
        let key = (frame.node.as_str(), frame.device.as_str(), &frame.bytes[..]);
        out.entry(key).or_default().insert(index);
    }
    out
}

/// Hooks, encodes and decodes of all nodes.
fn node_events(sightings: &Sightings, step: u32) -> Vec<(String, Event, Decoded)> {
    let mut groups: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (index, pass) in sightings.passes().iter().enumerate() {
        if pass.step == step {
            let key = (pass.node.clone(), sightings.pass_journey(index));
            groups.entry(key).or_default().push(index);
        }
    }
    let mut placed: placement::Known = placement::Known::default();
    let mut out = Vec::new();
    for ((node, journey), passes) in groups {
        let moments = placement::place(sightings, &mut placed, &passes);
        let times = clock::times(sightings, &moments);
        for (moment, ts_ns) in moments.into_iter().zip(times) {
            let traced = match moment {
                placement::Moment::Pass(index) => Some(sightings.passes()[index].index),
                _ => None,
            };
            let (line, pass) = match moment {
                placement::Moment::Pass(index) => (hook_line(sightings, index), index),
                placement::Moment::Encode { sa, before } => {
                    (sa_line(Place::Encode, sa.as_deref()), before)
                }
                placement::Moment::Decode { sa, after } => {
                    (sa_line(Place::Decode, sa.as_deref()), after)
                }
            };
            let decoded = sightings.pass(pass).clone();
            let kind = decoded.kind;
            let event = Event {
                ts_ns,
                node: node.clone(),
                line,
                kind,
                wire: None,
                trace: traced,
            };
            out.push((journey.clone(), event, decoded));
        }
    }
    out
}

fn sa_line(place: Place, sa: Option<&str>) -> StoryLine {
    let mut line = StoryLine::at(place);
    line.sa = Some(sa.unwrap_or("?").to_owned());
    line
}

fn hook_line(sightings: &Sightings, index: usize) -> StoryLine {
    let pass: &Pass = &sightings.passes()[index];
    let entry = &sightings.pass(index).line;
    let mut line = StoryLine::at(Place::Hook(pass.hook));
    line.iif.clone_from(&pass.iif);
    line.oif.clone_from(&pass.oif);
    line.packet = Some(entry.clone());
    line.mark = Some(if pass.mark_in == pass.mark_out {
        format!("0x{:x}", pass.mark_in)
    } else {
        format!("0x{:x}=>0x{:x}", pass.mark_in, pass.mark_out)
    });
    if let Some(ct) = &pass.ct {
        let none = || NO_CT.to_owned();
        line.ct = Some(ct.state.clone().unwrap_or_else(none));
        line.ct_mark = Some(ct.mark(pass.end == PassEnd::Left).unwrap_or_else(none));
    }
    if let Some(exit) = sightings.pass_exit(index)
        && (exit.line.src != entry.src || exit.line.dst != entry.dst)
        && let (Some(src), Some(dst)) = (&exit.line.src, &exit.line.dst)
    {
        line.nat = Some((src.clone(), dst.clone()));
    }
    line.fate = match &pass.end {
        PassEnd::Left => None,
        PassEnd::Dropped(point) => Some(Fate::Drop(Some(point.clone()))),
        PassEnd::Vanished => Some(Fate::Vanished),
    };
    line
}

/// The other end of the link at `node:device`.
fn peer_of<'p>(plan: &'p Plan, node: &str, device: &str) -> Option<&'p End> {
    plan.links.iter().find_map(|link| {
        let [a, b] = &link.ends;
        let at = |end: &End| end.node == node && end.device == device;
        if at(a) {
            Some(b)
        } else if at(b) {
            Some(a)
        } else {
            None
        }
    })
}
