//! Guests of their own take turns: two emulated ones at once take more than twice as long, and some tests set deadlines.

use std::sync::{Mutex, MutexGuard, PoisonError};

static GUEST: Mutex<()> = Mutex::new(());

/// Waits for the turn; it lasts as long as what is given.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    GUEST.lock().unwrap_or_else(PoisonError::into_inner)
}
