//! Whether anything that changes in what was seen is noticed: of a run that passed, against a plan that
//! states all of it, what was seen is lost, doubled, swapped and altered, one thing at a time. Each time
//! judgement must fail at that node, and name the field.

mod facts;
mod flows;
mod frames;
mod header;
mod passes;

use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::Failed;
use xfrmlab::{
    judge::{self, Finding, Outcome, Sign, Story},
    observe::{LogLine, Observations},
    plan::{Expect, Plan},
};

/// How many things of one kind are altered in one run: each file has others, and each alteration is judged
/// as a whole run is.
const SAMPLES: usize = 2;

/// Frames and trace events of a step that is judged slowly: there one thing of each kind is altered.
const LONG: usize = 400;

/// Alterations that were judged, by all tests.
pub(crate) static JUDGED: AtomicUsize = AtomicUsize::new(0);

/// Fails where an altered recording passes, or is found at another node, or in another field.
pub(crate) fn notice(plan: &Plan, obs: &Observations) -> Result<(), Failed> {
    let plan = judge::complete(plan, obs);
    passes(&plan, obs)?;
    let mut unnoticed = Vec::new();
    for step in 0..plan.steps.len() as u32 {
        let (plan, obs) = (only_plan(&plan, step), only(obs, step));
        passes(&plan, &obs)?;
        let mut run = Altered {
            story: judge::tell(&plan, &obs),
            plan,
            obs: &obs,
            step,
            judged: 0,
            unnoticed: Vec::new(),
        };
        frames::alter(&mut run);
        passes::alter(&mut run);
        facts::alter(&mut run);
        flows::alter(&mut run);
        JUDGED.fetch_add(run.judged, Ordering::Relaxed);
        unnoticed.extend(run.unnoticed);
    }
    if unnoticed.is_empty() {
        return Ok(());
    }
    Err(unnoticed.join("\n").into())
}

fn passes(plan: &Plan, obs: &Observations) -> Result<(), Failed> {
    let unaltered = judge::judge(plan, obs);
    if unaltered.outcome == Outcome::Pass {
        return Ok(());
    }
    let why = (&unaltered.errors, &unaltered.findings);
    Err(format!("stated as it was seen, it fails: {why:#?}").into())
}

/// The plan with one step's expectations. The others stay as they are, because SAs may come in them.
fn only_plan(plan: &Plan, step: u32) -> Plan {
    let mut plan = plan.clone();
    for (index, other) in plan.steps.iter_mut().enumerate() {
        if index as u32 != step {
            other.expect = Expect::default();
            for flow in &mut other.flows {
                flow.outcome = xfrmlab::plan::Outcome::default();
            }
        }
    }
    plan
}

/// What was seen in one step: a step is altered and judged alone, which is as much as it says and far less to do.
fn only(obs: &Observations, step: u32) -> Observations {
    let mut only = obs.clone();
    only.frames.retain(|f| f.step == step);
    only.traces.retain(|t| t.step == step);
    for rule in &mut only.rules {
        let before = &obs.traces[..rule.since.min(obs.traces.len())];
        rule.since = before.iter().filter(|t| t.step == step).count();
    }
    only.counters
        .retain(|c| c.after_steps == step || c.after_steps == step + 1);
    only.sas
        .retain(|c| c.after_steps == step || c.after_steps == step + 1);
    only.events.retain(|e| e.step == step);
    only.moved.retain(|m| m.step == step);
    only.connections.retain(|c| c.step == step);
    only.log.retain(|l| l.step == step);
    // A fault that the file speaks of taints the kernel in its own step.
    if let Some(taint) = &mut only.taint
        && !only.log.iter().any(LogLine::is_fault)
    {
        taint.after = taint.before;
    }
    only.refusals.retain(|r| r.step == step);
    only
}

/// A recording that passes, and what of it can change unnoticed.
struct Altered<'a> {
    plan: Plan,
    obs: &'a Observations,
    story: Story,
    /// The step that is altered.
    step: u32,
    judged: usize,
    unnoticed: Vec<String>,
}

impl Altered<'_> {
    /// A few of them from all over, in each step others.
    fn spread<T: Clone>(&self, all: &[T]) -> Vec<T> {
        let long = self.obs.frames.len() + self.obs.traces.len() > LONG;
        let count = if long {
            1
        } else {
            SAMPLES.div_ceil(self.plan.steps.len())
        };
        let stride = all.len().div_ceil(count).max(1);
        let first = self.step as usize * 7 % stride;
        all.iter().skip(first).step_by(stride).cloned().collect()
    }

    /// Changes one thing and holds the verdict against where it was changed, and in which field. Fields that
    /// depend on each other are given together: any of them may be named. None are given where a whole
    /// line is lost or added.
    fn change(
        &mut self,
        node: &str,
        fields: &[&str],
        what: &str,
        edit: impl FnOnce(&mut Observations),
    ) {
        let mut altered = self.obs.clone();
        edit(&mut altered);
        self.judged += 1;
        let verdict = judge::judge(&self.plan, &altered);
        let here: Vec<&Finding> = verdict.findings.iter().filter(|f| f.node == node).collect();
        if verdict.outcome != Outcome::Fail || here.is_empty() {
            let findings = verdict.findings.iter();
            let found: Vec<_> = findings.map(|f| (&f.node, &f.what)).collect();
            let missed = format!("{what} at {node}: not noticed there, but {found:?}");
            self.unnoticed.push(missed);
            return;
        }
        let lines = here.iter().flat_map(|f| &f.diff);
        let lines: Vec<&str> = lines
            .filter(|d| d.sign != Sign::Same)
            .map(|d| d.text.as_str())
            .collect();
        let named = |field: &&str| lines.iter().any(|text| names(text, field));
        if !fields.is_empty() && !fields.iter().any(named) {
            let missed = format!("{what} at {node}: none of {fields:?} is named, but {lines:#?}");
            self.unnoticed.push(missed);
        }
    }
}

/// Whether a line of a difference speaks of a field.
fn names(text: &str, field: &str) -> bool {
    [
        format!("{field}: "),
        format!("{field}="),
        format!("{field} "),
    ]
    .iter()
    .any(|word| text.starts_with(word) || text.contains(&format!(" {word}")))
}
