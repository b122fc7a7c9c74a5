//! Owns the commands that a step runs in a node. It never runs one.

use serde::{Deserialize, Serialize};

use super::Block;

/// A command. It runs only where the person who starts xfrmlab has allowed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exec {
    /// Node in whose network it runs.
    pub at: String,
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// For one that goes on running: when the step goes on. `None` for one that ends.
    pub ready: Option<Ready>,
    /// Seconds that it has to end or to be ready.
    pub within_s: u32,
    /// The exit code that it must have.
    pub exit: u8,
    /// Lines that it must print, in order.
    pub output: Option<Block>,
}

impl Exec {
    /// That a step runs it, as a person is told who may not have meant that.
    pub fn told(&self, step: &str) -> String {
        let words = self.argv.join(" ");
        format!(
            "step `{step}` runs a command in node `{}`: {words}",
            self.at
        )
    }
}

/// When a command that goes on running is ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ready {
    /// It has printed a line with this in it.
    Line(String),
    /// Somebody in the node listens on this UDP port.
    Udp(u16),
    /// Likewise for TCP.
    Tcp(u16),
}

impl std::fmt::Display for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Line(text) => write!(f, "line {text}"),
            Self::Udp(port) => write!(f, "udp {port}"),
            Self::Tcp(port) => write!(f, "tcp {port}"),
        }
    }
}
