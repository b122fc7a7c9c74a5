//! Owns the complete statement of what is no packet: events, counters, connections, the log, and what became of
//! flows. It states what was seen and never judges it.

use std::collections::BTreeMap;

use super::expectations;
use crate::observe::{Observations, PacketOutcome, StepRecord};
use crate::plan::{Block, BlockLine, CounterRule, MeterExpect, Outcome, Plan, Step, Traffic};

/// Everything that each kernel told about xfrm, echoes of the file's own changes too.
pub(crate) fn events(plan: &Plan, obs: &Observations, step: u32) -> Vec<(String, Block)> {
    let of_node = |node: &str| {
        let told = obs.events.iter();
        let told = told.filter(|e| e.step == step && e.node == node);
        block(told.map(|e| e.line(plan).to_string()))
    };
    let nodes = plan.nodes.iter();
    nodes.map(|n| (n.name.clone(), of_node(&n.name))).collect()
}

/// The packets that each kernel freed.
pub(crate) fn freed(plan: &Plan, obs: &Observations, step: u32) -> Vec<(String, Block)> {
    let of_node = |node: &str| {
        let freed = obs.freed.iter();
        let freed = freed.filter(|f| f.step == step && f.node == node);
        block(freed.map(|f| f.line().to_string()))
    };
    let nodes = plan.nodes.iter();
    nodes.map(|n| (n.name.clone(), of_node(&n.name))).collect()
}

/// The connections of each node that tracks some.
pub(crate) fn connections(obs: &Observations, step: u32) -> Vec<(String, Block)> {
    let of_node = |node: &str| {
        let tracked = obs.connections.iter();
        let tracked = tracked.filter(|c| c.step == step && c.node == node);
        block(tracked.map(|c| c.whole_line().to_string()))
    };
    let nodes = obs.tracking.iter();
    nodes.map(|t| (t.node.clone(), of_node(&t.node))).collect()
}

/// Every counter beside those of xfrm that was kept, and every SA's.
pub(crate) fn meters(plan: &Plan, obs: &Observations, step: u32) -> Vec<MeterExpect> {
    let mut groups: BTreeMap<(&str, &str), Vec<(String, i64)>> = BTreeMap::new();
    for moved in obs.moved.iter().filter(|m| m.step == step) {
        let group = groups.entry((&moved.node, &moved.group)).or_default();
        group.push((moved.counter.clone(), moved.delta));
    }
    let mut out: Vec<MeterExpect> = groups
        .into_iter()
        .map(|((node, group), deltas)| meter(node, group.to_owned(), deltas))
        .collect();
    let after = obs.sas.iter().filter(|s| s.after_steps == step + 1);
    for sa in after {
        let Some(name) = sa.name(plan) else {
            continue;
        };
        let mut stated = meter(&sa.node, format!("sa {name}"), Vec::new());
        stated.rule = CounterRule::Deltas(expectations::meters_moved(plan, obs, step, &stated));
        out.push(stated);
    }
    out
}

fn meter(node: &str, group: String, deltas: Vec<(String, i64)>) -> MeterExpect {
    MeterExpect {
        node: node.to_owned(),
        group,
        rule: CounterRule::Deltas(deltas),
        line: 0,
    }
}

/// What the kernel logged in a step.
pub(crate) fn log(obs: &Observations, step: u32) -> Block {
    let logged = obs.log.iter().filter(|l| l.step == step);
    block(logged.map(|l| l.text.clone()))
}

/// States of each flow what became of it, where the language can say it.
pub(crate) fn outcomes(step: &mut Step, record: &StepRecord) {
    for (flow, seen) in step.flows.iter_mut().zip(&record.flows) {
        let answered = seen.packets.iter().filter(|p| p.took_ns.is_some()).count();
        let all = answered == flow.traffic.count();
        let reply = (all || answered == 0).then_some(all);
        let told = seen.packets.iter().flat_map(PacketOutcome::errors).next();
        let delivered = expectations::delivery(flow, seen);
        flow.outcome = Outcome {
            reply: reply.filter(|_| matches!(flow.traffic, Traffic::Ping(_))),
            delivered: delivered.filter(|_| flow.traffic.is_received()),
            error: Some(told.unwrap_or_else(|| "none".to_owned())),
        };
    }
}

fn block(lines: impl Iterator<Item = String>) -> Block {
    let line = |text| BlockLine { text, line: 0 };
    Block {
        lines: lines.map(line).collect(),
    }
}
