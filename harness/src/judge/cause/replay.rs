//! Owns what a replay window makes of the sequence numbers that came to a node: it is gone through again, with every
//! packet that was captured there. It never judges by itself: a number is named only where the kernel counted just as
//! many refused packets.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::Evidence;
use crate::judge::sightings;
use crate::observe::Direction;
use crate::plan::State;
use crate::wire::{self, Line};

/// Why a window does not take a sequence number (`net/xfrm/xfrm_replay.c`, Linux 6.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    /// No packet has it (RFC 4303 section 2.2).
    Zero,
    /// Taken before, in this step.
    Taken(u32),
    /// As far below this, the highest one so far.
    Late(u64),
}

/// The numbers of one SA that a node took so far.
#[derive(Debug, Default)]
struct Window {
    top: u64,
    /// With the step in which each came.
    taken: BTreeMap<u64, u32>,
}

impl Window {
    fn take(&mut self, state: &State, number: u64, step: u32) -> Option<Refused> {
        let size = match u64::from(state.replay_window) {
            0 => return None,
            size => size,
        };
        let refused = if number == 0 {
            Some(Refused::Zero)
        } else if self.top.saturating_sub(number) >= size {
            Some(Refused::Late(self.top))
        } else {
            self.taken.get(&number).copied().map(Refused::Taken)
        };
        if refused.is_none() {
            self.top = self.top.max(number);
            self.taken.insert(number, step);
        }
        refused
    }
}

/// A packet that its window does not take: its SA, its number, and why.
struct Packet<'a> {
    state: &'a State,
    number: u64,
    why: Refused,
}

impl Packet<'_> {
    /// With ESN what is late is taken for one of the next 2^32 (RFC 4304; `xfrm_replay_seqhi`): its ICV is wrong then.
    fn fails_its_check(&self) -> bool {
        self.state.esn && matches!(self.why, Refused::Late(_))
    }

    fn sentence(&self, e: &Evidence<'_>) -> String {
        let (number, name) = (self.number, &self.state.name);
        match self.why {
            Refused::Zero => format!(
                "{name} takes no sequence number 0: the first packet of an SA has 1 (RFC 4303 section 2.2)"
            ),
            Refused::Taken(step) if step == e.step => {
                format!("{name} had taken sequence number {number} before, in this step")
            }
            Refused::Taken(step) => {
                let step = e.plan.steps.get(step as usize);
                let step = step.map_or("", |s| s.name.as_str());
                format!("{name} had taken sequence number {number} before, in step `{step}`")
            }
            Refused::Late(top) => format!(
                "sequence number {number} lies {} below {top}, the highest that {name} had taken, and its window holds {}",
                top - number,
                self.state.replay_window
            ),
        }
    }
}

/// Which sequence numbers were refused, where as many packets were as the kernel counted.
pub(super) fn refused(e: &Evidence<'_>) -> Option<String> {
    let counted = e.counter("XfrmInStateSeqError")?;
    let all = step_of(e);
    let mine: Vec<_> = all.iter().filter(|p| !p.fails_its_check()).collect();
    (usize::try_from(counted) == Ok(mine.len())).then(|| sentences(e, &mine))
}

/// Which late ones of an SA with ESN failed the integrity check, likewise.
pub(super) fn late_with_esn(e: &Evidence<'_>) -> Option<String> {
    let (sa, counted) = e.sa(|s| s.integrity_failed)?;
    let all = step_of(e);
    let late = |p: &&Packet<'_>| p.fails_its_check() && p.state.name == sa;
    let mine: Vec<_> = all.iter().filter(late).collect();
    (usize::try_from(counted) == Ok(mine.len())).then(|| {
        format!("{}; with extended sequence numbers it is taken for one of the next 2^32, and then its ICV does not fit", sentences(e, &mine))
    })
}

/// Each kind of refusal once.
fn sentences(e: &Evidence<'_>, packets: &[&Packet<'_>]) -> String {
    let kind = |p: &Packet<'_>| (p.state.name.clone(), std::mem::discriminant(&p.why));
    let mut out: Vec<(_, String)> = Vec::new();
    for packet in packets {
        if !out.iter().any(|(other, _)| *other == kind(packet)) {
            out.push((kind(packet), packet.sentence(e)));
        }
    }
    let out: Vec<String> = out.into_iter().map(|(_, sentence)| sentence).collect();
    out.join("; ")
}

/// What the windows of the node did not take in the step.
fn step_of<'a>(e: &Evidence<'a>) -> Vec<Packet<'a>> {
    let states = e.states();
    let sas = sightings::sas(e.plan, e.obs);
    let ends = e.plan.links.iter().flat_map(|l| &l.ends);
    let devices: BTreeSet<&str> = ends
        .filter(|end| end.node == e.node)
        .map(|end| end.device.as_str())
        .collect();
    let came = e.obs.frames.iter().filter(|f| {
        f.node == e.node
            && f.step <= e.step
            && f.direction == Direction::In
            && devices.contains(f.device.as_str())
    });
    let mut windows: BTreeMap<&str, Window> = BTreeMap::new();
    let mut out = Vec::new();
    for frame in came {
        let Some(bytes) = frame.packet() else {
            continue;
        };
        let mut found = Vec::new();
        numbers(
            &wire::words(&wire::decode_packet(bytes, &sas)),
            e.node,
            &mut found,
        );
        for (name, number) in found {
            // Of two SAs of one name it is not known which one stood at the moment.
            let mut of_name = states.iter().filter(|s| s.name == name);
            let (Some(state), None) = (of_name.next(), of_name.next()) else {
                continue;
            };
            let window = windows.entry(&state.name).or_insert_with(|| Window {
                top: first_top(state),
                taken: BTreeMap::new(),
            });
            let refused = window.take(state, number, frame.step);
            if let Some(why) = refused.filter(|_| frame.step == e.step) {
                out.push(Packet { state, number, why });
            }
        }
    }
    out
}

/// The highest number that an SA says it has taken when it is installed.
fn first_top(state: &State) -> u64 {
    u64::from(state.more.replay_seq_hi) << 32 | u64::from(state.more.replay_seq)
}

/// The names and numbers of the SAs whose envelopes are around a packet, where the node's own key opens them.
fn numbers(line: &Line, node: &str, out: &mut Vec<(String, u64)>) {
    let number = |key: &str| line.field(key).and_then(|v| v.parse::<u64>().ok());
    let opened = match line.head.first().map(String::as_str) {
        Some("ah") => line.field("icv-ok") == Some("yes"),
        _ => line.field("iv").is_some(),
    };
    let own = line
        .field("key-of")
        .is_none_or(|nodes| nodes.split(',').any(|n| n == node));
    if let (true, true, Some(sa), Some(low)) = (opened, own, &line.sa, number("seq")) {
        out.push((sa.clone(), number("seq-high").unwrap_or(0) << 32 | low));
    }
    // What comes out of a tunnel is captured once more by itself; such a packet has a TTL of its own.
    if let Some(inner) = line.inner.as_deref().filter(|l| l.field("ttl").is_none()) {
        numbers(inner, node, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::fixture;

    #[track_caller]
    fn check(size: u32, numbers: &[u64], expected: &[Option<Refused>]) {
        let state = State {
            replay_window: size,
            ..fixture::there()
        };
        let mut window = Window::default();
        let got: Vec<_> = numbers.iter().map(|n| window.take(&state, *n, 3)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn a_window_takes_what_is_new_and_not_too_late() {
        let (late, taken) = (Some(Refused::Late(100)), Some(Refused::Taken(3)));
        check(32, &[100, 69, 68], &[None, None, late]);
        check(32, &[100, 100, 69, 69], &[None, taken, None, taken]);
        check(32, &[0, 1], &[Some(Refused::Zero), None]);
        check(4096, &[100, 1, 1 << 32], &[None, None, None]);
        // Without a window nothing is compared.
        check(0, &[5, 5, 0, 1], &[None; 4]);
    }
}
