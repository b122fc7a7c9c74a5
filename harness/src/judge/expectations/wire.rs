//! Owns `expect.wire` and `expect.clear`: exactly the packets that a link end sent.

use crate::judge::blocks::{self, Seen};
use crate::judge::finding::{Finding, FindingKind};
use crate::judge::line::Place;
use crate::judge::packet::Class;
use crate::judge::story::{Event, StepStory};
use crate::plan::{Step, WireBlock};

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
    let way = format!("{}>{}", block.from_node, block.to_node);
    let stated = match blocks::read(&block.block) {
        Ok(stated) => stated,
        Err((line, problem)) => {
            let what = format!("line {line}: {problem}");
            return Some(Finding::new(
                FindingKind::Block,
                step,
                &block.from_node,
                what,
            ));
        }
    };
    let seen = sent_lines(story, block, kind == FindingKind::Clear);
    let difference = blocks::compare(&stated, &seen)?;
    let sort = if kind == FindingKind::Wire {
        "packets"
    } else {
        "packets in clear"
    };
    let what = format!("the {sort} on `{way}` are not what the file says");
    let mut finding = Finding::new(kind, step, &block.from_node, what);
    finding.diff = difference.diff;
    finding.first = Some(difference.first);
    finding.wrong_ns = difference.wrong_ns;
    Some(finding)
}

/// The lines that a block speaks of: all that its link end sent, or what of it went in clear.
pub(crate) fn sent_lines(story: &StepStory, block: &WireBlock, clear: bool) -> Vec<Seen> {
    sent(story, &block.from_node, &block.from_device)
        .into_iter()
        .filter(|e| !clear || is_clear(e))
        .map(|e| Seen {
            line: e.line.clone(),
            ts_ns: e.ts_ns,
        })
        .collect()
}

/// What a link end sent in a step, in order; neighbour discovery is not counted.
pub(crate) fn sent<'a>(story: &'a StepStory, node: &str, device: &str) -> Vec<&'a Event> {
    let mut out: Vec<&Event> = story
        .journeys
        .iter()
        .flat_map(|j| &j.events)
        .filter(|e| e.node == node && e.wire.as_ref().is_some_and(|w| w.device == device))
        .filter(|e| e.kind.class != Class::Noise)
        .collect();
    out.sort_by_key(|e| e.ts_ns);
    out
}

/// Whether an event on a wire shows a packet that no envelope protects.
pub(crate) fn is_clear(event: &Event) -> bool {
    event.line.place == Place::Wire && !event.kind.protected
}
