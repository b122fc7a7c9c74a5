//! Owns the complete statement of a run: a plan that expects all of what was seen, in every field. With
//! it a test can ask whether anything that changes is noticed.

use super::complete_facts as facts;
use super::detail::{self, Columns, Detail};
use super::expectations;
use super::line::{NO_CT, Place, StoryLine};
use super::story::{self, StepStory};
use crate::observe::{Direction, Observations};
use crate::plan::{
    Block, BlockLine, CapturePoint, CounterExpect, CounterRule, Expect, Plan, Way, WireBlock,
};
use crate::wire;

/// The plan with all that can be stated stated as it was seen: every node, every way of every link, every
/// counter, what kernels told and logged, tracked connections, and what became of flows. Only what it said of
/// changes stays, since a run that passed says nothing else of them.
#[must_use]
pub fn complete(plan: &Plan, obs: &Observations) -> Plan {
    let story = story::tell(plan, obs);
    let mut complete = Plan {
        fails: None,
        ..plan.clone()
    };
    for (index, (step, told)) in complete.steps.iter_mut().zip(&story.steps).enumerate() {
        let counters = plan.nodes.iter().filter_map(|node| {
            let moved = expectations::moved(obs, &node.name, index as u32)?;
            Some(CounterExpect {
                node: node.name.clone(),
                rule: CounterRule::Deltas(moved),
                line: 0,
            })
        });
        // All packets together are stated with their order.
        step.each = false;
        step.expect = Expect {
            outcome: step.expect.outcome.clone(),
            nodes: plan.nodes.iter().map(|n| node(told, &n.name)).collect(),
            wires: wires(plan, told, false),
            clear: guarded(plan, wires(plan, told, true)),
            counters: counters.collect(),
            events: facts::events(plan, obs, index as u32),
            meters: facts::meters(plan, obs, index as u32),
            connections: facts::connections(obs, index as u32),
            freed: facts::freed(plan, obs, index as u32),
            log: step
                .expect
                .log
                .as_ref()
                .map(|_| facts::log(obs, index as u32)),
        };
        if let Some(record) = obs.steps.get(index) {
            facts::outcomes(step, record);
        }
    }
    complete
}

fn node(told: &StepStory, node: &str) -> (String, Block) {
    let seen = expectations::seen_whole(told, node);
    let lines = seen.iter().map(|s| full(&s.line));
    (node.to_owned(), block(&lines.collect::<Vec<_>>()))
}

fn wires(plan: &Plan, told: &StepStory, clear: bool) -> Vec<WireBlock> {
    let ways = plan.links.iter().flat_map(|link| {
        let [a, b] = &link.ends;
        [CapturePoint::link(a, b), CapturePoint::link(b, a)]
    });
    let mut points: Vec<CapturePoint> = ways.collect();
    if !clear {
        points.extend(beside_links(plan, told));
    }
    let stated = points.into_iter().map(|point| {
        let seen = expectations::sent_lines(told, &point, clear);
        let lines: Vec<StoryLine> = seen.iter().map(|s| full(&s.line)).collect();
        WireBlock {
            point,
            block: block(&lines),
        }
    });
    stated.collect()
}

/// What comes in at link ends though no link brought it, and what passes devices that are no link ends.
fn beside_links(plan: &Plan, told: &StepStory) -> Vec<CapturePoint> {
    let point = |node: &str, device: &str, way| CapturePoint {
        node: node.to_owned(),
        device: device.to_owned(),
        way,
    };
    let ends = plan.links.iter().flat_map(|l| &l.ends);
    let mut out: Vec<_> = ends.map(|e| point(&e.node, &e.device, Way::In)).collect();
    let events = told.journeys.iter().flat_map(|j| &j.events);
    for (event, wire) in events.filter_map(|e| Some((e, e.wire.as_ref()?))) {
        let way = match (&wire.peer, wire.direction) {
            (Some(_), _) => continue,
            (None, Direction::Out) => Way::Out,
            (None, Direction::In) => Way::In,
        };
        let point = point(&event.node, &wire.device, way);
        if !out.contains(&point) {
            out.push(point);
        }
    }
    out
}

/// Only on guarded links is clear text something to state.
fn guarded(plan: &Plan, mut wires: Vec<WireBlock>) -> Vec<WireBlock> {
    let links = plan.guarded.iter().filter_map(|at| plan.links.get(*at));
    let ends: Vec<_> = links.flat_map(|l| &l.ends).collect();
    wires.retain(|w| {
        let at = |e: &&crate::plan::End| e.node == w.point.node && e.device == w.point.device;
        !w.block.lines.is_empty() && ends.iter().any(at)
    });
    wires
}

/// A line with every field that is the same in identical runs.
fn full(line: &StoryLine) -> StoryLine {
    let mut line = line.clone();
    line.packet = line.packet.map(|packet| packet.at(wire::Detail::Full));
    if matches!(line.place, Place::Hook(_)) {
        // A single mark says only with which the packet leaves the hook.
        let both = |mark: String| {
            if mark.contains("=>") || mark == NO_CT {
                mark
            } else {
                format!("{mark}=>{mark}")
            }
        };
        line.mark = line.mark.map(both);
        line.ct_mark = line.ct_mark.map(both);
    }
    if matches!(line.place, Place::Encode | Place::Decode) {
        line.packet = None;
    }
    line
}

fn block(lines: &[StoryLine]) -> Block {
    let columns = Columns::of(lines.iter());
    let text = |line: &StoryLine| BlockLine {
        text: detail::text(line, &Detail::of(std::iter::once(line)), columns),
        line: 0,
    };
    Block {
        lines: lines.iter().map(text).collect(),
    }
}
