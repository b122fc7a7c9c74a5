//! Owns `expect.node`: the ordered traversal of all packets of a step at one node.

use crate::judge::blocks::{self, ReadBlock, Seen};
use crate::judge::compare;
use crate::judge::finding::{Finding, FindingKind};
use crate::judge::story::StepStory;
use crate::plan::Step;

/// Holds every node block of a step against its story.
pub(crate) fn check(index: u32, step: &Step, story: &StepStory) -> Vec<Finding> {
    let at = (index, step.name.as_str());
    let mut out = Vec::new();
    for (node, block) in &step.expect.nodes {
        let read = match blocks::read(block) {
            Ok(read) => read,
            Err((line, problem)) => {
                let what = format!("line {line}: {problem}");
                out.push(Finding::new(FindingKind::Block, at, node, what));
                continue;
            }
        };
        if let Some(difference) = blocks::compare(&read, &seen_at(story, node, Some(&read))) {
            let mut finding = Finding::new(
                FindingKind::Node,
                at,
                node,
                format!("what packets did at `{node}` is not what the file says"),
            );
            finding.diff = difference.diff;
            finding.first = Some(difference.first);
            finding.wrong_ns = difference.wrong_ns;
            out.push(finding);
        }
    }
    out
}

/// The lines of a node in a step: packet by packet, in order of sending. Packets that
/// no traffic sent count only where the block speaks of their kind.
pub(crate) fn seen_at(story: &StepStory, node: &str, block: Option<&ReadBlock>) -> Vec<Seen> {
    let mut out = Vec::new();
    for journey in &story.journeys {
        for event in journey
            .events
            .iter()
            .filter(|e| e.node == node && e.wire.is_none())
        {
            let named =
                || block.is_some_and(|b| b.lines().any(|p| compare::mentions(p, &event.line)));
            if journey.is_flow() || named() {
                out.push(Seen {
                    line: event.line.clone(),
                    ts_ns: event.ts_ns,
                });
            }
        }
    }
    out
}
