//! Owns the starting of commands beside labs. A child that has been forked and has not yet executed its program holds a
//! copy of every socket of this process: a port that one lab has closed is still taken while another starts `nft`.

use std::{
    io,
    process::{Child, Command},
    sync::{Mutex, PoisonError},
};

static FORKS: Mutex<()> = Mutex::new(());

/// Starts a command. When this returns, its program runs and the copies are gone.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let _one = FORKS.lock().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Waits until no child stands between fork and its program: what was closed before is closed everywhere. For
/// whoever binds a port.
pub(crate) fn gone() {
    drop(FORKS.lock().unwrap_or_else(PoisonError::into_inner));
}
