//! Owns the window: what was seen while a part of a long flow was sent, apart from all other parts.

use serde::{Deserialize, Serialize};

use super::Observations;

/// One window of a step. It is shipped, written down and judged by itself, and then forgotten.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Index of the step in the plan.
    pub step: u32,
    /// From 1.
    pub number: u32,
    /// As of a run that has this window for its only step.
    pub observations: Observations,
}

impl Window {
    /// What is added up of this window.
    pub fn sums(&self) -> WindowSums {
        let steps = || self.observations.steps.iter();
        let packets = || steps().flat_map(super::StepRecord::packets);
        WindowSums {
            windows: 1,
            packets: packets().count() as u64,
            came: packets().filter(|p| p.took_ns.is_some()).count() as u64,
            frames: self.observations.frames.len() as u64,
            traces: self.observations.traces.len() as u64,
        }
    }
}

/// What is kept of all windows of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowSums {
    pub windows: u32,
    pub packets: u64,
    /// Packets that came to whoever waited for them, or were answered.
    pub came: u64,
    pub frames: u64,
    /// Trace events.
    pub traces: u64,
}

impl std::ops::AddAssign for WindowSums {
    fn add_assign(&mut self, other: Self) {
        self.windows += other.windows;
        self.packets += other.packets;
        self.came += other.came;
        self.frames += other.frames;
        self.traces += other.traces;
    }
}
