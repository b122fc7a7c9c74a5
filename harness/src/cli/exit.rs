//! Owns the exit codes of the command.

use std::process::ExitCode;

/// How the command ended. The order is that in which several files are summed up: the greatest wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// 4: nothing at all ran, because capabilities are missing.
    Skipped,
    /// 0: all that ran passed.
    Passed,
    /// 1: an expectation failed.
    Failed,
    /// 3: the lab or the guest broke.
    Broken,
    /// 2: a file or the command line is wrong; nothing was run.
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Broken => 3,
            Exit::Skipped => 4,
        })
    }
}
