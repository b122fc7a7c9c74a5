//! Owns the exit codes of the command.

use std::process::ExitCode;

use xfrmlab::judge::Outcome;

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
    /// 2: a file or the command line is wrong.
    Usage,
}

impl Exit {
    /// How a run ended of which a verdict says so; `bad_input` where it broke over what the person gave.
    pub(crate) fn of(outcome: Outcome, bad_input: bool) -> Self {
        match outcome {
            Outcome::Pass => Self::Passed,
            Outcome::Fail => Self::Failed,
            Outcome::Skip => Self::Skipped,
            Outcome::Error if bad_input => Self::Usage,
            Outcome::Error => Self::Broken,
        }
    }
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
