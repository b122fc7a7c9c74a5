//! Owns one plan's way through a session: run, judged, with every way of ending a verdict.

use super::place::Session;
use crate::{
    agent::AgentError,
    judge::{Verdict, judge},
    observe::Observations,
    plan::Plan,
};

/// A plan that was run, or that could not be.
pub struct Run {
    pub verdict: Verdict,
    /// What was seen; `None` for skips, and where the lab broke.
    pub observations: Option<Observations>,
    /// Where it ran and why there.
    pub place: String,
}

/// Runs and judges a plan. Blocks until the run has ended; may be called from several threads at once.
pub fn run(session: &Session, plan: &Plan) -> Run {
    let place = match session.place(&plan.needs) {
        Ok(place) => place,
        Err(error) => {
            return Run {
                verdict: Verdict::error(error.to_string()),
                observations: None,
                place: "no kernel to run on".to_owned(),
            };
        }
    };
    if !place.missing.is_empty() {
        let missing = place
            .missing
            .iter()
            .map(|(need, why)| format!("{} ({why})", need.name()))
            .collect();
        return Run {
            verdict: Verdict::skip(missing),
            observations: None,
            place: place.why,
        };
    }
    match place.agent.run(plan, &session.run_options()) {
        Ok(mut observations) => {
            observations.kernel.place.clone_from(&place.why);
            Run {
                verdict: judge(plan, &observations),
                observations: Some(observations),
                place: place.why,
            }
        }
        Err(error) => {
            let text = match &error {
                AgentError::Lab(failure) => failure.to_string(),
                other => other.to_string(),
            };
            Run {
                verdict: Verdict::error(text),
                observations: None,
                place: place.why,
            }
        }
    }
}
