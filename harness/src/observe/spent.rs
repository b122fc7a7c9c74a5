//! Owns what a part of a run cost.

use serde::{Deserialize, Serialize};

/// One part of a run: building, watching, driving, sampling, taking down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Which part.
    pub part: String,
    /// How long it took, in nanoseconds.
    pub wall_ns: u64,
    /// How much of that the lab's own thread worked, in nanoseconds; the rest it waited, or a command of its worked.
    pub thread_ns: u64,
}
