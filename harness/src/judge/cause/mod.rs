//! Why a packet did not get through: one small rule per cause, each from observations
//! alone. A new cause is one more entry of a table.
//!
//! - [`counters`]: causes that an xfrm counter tells.
//! - [`path`]: causes that only the packet's way tells.
//! - [`refined`]: causes that say more than one of those, and take its place.

mod counters;
mod evidence;
mod interfaces;
mod keys;
mod path;
mod refined;
mod refusal;
mod routing;
mod templates;
mod world;

use evidence::Evidence;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    let general = counters::RULES.iter().chain(path::RULES);
    let last = path::ANSWERS.iter().chain(path::LAST_PLACE);
    let refined = refined::RULES.iter().map(|r| &r.rule);
    let mut names: Vec<_> = general.chain(last).chain(refined).map(|r| r.name).collect();
    names.extend(["not-refused", "refused-otherwise"]);
    names.sort_unstable();
    names.dedup();
    names
}

/// Every cause that holds in a step, in the order in which packets meet the nodes, but
/// those of the first divergent hop first.
pub(crate) fn causes(
    plan: &Plan,
    obs: &Observations,
    story: &StepStory,
    step: u32,
    hop: &str,
) -> Vec<Cause> {
    let mut nodes = last_seen::path(story);
    if !nodes.iter().any(|n| n == hop) {
        nodes.insert(0, hop.to_owned());
    }
    nodes.sort_by_key(|n| n != hop);
    let evidence = |node| Evidence::new(plan, obs, story, step, node, node == hop);
    let all: Vec<Evidence<'_>> = nodes.iter().map(|n| evidence(n.as_str())).collect();
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
    for cause in &mut out {
        if let Some(evidence) = all.iter().find(|e| e.node == cause.node) {
            refine(cause, evidence);
        }
        let freed = expectations::freed_at(obs, step, &cause.node);
        if !freed.is_empty() {
            cause.why = format!("{}; the kernel freed it: {}", cause.why, freed.join(", "));
        }
    }
    out
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
    let fits = refined::RULES
        .iter()
        .filter(|r| r.of.contains(&cause.name.as_str()));
    let better = fits.into_iter().find_map(|r| apply(&r.rule, evidence));
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
