//! Owns `expect.node`: the ordered traversal of all packets of a step at one node.

use crate::judge::blocks::{self, ReadBlock, Seen};
use crate::judge::compare;
use crate::judge::each::{self, Group};
use crate::judge::finding::{Finding, FindingKind};
use crate::judge::line::StoryLine;
use crate::judge::story::{Event, Journey, StepStory};
use crate::observe::StepRecord;
use crate::plan::Step;

/// Holds every node block of a step against its story.
pub(crate) fn check(
    index: u32,
    step: &Step,
    record: Option<&StepRecord>,
    story: &StepStory,
) -> Vec<Finding> {
    let at = (index, step.name.as_str());
    let groups = each::groups(step, record, story);
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
        let seen = |group: &Group<'_>| {
            seen_with(&group.journeys, node, |line| {
                read.lines().any(|p| compare::mentions(p, line))
            })
        };
        if let Some(differs) = each::compare(&read, &groups, seen) {
            let what = format!("what packets did at `{node}` is not what the file says");
            let what = differs.tell(step.flows.first(), &what);
            let mut finding = Finding::new(FindingKind::Node, at, node, what);
            finding.packet = differs.packet();
            finding.diff = differs.difference.diff;
            finding.first = Some(differs.difference.first);
            finding.wrong_ns = differs.difference.wrong_ns;
            out.push(finding);
        }
    }
    out
}

/// The lines of a node in a step: packet by packet, in order of sending. Packets that
/// no traffic sent count only where the block speaks of their kind.
pub(crate) fn seen_at(story: &StepStory, node: &str, block: Option<&ReadBlock>) -> Vec<Seen> {
    let journeys: Vec<&Journey> = story.journeys.iter().collect();
    seen_with(&journeys, node, |line| {
        block.is_some_and(|b| b.lines().any(|p| compare::mentions(p, line)))
    })
}

/// The lines of a block that states all of flows, and so of everything of a kind that they mention: of an
/// envelope that carries a flow, those too that carry what no traffic sent.
pub(crate) fn seen_whole(story: &StepStory, node: &str) -> Vec<Seen> {
    let journeys: Vec<&Journey> = story.journeys.iter().collect();
    let mut seen = seen_at(story, node, None);
    loop {
        let more = seen_with(&journeys, node, |line| {
            seen.iter().any(|s| compare::mentions(&s.line, line))
        });
        if more.len() == seen.len() {
            return seen;
        }
        seen = more;
    }
}

fn seen_with(
    journeys: &[&Journey],
    node: &str,
    mentioned: impl Fn(&StoryLine) -> bool,
) -> Vec<Seen> {
    let here = |e: &&Event| e.node == node && e.wire.is_none();
    let of = |j: &&Journey| {
        let events = j.events.iter().filter(here);
        let counted = events.filter(|e| j.is_flow() || mentioned(&e.line));
        counted
            .map(|e| Seen {
                line: e.line.clone(),
                ts_ns: e.ts_ns,
            })
            .collect::<Vec<_>>()
    };
    journeys.iter().flat_map(of).collect()
}
