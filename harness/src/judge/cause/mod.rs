//! Why a packet did not get through: one small rule per cause, each from observations
//! alone. A new cause is one more entry of a table.
//!
//! - [`counters`]: causes that an xfrm counter tells.
//! - [`path`]: causes that only the packet's way tells.
//! - [`refined`]: causes that say more than one of those, and take its place.

mod counters;
mod evidence;
mod installed;
mod interfaces;
mod keys;
mod links;
mod objects;
mod path;
mod refined;
mod refusal;
mod replay;
mod routing;
mod selectors;
mod senders;
mod tables;
mod templates;
mod told;
mod tunnels;
mod world;

use evidence::Evidence;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::story::StepStory;
use super::{expectations, last_seen};
use crate::observe::Observations;
use crate::plan::Plan;

/// Why something went wrong at one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cause {
    /// The name that files use: `no-policy`, `wrong-key`, ...
    pub name: String,
    pub node: String,
    /// A plain sentence.
    pub why: String,
    /// What to do about it.
    pub remedy: String,
}

/// One rule: what it is called, when it holds (with what was seen, for the sentence),
/// and what helps.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) holds: fn(&Evidence<'_>) -> Option<String>,
    pub(crate) remedy: &'static str,
}

/// The names of all causes.
pub fn cause_names() -> Vec<&'static str> {
    cause_remedies().into_iter().map(|(name, _)| name).collect()
}

/// All causes by name, with what helps against each.
pub(crate) fn cause_remedies() -> Vec<(&'static str, &'static str)> {
    let general = counters::RULES.iter().chain(path::RULES);
    let last = path::ANSWERS.iter().chain(path::LAST_PLACE);
    let refined = refined::rules().map(|r| &r.rule);
    let all = general.chain(last).chain(refined);
    let mut all: Vec<_> = all.map(|r| (r.name, r.remedy)).collect();
    all.extend(refusal::NAMES.map(|name| (name, refusal::REMEDY)));
    // Of a name that several rules have the first one is the general one.
    all.sort_by_key(|(name, _)| *name);
    all.dedup_by_key(|(name, _)| *name);
    all
}

/// Every cause that holds in a step, in the order in which packets meet the nodes, but
/// those of the first divergent hop first.
pub(crate) fn causes(
    plan: &Plan,
    obs: &Observations,
    story: &StepStory,
    step: u32,
    (hop, findings): (&str, &[Finding]),
) -> Vec<Cause> {
    let mut nodes = last_seen::path(story);
    if !nodes.iter().any(|n| n == hop) {
        nodes.insert(0, hop.to_owned());
    }
    nodes.sort_by_key(|n| n != hop);
    let world = installed::world(plan, step);
    let evidence = |node| {
        let both = (plan, &world);
        Evidence::new(both, obs, story, step, node, (node == hop, findings))
    };
    let mut all: Vec<Evidence<'_>> = nodes.iter().map(|n| evidence(n.as_str())).collect();
    let mut out = Vec::new();
    for evidence in &all {
        out.extend(counters::RULES.iter().filter_map(|r| apply(r, evidence)));
        out.extend(path::RULES.iter().filter_map(|r| apply(r, evidence)));
        if evidence.at_hop {
            out.extend(path::ANSWERS.iter().filter_map(|r| apply(r, evidence)));
        }
    }
    // Of a packet that was lost, what the file says must move tells more than its end alone, and that is said only
    // where nothing else is. Where all came there is no end to look at.
    let untold = !out.iter().any(|c: &Cause| c.node == hop);
    if let Some(at_hop) = all.iter().find(|e| e.at_hop && untold) {
        out.splice(0..0, ended(at_hop));
    }
    out.splice(0..0, refusal::causes(step, obs));
    if out.is_empty() {
        let told = |e| path::ANSWERS.iter().find_map(|r| apply(r, e));
        out.extend(all.iter().filter_map(told));
    }
    // A packet that went another way than it should ends where nobody looked for it.
    if out.is_empty()
        && let Some(node) = last_seen::lost_at(plan, story, obs, step)
        && let Some(there) = all.iter_mut().find(|e| e.node == node)
    {
        there.at_hop = true;
        out.extend(ended(there));
    }
    without(&mut out, "send-refused");
    for cause in &mut out {
        if let Some(evidence) = all.iter().find(|e| e.node == cause.node) {
            refine(cause, evidence);
        }
    }
    without(&mut out, "host-unreachable");
    let mut said: Vec<Cause> = Vec::new();
    out.retain(|cause| {
        let new = !said.contains(cause);
        said.extend(new.then(|| cause.clone()));
        new
    });
    for cause in &mut out {
        let freed = expectations::freed_at(obs, step, &cause.node);
        if !freed.is_empty() {
            cause.why = format!("{}; the kernel freed it: {}", cause.why, freed.join(", "));
        }
    }
    out
}

/// Leaves out what a node says to a sender whose packet it ended, where another cause at the same node explains it.
fn without(causes: &mut Vec<Cause>, consequence: &str) {
    let others = causes.iter().filter(|c| c.name != consequence);
    let nodes: Vec<String> = others.map(|c| c.node.clone()).collect();
    causes.retain(|c| c.name != consequence || !nodes.contains(&c.node));
}

/// Why a packet ended at this node, where its way alone tells nothing.
fn ended(at_hop: &Evidence<'_>) -> Vec<Cause> {
    let last = || path::LAST_PLACE.iter().find_map(|r| apply(r, at_hop));
    if !at_hop.any_lost() {
        // Nobody waits for it: where it was seen last is then no more than that, unless the world says why.
        let general = last().filter(|_| !at_hop.is_awaited());
        let refined = general.and_then(|general| {
            let mut refined = general.clone();
            refine(&mut refined, at_hop);
            (refined.name != general.name).then_some(refined)
        });
        let otherwise = || apply(&path::CAME_OTHERWISE, at_hop);
        return refined.or_else(otherwise).into_iter().collect();
    }
    let stated = at_hop.with_stated();
    let counted = counters::RULES.iter().filter_map(|r| apply(r, &stated));
    let counted: Vec<Cause> = counted.collect();
    if counted.is_empty() {
        last().into_iter().collect()
    } else {
        counted
    }
}

/// Puts a cause that says more in the place of a general one.
fn refine(cause: &mut Cause, evidence: &Evidence<'_>) {
    let mut fits = refined::rules().filter(|r| r.of.contains(&cause.name.as_str()));
    let better = fits.find_map(|r| apply(&r.rule, evidence));
    if let Some(better) = better {
        *cause = better;
    }
}

fn apply(rule: &Rule, evidence: &Evidence<'_>) -> Option<Cause> {
    (rule.holds)(evidence).map(|why| Cause {
        name: rule.name.to_owned(),
        node: evidence.node.to_owned(),
        why,
        remedy: rule.remedy.to_owned(),
    })
}
