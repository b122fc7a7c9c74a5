//! Owns the time of what has no time stamp: trace events carry none, so passes are
//! anchored to captured frames of the same packet and the rest lies in between. The
//! times serve for ordering events of different nodes, nothing else.

use super::passes::{Hook, PassEnd};
use super::placement::Moment;
use super::sightings::Sightings;
use crate::observe::Direction;

/// A time for each moment of one packet at one node, in order.
pub(crate) fn times(sightings: &Sightings, moments: &[Moment]) -> Vec<u64> {
    let anchors: Vec<Option<u64>> = moments.iter().map(|m| anchor(sightings, m)).collect();
    let mut out = Vec::with_capacity(moments.len());
    for at in 0..moments.len() {
        let before = (0..=at).rev().find_map(|i| anchors[i].map(|ts| (i, ts)));
        let after = (at..moments.len()).find_map(|i| anchors[i].map(|ts| (i, ts)));
        let ts = match (before, after) {
            (Some((i, ts)), _) if i == at => ts,
            (Some((i, from)), Some((j, to))) if to > from => {
                // Stamps of a run folder can be any: their distance times a count needs more bits.
                let part = u128::from(to - from) * (at - i) as u128 / (j - i) as u128;
                from.saturating_add(u64::try_from(part).unwrap_or(u64::MAX))
            }
            (Some((i, from)), _) => from.saturating_add((at - i) as u64),
            (None, Some((j, to))) => to.saturating_sub((j - at) as u64),
            (None, None) => fallback(sightings, moments).saturating_add(at as u64),
        };
        // A clock never runs backwards within one packet's way through one node.
        out.push(out.last().map_or(ts, |&last: &u64| ts.max(last)));
    }
    out
}

/// The time of the captured frame that a pass belongs to: the frame that came in just
/// before prerouting, or the one that went out just after postrouting.
fn anchor(sightings: &Sightings, moment: &Moment) -> Option<u64> {
    let Moment::Pass(index) = *moment else {
        return None;
    };
    let pass = &sightings.passes()[index];
    match pass.hook {
        Hook::Prerouting => sightings
            .anchor(index, Direction::In)
            .map(|ts| ts.saturating_add(1)),
        Hook::Postrouting if pass.end == PassEnd::Left => sightings
            .anchor(index, Direction::Out)
            .map(|ts| ts.saturating_sub(1)),
        _ => None,
    }
}

/// A packet that no capture saw is placed after whatever its node traced before it in the same step, or else first of
/// all. Other steps tell nothing of its place among the packets of this one.
fn fallback(sightings: &Sightings, moments: &[Moment]) -> u64 {
    let first = moments.iter().find_map(|m| match m {
        Moment::Pass(index) => Some(*index),
        _ => None,
    });
    let Some(first) = first else { return 0 };
    let passes = sightings.passes();
    let (node, step) = (&passes[first].node, passes[first].step);
    (0..first)
        .rev()
        .filter(|&i| passes[i].node == *node && passes[i].step == step)
        .find_map(|i| anchor(sightings, &Moment::Pass(i)))
        .map_or(0, |ts| ts.saturating_add(1))
}
