//! Owns the question whether a plan may run commands: only where the person who started it said so.

use super::{Session, SessionError};
use crate::plan::Plan;

/// Lets a plan pass that runs no commands, or that may.
///
/// # Errors
/// [`SessionError::Commands`] otherwise.
pub(super) fn check(session: &Session, plan: &Plan) -> Result<(), SessionError> {
    match plan.commands().next() {
        Some((step, exec)) if !session.may_run_commands() => {
            Err(SessionError::Commands(exec.told(&step.name)))
        }
        _ => Ok(()),
    }
}
