//! Owns `expect.wire` and `expect.clear`: exactly the packets that passed a capture point.

use crate::judge::blocks::{self, Seen};
use crate::judge::finding::{Finding, FindingKind};
use crate::judge::line::Place;
use crate::judge::packet::Class;
use crate::judge::story::{Event, StepStory};
use crate::observe::Direction;
use crate::plan::{CapturePoint, Step, Way, WireBlock};

/// Holds every wire and clear block of a step against its story.
pub(crate) fn check(index: u32, step: &Step, story: &StepStory) -> Vec<Finding> {
    let wires = step.expect.wires.iter().map(|b| (FindingKind::Wire, b));
    let clear = step.expect.clear.iter().map(|b| (FindingKind::Clear, b));
    wires
        .chain(clear)
        .filter_map(|(kind, block)| check_block((index, &step.name), kind, block, story))
        .collect()
}

fn check_block(
    step: (u32, &str),
    kind: FindingKind,
    block: &WireBlock,
    story: &StepStory,
) -> Option<Finding> {
    let CapturePoint { node, .. } = &block.point;
    let stated = match blocks::read(&block.block) {
        Ok(stated) => stated,
        Err((line, problem)) => {
            let what = format!("line {line}: {problem}");
            return Some(Finding::new(FindingKind::Block, step, node, what));
        }
    };
    let seen = sent_lines(story, &block.point, kind == FindingKind::Clear);
    let difference = blocks::compare(&stated, &seen)?;
    let sort = if kind == FindingKind::Wire {
        "packets"
    } else {
        "packets in clear"
    };
    let way = if matches!(block.point.way, Way::To(..)) {
        "on"
    } else {
        "at"
    };
    let what = format!(
        "the {sort} {way} `{}` are not what the file says",
        block.point
    );
    let mut finding = Finding::new(kind, step, node, what);
    finding.diff = difference.diff;
    finding.first = Some(difference.first);
    finding.wrong_ns = difference.wrong_ns;
    Some(finding)
}

/// The lines that a block speaks of: all that passed its capture point, or what of it went in clear.
pub(crate) fn sent_lines(story: &StepStory, point: &CapturePoint, clear: bool) -> Vec<Seen> {
    let direction = match point.way {
        Way::In => Direction::In,
        Way::To(..) | Way::Out => Direction::Out,
    };
    passed(story, &point.node, &point.device, direction)
        .into_iter()
        .filter(|e| !clear || is_clear(e))
        .map(|e| Seen {
            line: e.line.clone(),
            ts_ns: e.ts_ns,
        })
        .collect()
}

/// What passed a device in a step, in order; neighbour discovery is not counted.
pub(crate) fn passed<'a>(
    story: &'a StepStory,
    node: &str,
    device: &str,
    direction: Direction,
) -> Vec<&'a Event> {
    let here = |e: &&Event| {
        let at = e.wire.as_ref();
        e.node == node && at.is_some_and(|w| w.device == device && w.direction == direction)
    };
    let mut out: Vec<&Event> = story
        .journeys
        .iter()
        .flat_map(|j| &j.events)
        .filter(here)
        .filter(|e| e.kind.class != Class::Noise)
        .collect();
    out.sort_by_key(|e| e.ts_ns);
    out
}

/// Whether an event on a wire shows a packet that no envelope protects.
pub(crate) fn is_clear(event: &Event) -> bool {
    event.line.place == Place::Wire && !event.kind.protected
}
