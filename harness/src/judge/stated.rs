//! Owns what was seen in a step as the expectations that would state it: what `--bless` writes.
//! It never looks at the text of a file.

use super::blocks::{self, Renewed, Seen};
use super::detail::{self, Columns, Detail};
use super::expectations;
use super::line::{Place, StoryLine};
use super::passes::Hook;
use super::story::{self, StepStory};
use crate::observe::{Observations, PacketOutcome};
use crate::plan::{Block, CapturePoint, CounterRule, Delivered, Plan, Step, Traffic, Way};
use crate::wire::{self, Line};

/// One expectation that a file lacks, or states in another way than it was seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Keys below `expect`; where there are several spellings of a key, the usual one first.
    pub keys: Vec<Vec<String>>,
    pub value: Stated,
}

/// What an expectation should say.
#[derive(Clone, Debug, PartialEq)]
pub enum Stated {
    /// A block that the file lacks.
    Block(Vec<String>),
    /// A block of the file with the lines that it has (comments left out) and what becomes of them.
    Renewed(Vec<String>, Vec<Renewed>),
    /// A value as TOML writes it.
    Value(String),
}

/// What `expect` of a step should say otherwise. Blocks that hold stay as they are. A step that
/// states neither a node nor a wire gets all of both. Leaks are never stated by themselves.
pub fn statements(plan: &Plan, obs: &Observations, index: usize) -> Vec<Statement> {
    let story = story::tell(plan, obs);
    let (Some(step), Some(told)) = (plan.steps.get(index), story.steps.get(index)) else {
        return Vec::new();
    };
    let fresh = step.expect.nodes.is_empty() && step.expect.wires.is_empty();
    let mut out = outcomes(step, obs, index, fresh);
    if fresh {
        out.extend(fresh_blocks(plan, told));
    }
    for (node, block) in &step.expect.nodes {
        let keys = vec![vec!["node".to_owned()], vec![node.clone()]];
        out.extend(renewed(keys, block, |read| {
            expectations::seen_at(told, node, Some(read))
        }));
    }
    for (kind, blocks) in [("wire", &step.expect.wires), ("clear", &step.expect.clear)] {
        for block in blocks {
            let keys = vec![vec![kind.to_owned()], point_names(plan, &block.point)];
            out.extend(renewed(keys, &block.block, |_| {
                expectations::sent_lines(told, &block.point, kind == "clear")
            }));
        }
    }
    out.extend(counters(plan, step, obs, index, fresh));
    out
}

/// What `fails` of a variant should say for a run that was not as expected.
pub fn failure(verdict: &super::Verdict) -> Vec<(&'static str, String)> {
    let Some(at) = &verdict.divergence else {
        return Vec::new();
    };
    let causes = || verdict.causes.iter();
    let cause = causes().find(|c| c.node == at.node).or(causes().next());
    let mut here = verdict
        .findings
        .iter()
        .filter(|f| f.node == at.node && f.step_index == at.step_index);
    let line = here.find_map(|f| f.first.as_deref()).map(|l| {
        let words: Vec<&str> = l.split_whitespace().collect();
        words.join(" ")
    });
    let mut out = vec![("at", at.node.clone())];
    out.extend(cause.map(|c| ("cause", c.name.clone())));
    out.extend(
        at.counters
            .first()
            .map(|(name, _)| ("counter", name.clone())),
    );
    out.extend(line.map(|l| ("line", l)));
    out
}

fn renewed(
    keys: Vec<Vec<String>>,
    block: &Block,
    seen: impl Fn(&blocks::ReadBlock) -> Vec<Seen>,
) -> Option<Statement> {
    let read = blocks::read(block).ok()?;
    let renewed = blocks::renew(&read, &seen(&read))?;
    let old = block.lines.iter().map(|l| l.text.clone()).collect();
    Some(Statement {
        keys,
        value: Stated::Renewed(old, renewed),
    })
}

/// Every node at which packets of flows did something, and every way of a link on which any went.
fn fresh_blocks(plan: &Plan, told: &StepStory) -> Vec<Statement> {
    let mut out = Vec::new();
    for node in &plan.nodes {
        let seen = expectations::seen_whole(told, &node.name);
        if !seen.is_empty() {
            out.push(Statement {
                keys: vec![vec!["node".to_owned()], vec![node.name.clone()]],
                value: Stated::Block(node_lines(&seen)),
            });
        }
    }
    for link in &plan.links {
        let [a, b] = &link.ends;
        for (from, to) in [(a, b), (b, a)] {
            let point = CapturePoint::link(from, to);
            let seen = expectations::sent_lines(told, &point, false);
            if !seen.is_empty() {
                out.push(Statement {
                    keys: vec![vec!["wire".to_owned()], point_names(plan, &point)],
                    value: Stated::Block(wire_lines(&seen)),
                });
            }
        }
    }
    out
}

/// The lines of a complete `expect.node` block for one step and node.
pub fn stated(plan: &Plan, obs: &Observations, step: usize, node: &str) -> Vec<String> {
    let story = story::tell(plan, obs);
    let told = story.steps.get(step);
    told.map(|told| node_lines(&expectations::seen_at(told, node, None)))
        .unwrap_or_default()
}

fn node_lines(seen: &[Seen]) -> Vec<String> {
    let marked = seen
        .iter()
        .any(|s| s.line.mark.as_deref().is_some_and(|m| m != "0x0"));
    let lines = seen.iter().map(|s| StoryLine {
        packet: s.line.packet.as_ref().map(|p| Line {
            inner: None,
            ..p.at(wire::Detail::Brief)
        }),
        // Whether postrouting still knows where a packet came in differs between kernels.
        iif: s
            .line
            .iif
            .clone()
            .filter(|_| s.line.place != Place::Hook(Hook::Postrouting)),
        mark: s.line.mark.clone().filter(|_| marked),
        ct: None,
        ct_mark: None,
        ..s.line.clone()
    });
    in_columns(&lines.collect::<Vec<_>>())
}

fn wire_lines(seen: &[Seen]) -> Vec<String> {
    let lines = seen.iter().map(|s| StoryLine {
        packet: s.line.packet.as_ref().map(on_wire),
        ..StoryLine::at(Place::Wire)
    });
    in_columns(&lines.collect::<Vec<_>>())
}

/// What it is, with the sequence number of each envelope.
fn on_wire(packet: &Line) -> Line {
    let brief = packet.at(wire::Detail::Brief);
    let envelope = packet.field("spi").is_some();
    let fields = packet
        .fields
        .iter()
        .filter(|(key, _)| brief.field(key).is_some() || (envelope && key == "seq"));
    Line {
        fields: fields.cloned().collect(),
        inner: packet.inner.as_ref().map(|inner| Box::new(on_wire(inner))),
        ..brief
    }
}

fn in_columns(lines: &[StoryLine]) -> Vec<String> {
    let (detail, columns) = (Detail::of(lines.iter()), Columns::of(lines.iter()));
    let text = |line| detail::text(line, &detail, columns);
    lines.iter().map(text).collect()
}

/// `a>b`, or with devices where the two nodes share several links; then the other spellings.
fn point_names(plan: &Plan, point: &CapturePoint) -> Vec<String> {
    let Way::To(to, to_device) = &point.way else {
        return vec![point.to_string()];
    };
    let from = &point.node;
    let joins = |l: &&crate::plan::Link| {
        let nodes = [&l.ends[0].node, &l.ends[1].node];
        nodes.contains(&from) && nodes.contains(&to)
    };
    let (from_end, to_end) = (
        format!("{from}:{}", point.device),
        format!("{to}:{to_device}"),
    );
    let mut names = vec![
        format!("{from}>{to}"),
        format!("{from_end}>{to_end}"),
        format!("{from_end}>{to}"),
        format!("{from}>{to_end}"),
    ];
    if plan.links.iter().filter(joins).count() > 1 {
        names.swap(0, 1);
    }
    names
}

fn value(key: &[&str], text: impl Into<String>) -> Statement {
    Statement {
        keys: key.iter().map(|k| vec![(*k).to_owned()]).collect(),
        value: Stated::Value(text.into()),
    }
}

/// Replies, deliveries and what senders were told, where all flows of the step agree.
fn outcomes(step: &Step, obs: &Observations, index: usize, fresh: bool) -> Vec<Statement> {
    let Some(record) = obs.steps.get(index) else {
        return Vec::new();
    };
    let wrong = expectations::check_outcomes(index as u32, step, obs);
    let is_wrong = |kind| wrong.iter().any(|f| f.kind == kind);
    let stated = &step.expect.outcome;
    let flows = || {
        let pairs = step.flows.iter().zip(&record.flows);
        pairs.filter(|(flow, _)| flow.outcome == crate::plan::Outcome::default())
    };
    let mut out = Vec::new();
    let pings = || flows().filter(|(f, _)| matches!(f.traffic, Traffic::Ping(_)));
    if stated
        .reply
        .map_or(fresh, |_| is_wrong(super::FindingKind::Reply))
    {
        let packets = || pings().flat_map(|(_, seen)| &seen.packets);
        let answered = packets().filter(|p| p.took_ns.is_some()).count();
        let all = packets().count();
        if all > 0 && (answered == all || answered == 0) {
            out.push(value(&["reply"], (answered == all).to_string()));
        }
    }
    let stale = stated
        .delivered
        .map_or(fresh, |_| is_wrong(super::FindingKind::Delivered));
    if stale {
        let mut received = flows().filter(|(f, _)| f.traffic.is_received());
        let first = received
            .next()
            .and_then(|(f, s)| expectations::delivery(f, s));
        let same = received.all(|(f, s)| expectations::delivery(f, s) == first);
        if let (Some(delivered), true) = (first, same) {
            let text = match delivered {
                Delivered::All => "true".to_owned(),
                Delivered::Nothing => "false".to_owned(),
                Delivered::Packets(n) => n.to_string(),
            };
            out.push(value(&["delivered"], text));
        }
    }
    if stated.error.is_some() && is_wrong(super::FindingKind::Told) {
        let mut told =
            flows().flat_map(|(_, seen)| seen.packets.iter().flat_map(PacketOutcome::errors));
        let told = told.next().unwrap_or_else(|| "none".to_owned());
        out.push(value(&["error"], format!("\"{told}\"")));
    }
    out
}

/// How counters moved: at nodes with states or policies, or where the file speaks of them.
fn counters(
    plan: &Plan,
    step: &Step,
    obs: &Observations,
    index: usize,
    fresh: bool,
) -> Vec<Statement> {
    let mut out = Vec::new();
    let text = |moved: &[(String, i64)]| {
        let deltas: Vec<String> = moved.iter().map(|(n, d)| format!("{n} = {d}")).collect();
        if deltas.is_empty() {
            "\"unchanged\"".to_owned()
        } else {
            format!("{{ {} }}", deltas.join(", "))
        }
    };
    for node in &plan.nodes {
        let Some(moved) = expectations::moved(obs, &node.name, index as u32) else {
            continue;
        };
        let stated = step.expect.counters.iter().find(|c| c.node == node.name);
        let stale = match stated.map(|s| &s.rule) {
            Some(CounterRule::Unchanged) => !moved.is_empty(),
            Some(CounterRule::Deltas(deltas)) => {
                let zero = |d: &&(String, i64)| d.1 != 0;
                deltas.iter().filter(zero).count() != moved.len()
                    || !moved.iter().all(|m| deltas.contains(m))
            }
            None => fresh && !(node.states.is_empty() && node.policies.is_empty()),
        };
        if stale {
            out.push(value(&["counters", &node.name], text(&moved)));
        }
    }
    out
}
