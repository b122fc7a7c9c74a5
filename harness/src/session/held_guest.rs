//! Owns a session's guest: booted when first needed, and booted again, once and on record, when it is lost.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::place::SessionError;
use crate::agent::Agent;

/// Guests that may be lost in one session. A second loss has a reason that a third boot would not change.
const LOSSES: usize = 1;

/// The guest of one session.
#[derive(Default)]
pub(super) struct HeldGuest(Mutex<Held>);

#[derive(Default)]
struct Held {
    /// `None` until the first use, and after a loss.
    agent: Option<Result<Agent, SessionError>>,
    /// Why earlier guests were lost, one line each.
    lost: Vec<String>,
}

impl HeldGuest {
    /// The guest and why those before it were lost. Whoever asks while it boots waits.
    pub(super) fn get(
        &self,
        boot: impl FnOnce() -> Result<Agent, SessionError>,
    ) -> Result<(Agent, Vec<String>), SessionError> {
        let mut held = self.lock();
        let agent = held.agent.get_or_insert_with(boot).clone()?;
        Ok((agent, held.lost.clone()))
    }

    /// Gives `lost` up. Says whether it is worth asking for another: the same plan then runs once more, from
    /// the start, in a fresh kernel.
    pub(super) fn give_up(&self, lost: &Agent, why: &str) -> bool {
        let mut held = self.lock();
        match &held.agent {
            Some(Ok(agent)) if agent.same(lost) => {}
            // Somebody else who worked there was first to see it.
            _ => return true,
        }
        if held.lost.len() == LOSSES {
            return false;
        }
        held.lost
            .push(why.lines().next().unwrap_or_default().to_owned());
        held.agent = None;
        true
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
