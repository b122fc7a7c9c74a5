//! Owns looking into a world: what its kernel has, and what a script in it prints.

use super::{Session, SessionError, permission};
use crate::{agent::Inspection, plan::Plan};

/// How an inspection ended.
#[derive(Clone, Debug)]
pub enum Inspected {
    /// The kernel lacks these capabilities, with its words.
    Lacks(Vec<String>),
    Seen {
        /// `uname -r` of the kernel.
        release: String,
        seen: Inspection,
    },
}

/// Builds the world of `plan` where it can run, drives it where it has steps, and runs `script` in its first node.
///
/// # Errors
/// When there is no kernel to run on, or the world cannot be built.
pub fn inspect(session: &Session, plan: &Plan, script: &str) -> Result<Inspected, SessionError> {
    permission::check(session, plan)?;
    let place = session.place(&plan.needs)?;
    if !place.missing.is_empty() {
        let missing = place.missing.iter();
        return Ok(Inspected::Lacks(
            missing
                .map(|(need, why)| format!("{}: {why}", need.name()))
                .collect(),
        ));
    }
    Ok(Inspected::Seen {
        release: place.agent.hello().release.clone(),
        seen: place.agent.inspect(plan, script)?,
    })
}
