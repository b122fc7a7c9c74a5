//! Owns the verdict: outcome, findings in order, the first divergent hop, causes. It
//! never prints; the report does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cause::{self, Cause};
use super::finding::{Finding, FindingKind};
use super::story::{self, StepStory, Story};
use super::windows::Windows;
use super::{declared, expectations, last_seen};
use crate::observe::Observations;
use crate::plan::{Observe, Plan, Step};

/// Version of `verdict.json`; raised when a field changes its meaning or goes.
pub const VERDICT_SCHEMA: u32 = 1;

/// The four outcomes that never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Pass,
    /// An expectation was not met.
    Fail,
    /// This kernel lacks a capability, named in `Verdict::skipped`.
    Skip,
    /// The lab itself broke, or could not observe everything.
    Error,
}

/// What is to be said about a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// `VERDICT_SCHEMA`.
    pub schema: u32,
    pub outcome: Outcome,
    /// First divergent hop first.
    pub findings: Vec<Finding>,
    /// Where what was seen first parted from what was expected.
    pub divergence: Option<Divergence>,
    /// Why, in the order in which the packet meets them.
    pub causes: Vec<Cause>,
    /// For `Outcome::Error`: what broke or was lost.
    pub errors: Vec<String>,
    /// For `Outcome::Skip`: names of missing capabilities.
    pub skipped: Vec<String>,
    /// For a variant that failed as it declares: in which way.
    pub as_declared: Option<String>,
}

/// The first hop at which a run was not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Divergence {
    pub node: String,
    /// Name of the step.
    pub step: String,
    pub step_index: u32,
    /// For a step in windows: the number of the first packet in its flow that was not as expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet: Option<u32>,
    /// The first line that differs, where a block names lines.
    pub line: Option<String>,
    /// The xfrm counters that moved at this node in this step.
    pub counters: Vec<(String, i64)>,
}

impl Verdict {
    /// A verdict that names nothing yet.
    pub fn new(outcome: Outcome) -> Self {
        Self {
            schema: VERDICT_SCHEMA,
            outcome,
            findings: Vec::new(),
            divergence: None,
            causes: Vec::new(),
            errors: Vec::new(),
            skipped: Vec::new(),
            as_declared: None,
        }
    }

    /// The verdict of a run that did not take place for want of these capabilities.
    pub fn skip(missing: Vec<String>) -> Self {
        Self {
            skipped: missing,
            ..Self::new(Outcome::Skip)
        }
    }

    /// The verdict of a run in which the lab broke.
    pub fn error(what: impl Into<String>) -> Self {
        Self {
            errors: vec![what.into()],
            ..Self::new(Outcome::Error)
        }
    }
}

/// Judges a run that has no windows.
pub fn judge(plan: &Plan, obs: &Observations) -> Verdict {
    judge_whole(plan, obs, &Windows::default())
}

/// Judges a run all of whose windows were taken.
pub(super) fn judge_whole(plan: &Plan, obs: &Observations, windows: &Windows) -> Verdict {
    let mut errors = errors(plan, obs, windows);
    errors.extend(windows.errors(plan, obs));
    if !errors.is_empty() {
        return Verdict {
            errors,
            ..Verdict::new(Outcome::Error)
        };
    }
    let seen = judge_expectations(plan, obs, &story::tell(plan, obs), windows);
    declare(plan, obs, seen)
}

/// Judges a run whose story is told and whose observations are whole. A story depends on nothing that a plan
/// expects, so plans of one world that expect different things share it. Of windows nothing is said.
pub fn judge_story(plan: &Plan, obs: &Observations, story: &Story) -> Verdict {
    let seen = judge_expectations(plan, obs, story, &Windows::default());
    declare(plan, obs, seen)
}

fn declare(plan: &Plan, obs: &Observations, seen: Verdict) -> Verdict {
    match &plan.fails {
        Some(fails) => declared::hold(fails, seen, plan, obs),
        None => seen,
    }
}

/// What makes a run an error whatever was seen.
fn errors(plan: &Plan, obs: &Observations, windows: &Windows) -> Vec<String> {
    let mut out: Vec<String> = obs
        .lost
        .iter()
        .map(|l| format!("{}: {}", l.place, l.what))
        .collect();
    out.extend(expectations::faults(plan, obs, windows.taint()));
    for step in plan.steps.iter().skip(obs.steps.len()) {
        out.push(format!("step `{}` did not run", step.name));
    }
    out
}

fn judge_expectations(
    plan: &Plan,
    obs: &Observations,
    story: &Story,
    windows: &Windows,
) -> Verdict {
    let mut verdict = Verdict::new(Outcome::Pass);
    for (index, step) in plan.steps.iter().enumerate() {
        let Some(told) = story.steps.get(index) else {
            continue;
        };
        let index = index as u32;
        if step.windows.is_some() {
            // Its changes belong to the whole of it, and what they made gateways send; everything else to its windows.
            let mut changes = expectations::check_changes(index, step, obs);
            changes.extend(expectations::check_refusals(index, step, obs));
            changes.extend(expectations::check_envelope(plan, index, step, told));
            verdict.add(plan, obs, told, (index, step), changes);
            windows.add_to(&mut verdict, index);
        } else {
            let findings = findings(plan, obs, told, (index, step));
            verdict.add(plan, obs, told, (index, step), findings);
        }
    }
    if plan.steps.is_empty() {
        // What the kernel refused while the world was built is judged with the first step, where there is one.
        let built = Step {
            name: "the world is built".to_owned(),
            ..Step::default()
        };
        let findings = expectations::check_refusals(0, &built, obs);
        verdict.add(plan, obs, &StepStory::default(), (0, &built), findings);
    }
    verdict
}

/// What was not as a step says.
fn findings(
    plan: &Plan,
    obs: &Observations,
    told: &StepStory,
    (index, step): (u32, &Step),
) -> Vec<Finding> {
    let record = obs.steps.get(index as usize);
    let mut findings = Vec::new();
    if plan.observe == Observe::All {
        findings.extend(expectations::check_nodes(index, step, record, told));
    }
    findings.extend(expectations::check_wires(index, step, record, told));
    findings.extend(expectations::check_envelope(plan, index, step, told));
    findings.extend(expectations::check_counters(index, step, obs));
    findings.extend(expectations::check_outcomes(index, step, obs));
    findings.extend(expectations::check_freed(index, step, obs));
    findings.extend(expectations::check_commands(index, step, obs));
    findings.extend(expectations::check_meters(plan, index, step, obs));
    findings.extend(expectations::check_connections(index, step, obs));
    findings.extend(expectations::check_log(plan, index, step, obs));
    findings.extend(expectations::check_events(plan, index, step, obs));
    findings.extend(expectations::check_changes(index, step, obs));
    findings.extend(expectations::check_refusals(index, step, obs));
    findings
}

impl Verdict {
    /// Adds what was not as a step says, in order; of the first such step, where things parted and why.
    fn add(
        &mut self,
        plan: &Plan,
        obs: &Observations,
        told: &StepStory,
        (index, step): (u32, &Step),
        mut findings: Vec<Finding>,
    ) {
        if findings.is_empty() {
            return;
        }
        let hop = first_hop(&findings, plan, told, obs, index);
        order(&mut findings, &hop, told);
        if self.divergence.is_none() {
            let line = findings
                .iter()
                .filter(|f| f.node == hop)
                .chain(&findings)
                .find_map(|f| f.first.clone());
            self.causes = cause::causes(plan, obs, told, index, (&hop, &findings));
            self.divergence = Some(Divergence {
                counters: expectations::moved(obs, &hop, index).unwrap_or_default(),
                node: hop,
                step: step.name.clone(),
                step_index: index,
                packet: findings.iter().filter_map(|f| f.packet).min(),
                line,
            });
        }
        self.outcome = Outcome::Fail;
        self.findings.extend(findings);
    }
}

/// The first divergent hop of a step: where the earliest wrong event happened; if things
/// only failed to happen, where the lost packet was last seen, or, when none was lost,
/// the first node that has less than the file says.
fn first_hop(
    findings: &[Finding],
    plan: &Plan,
    story: &StepStory,
    obs: &Observations,
    step: u32,
) -> String {
    // What a node was told by its kernel is known there and nowhere else.
    let said = |f: &Finding| {
        matches!(
            f.kind,
            FindingKind::Told
                | FindingKind::Change
                | FindingKind::Events
                | FindingKind::Conntrack
                | FindingKind::Log
                | FindingKind::Command
        )
    };
    if findings.iter().all(said) {
        return findings[0].node.clone();
    }
    let wrong = findings.iter().filter(|f| f.wrong_ns.is_some());
    if let Some(first) = wrong.min_by_key(|f| f.wrong_ns) {
        return first.node.clone();
    }
    if last_seen::any_lost(plan, obs, step)
        // What was seen nowhere never left its sender.
        && let Some(node) = last_seen::node(plan, story, obs, step)
            .or_else(|| last_seen::sender(plan, obs, step))
    {
        return node;
    }
    let path = last_seen::path(story);
    let lines = |f: &&Finding| !f.diff.is_empty() && f.kind != FindingKind::Counters;
    let first = findings
        .iter()
        .filter(lines)
        .min_by_key(|f| place(&path, &f.node));
    first.unwrap_or(&findings[0]).node.clone()
}

/// The first divergent hop, there the node's own lines first; then wrong events in the
/// order of time; then what only failed to happen, in the order of the nodes.
fn order(findings: &mut [Finding], hop: &str, story: &StepStory) {
    let path = last_seen::path(story);
    findings.sort_by_key(|f| {
        let at_hop = (f.node == hop).then_some(f.kind);
        (
            at_hop.is_none(),
            at_hop,
            f.wrong_ns.is_none(),
            f.wrong_ns,
            place(&path, &f.node),
            f.kind,
        )
    });
}

/// Where on a path a node stands; behind its end for one that no packet met.
fn place(path: &[String], node: &str) -> usize {
    path.iter().position(|n| n == node).unwrap_or(path.len())
}
