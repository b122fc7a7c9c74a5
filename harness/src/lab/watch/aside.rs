//! Owns what was seen in the steps before one in windows: it waits while each window is handed on by itself.

use std::mem::take;

use super::Watch;
use crate::{
    lab::{error::LabError, node::Nodes},
    observe::{Frame, FreedPacket, LogLine, Loss, RuleText, Trace, XfrmEvent},
};

/// What the steps so far have brought.
pub(in crate::lab) struct Aside {
    frames: Vec<Frame>,
    traces: Vec<Trace>,
    events: Vec<XfrmEvent>,
    freed: Vec<FreedPacket>,
    logged: Vec<LogLine>,
    losses: Vec<Loss>,
    rules: Vec<RuleText>,
}

impl Watch {
    /// Sets aside what was seen before this step, and of what its changes caused what is judged of the whole step: frames,
    /// which may be clear text, and the log, which may report a fault. What the changes made hooks, xfrm and freed packets
    /// tell belongs to no window, and is forgotten; what could not be seen is not.
    pub(in crate::lab) fn set_aside(
        &mut self,
        nodes: &Nodes,
        step: u32,
    ) -> Result<Aside, LabError> {
        self.drain(nodes)?;
        self.note_overflows()?;
        let mut aside = Aside {
            frames: take(&mut self.frames),
            traces: take(&mut self.traces),
            events: take(&mut self.events),
            freed: take(&mut self.freed),
            logged: take(&mut self.logged),
            losses: take(&mut self.losses),
            rules: self.rules.clone(),
        };
        aside.traces.retain(|t| t.step < step);
        aside.events.retain(|e| e.step < step);
        aside.freed.retain(|f| f.step < step);
        Ok(aside)
    }

    /// Brings it back when the last window is over.
    pub(in crate::lab) fn put_back(&mut self, aside: Aside) {
        self.frames.splice(0..0, aside.frames);
        self.traces.splice(0..0, aside.traces);
        self.events.splice(0..0, aside.events);
        self.freed.splice(0..0, aside.freed);
        self.logged.splice(0..0, aside.logged);
        self.losses.splice(0..0, aside.losses);
        self.rules = aside.rules;
    }
}
