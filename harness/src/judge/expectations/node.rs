//! Owns `expect.node`: the ordered traversal of all packets of a step at one node.

use crate::judge::blocks::{self, ReadBlock, Seen};
use crate::judge::compare;
use crate::judge::finding::{Finding, FindingKind};
use crate::judge::line::StoryLine;
use crate::judge::story::{Event, Journey, StepStory};
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
    seen_with(story, node, |line| {
        block.is_some_and(|b| b.lines().any(|p| compare::mentions(p, line)))
    })
}

/// The lines of a block that states all of flows, and so of everything of a kind that they mention: of an
/// envelope that carries a flow, those too that carry what no traffic sent.
pub(crate) fn seen_whole(story: &StepStory, node: &str) -> Vec<Seen> {
    let mut seen = seen_at(story, node, None);
    loop {
        let more = seen_with(story, node, |line| {
            seen.iter().any(|s| compare::mentions(&s.line, line))
        });
        if more.len() == seen.len() {
            return seen;
        }
        seen = more;
    }
}

fn seen_with(story: &StepStory, node: &str, mentioned: impl Fn(&StoryLine) -> bool) -> Vec<Seen> {
    let here = |e: &&Event| e.node == node && e.wire.is_none();
    let of = |j: &Journey| {
        let events = j.events.iter().filter(here);
        let counted = events.filter(|e| j.is_flow() || mentioned(&e.line));
        counted
            .map(|e| Seen {
                line: e.line.clone(),
                ts_ns: e.ts_ns,
            })
            .collect::<Vec<_>>()
    };
    story.journeys.iter().flat_map(of).collect()
}
