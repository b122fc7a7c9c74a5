//! Owns the judging of windows: each by itself as it comes, as a run that has it for its only step. Of those that pass
//! only sums are kept, of those that do not the first ones whole.

use std::collections::BTreeMap;

use super::expectations;
use super::finding::{DiffLine, Finding, FindingKind, Sign};
use super::verdict::{self, Outcome, Verdict};
use crate::observe::{Observations, Window, WindowSums};
use crate::plan::Plan;

/// Windows of a step that are kept and told whole.
const KEPT: usize = 3;
/// Lines that a finding of a window has at most: what each of its packets did wrong, likewise, is told once.
const LINES: usize = 100;

/// The windows of a run, as far as they have come.
#[derive(Debug, Default)]
pub struct Windows {
    /// By index of the step.
    steps: BTreeMap<u32, Judged>,
}

/// The windows of a step.
#[derive(Debug, Default)]
struct Judged {
    sums: WindowSums,
    /// Windows that were not as expected.
    failed: u32,
    /// The first of them.
    kept: Vec<(Window, Verdict)>,
    errors: Vec<String>,
    /// The taint that came of faults which the file speaks of.
    taint: u64,
}

impl Windows {
    /// Judges the next window.
    pub fn take(&mut self, plan: &Plan, window: Window) {
        let Some(step) = plan.steps.get(window.step as usize) else {
            return;
        };
        if window.number == 1 {
            // A run that was begun anew.
            self.steps.remove(&window.step);
        }
        let judged = self.steps.entry(window.step).or_default();
        judged.sums += window.sums();
        if window.number != judged.sums.windows {
            judged.errors.push(format!(
                "step `{}`: window {} is where number {} should be",
                step.name, window.number, judged.sums.windows
            ));
        }
        let Some(of_window) = plan.of_window(window.step) else {
            return;
        };
        judged.taint |= expectations::expected_taint(&of_window, &window.observations);
        let verdict = verdict::judge(&of_window, &window.observations);
        match verdict.outcome {
            Outcome::Pass | Outcome::Skip => {}
            Outcome::Error => judged.errors.extend(verdict.errors),
            Outcome::Fail => {
                judged.failed += 1;
                if judged.kept.len() < KEPT {
                    judged.kept.push((window, verdict));
                }
            }
        }
    }

    /// Judges the run, of which `obs` is what belongs to no window. Windows that were not as expected are added to it.
    pub fn judge(self, plan: &Plan, obs: &mut Observations) -> Verdict {
        let verdict = verdict::judge_whole(plan, obs, &self);
        let kept = self.steps.into_values().flat_map(|judged| judged.kept);
        obs.windows = kept.map(|(window, _)| window).collect();
        verdict
    }

    /// The taint of the kernel that the file speaks of: it is of the whole run, the log that tells of it is not.
    pub(super) fn taint(&self) -> u64 {
        self.steps
            .values()
            .fold(0, |all, judged| all | judged.taint)
    }

    /// What makes a run an error because of its windows.
    pub(super) fn errors(&self, plan: &Plan, obs: &Observations) -> Vec<String> {
        let mut out = Vec::new();
        for (index, step) in plan.steps.iter().enumerate() {
            let Some(planned) = step.windows else {
                continue;
            };
            let judged = self.steps.get(&(index as u32));
            let sums = judged.map(|j| j.sums).unwrap_or_default();
            out.extend(judged.iter().flat_map(|j| j.errors.iter().cloned()));
            let Some(record) = obs.steps.get(index) else {
                continue;
            };
            if sums.windows != u32::from(planned) {
                let what = format!("{} of {planned} windows are there", sums.windows);
                out.push(format!("step `{}`: {what}", step.name));
            } else if record.windows != Some(sums) {
                out.push(format!(
                    "step `{}`: the windows hold other than was seen",
                    step.name
                ));
            }
        }
        out
    }

    /// Adds what was not as expected in the windows of a step.
    pub(super) fn add_to(&self, verdict: &mut Verdict, index: u32) {
        let Some(judged) = self.steps.get(&index).filter(|j| j.failed > 0) else {
            return;
        };
        for (_, of_window) in &judged.kept {
            let mut of_window = of_window.clone();
            for finding in &mut of_window.findings {
                finding.step_index = index;
                shorten(&mut finding.diff);
            }
            if verdict.divergence.is_none() {
                verdict.divergence = of_window.divergence.map(|at| verdict::Divergence {
                    step_index: index,
                    ..at
                });
                verdict.causes = of_window.causes;
            }
            verdict.findings.extend(of_window.findings);
        }
        verdict.outcome = Outcome::Fail;
        let more = judged.failed as usize - judged.kept.len();
        if let (Some(last), true) = (verdict.findings.last().cloned(), more > 0) {
            let what = format!(
                "{more} more of {} windows are not as expected",
                judged.sums.windows
            );
            let at = (index, last.step.as_str());
            let finding = Finding::new(FindingKind::Windows, at, &last.node, what);
            verdict.findings.push(finding);
        }
    }
}

/// Leaves out what no one would read.
fn shorten(diff: &mut Vec<DiffLine>) {
    let more = diff.len().saturating_sub(LINES);
    if more > 0 {
        diff.truncate(LINES);
        diff.push(DiffLine {
            sign: Sign::Same,
            text: format!("... ({more} more lines)"),
        });
    }
}
