//! Owns what is kept of a command that a step ran.

use serde::{Deserialize, Serialize};

/// What became of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandRecord {
    /// Its exit code, or 128 and the number of the signal that ended it; `None` while it goes on running.
    pub exit: Option<i32>,
    /// Whether it was ready, where it should go on running.
    pub ready: bool,
    /// Whether it was ended because its time was over.
    pub overdue: bool,
    /// The lines that it printed until it ended or was ready, errors among them.
    pub output: Vec<String>,
    /// Whether it printed more than is kept.
    pub cut: bool,
}
