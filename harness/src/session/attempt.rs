//! Owns one plan's way through a session: run, judged, with every way of ending a verdict.

use super::{
    permission,
    place::{Session, SessionError},
};
use crate::{
    agent::AgentError,
    judge::{Verdict, Windows},
    observe::{Observations, Window},
    plan::Plan,
};

/// A plan that was run, or that could not be.
pub struct Run {
    pub verdict: Verdict,
    /// What was seen; `None` for skips, and where the lab broke.
    pub observations: Option<Observations>,
    /// Where it ran and why there.
    pub place: String,
    /// Whether it broke over what the person gave, a file or a kernel that is none, and not over the lab.
    pub bad_input: bool,
}

/// Runs and judges a plan. Blocks until the run has ended; may be called from several threads at once. A run whose
/// guest is lost is begun anew, once, and its place says so.
pub fn run(session: &Session, plan: &Plan) -> Run {
    run_keeping(session, plan, &mut |_| Ok(()))
}

/// Likewise; what comes window by window is given to `keep`, which may say why it cannot be kept, before it is judged
/// and forgotten. A run that is begun anew begins with window 1 again.
pub fn run_keeping(
    session: &Session,
    plan: &Plan,
    keep: &mut dyn FnMut(&Window) -> Result<(), String>,
) -> Run {
    if let Err(error) = permission::check(session, plan) {
        return failed(&error, "nothing was run".to_owned());
    }
    loop {
        let place = match session.place(&plan.needs) {
            Ok(place) => place,
            Err(error) => return failed(&error, "no kernel to run on".to_owned()),
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
                bad_input: false,
            };
        }
        let mut windows = Windows::default();
        let mut sink = |window: Window| {
            keep(&window)?;
            windows.take(plan, window);
            Ok(())
        };
        match place.agent.run(plan, &session.run_options(), &mut sink) {
            Ok(mut observations) => {
                observations.kernel.place.clone_from(&place.why);
                return Run {
                    verdict: windows.judge(plan, &mut observations),
                    observations: Some(observations),
                    place: place.why,
                    bad_input: false,
                };
            }
            Err(AgentError::Lost(why)) if session.give_up(&place.agent, &why) => {}
            Err(error) => return failed(&error.into(), place.why),
        }
    }
}

/// The end of a run that broke.
fn failed(error: &SessionError, place: String) -> Run {
    Run {
        verdict: Verdict::error(error.to_string()),
        observations: None,
        place,
        bad_input: error.is_bad_input(),
    }
}
