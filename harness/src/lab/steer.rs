//! Owns the changes that wait for something to happen: a packet that has come, or an event that the kernel
//! tells. Each is made once, while the flows of its step are under way.

use std::path::PathBuf;

use super::{change, error::LabError, node::Nodes};
use crate::{
    observe::{FactLine, TriggerRecord, XfrmEvent, event_line},
    plan::{Cause, Plan, Trigger},
};

/// The triggers of the step that runs.
pub(crate) struct Steering {
    names: PathBuf,
    /// For the names of SAs; `None` in a plan without triggers.
    plan: Option<Plan>,
    armed: Vec<Trigger>,
    records: Vec<TriggerRecord>,
    flow: u32,
    /// How many of the events that were seen have been looked at.
    heard: usize,
}

impl Steering {
    pub(crate) fn new(plan: &Plan, names: PathBuf) -> Self {
        let steered = plan.steps.iter().any(|s| !s.on.is_empty());
        Self {
            names,
            plan: steered.then(|| plan.clone()),
            armed: Vec::new(),
            records: Vec::new(),
            flow: 0,
            heard: 0,
        }
    }

    /// Arms the triggers of a step; `events` is how many events have been seen by now.
    pub(crate) fn arm(&mut self, triggers: &[Trigger], events: usize) {
        self.armed = triggers.to_vec();
        self.records = vec![TriggerRecord::default(); triggers.len()];
        self.flow = 0;
        self.heard = events;
    }

    /// What has become of the triggers of the step.
    pub(crate) fn records(&mut self) -> Vec<TriggerRecord> {
        std::mem::take(&mut self.records)
    }

    /// Whether a trigger of the step still waits for an event.
    pub(crate) fn awaits_event(&self) -> bool {
        let armed = self.armed.iter().zip(&self.records);
        armed
            .into_iter()
            .any(|(trigger, record)| !record.fired && matches!(trigger.cause, Cause::Event { .. }))
    }

    pub(crate) fn enter_flow(&mut self, flow: u32) {
        self.flow = flow;
    }

    /// Makes the changes that wait for one of the events; whether any was made.
    pub(crate) fn heard(
        &mut self,
        events: &[XfrmEvent],
        nodes: &mut Nodes,
    ) -> Result<bool, LabError> {
        let Some(plan) = &self.plan else {
            return Ok(false);
        };
        let fresh = events.get(self.heard..).unwrap_or_default();
        self.heard = events.len();
        let lines: Vec<(&str, FactLine)> = fresh
            .iter()
            .map(|e| (e.node.as_str(), e.line(plan)))
            .collect();
        let fits = |cause: &Cause| match cause {
            Cause::Packet { .. } => false,
            Cause::Event { node, line } => event_line(line)
                .is_ok_and(|want| lines.iter().any(|(at, seen)| at == node && want.fits(seen))),
        };
        let due = self.due(fits);
        self.make(&due, nodes)
    }

    /// Likewise for those that wait for this packet of the flow that runs.
    pub(crate) fn came(&mut self, seq: u32, nodes: &mut Nodes) -> Result<bool, LabError> {
        let now = self.flow;
        let due = self.due(|cause| {
            matches!(cause, Cause::Packet { flow, packet } if *flow == now && u32::from(*packet) == seq)
        });
        self.make(&due, nodes)
    }

    /// Those that have not been made and whose cause is there.
    fn due(&self, is_there: impl Fn(&Cause) -> bool) -> Vec<usize> {
        let triggers = self.armed.iter().zip(&self.records).enumerate();
        triggers
            .filter(|(_, (trigger, record))| !record.fired && is_there(&trigger.cause))
            .map(|(index, _)| index)
            .collect()
    }

    fn make(&mut self, due: &[usize], nodes: &mut Nodes) -> Result<bool, LabError> {
        for &index in due {
            let changes = change::all(&self.armed[index].changes, nodes, &self.names)?;
            self.records[index] = TriggerRecord {
                fired: true,
                changes,
            };
        }
        Ok(!due.is_empty())
    }
}
