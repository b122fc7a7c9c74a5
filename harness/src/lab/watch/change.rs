//! Owns changes of a world under watch: those that wait for a packet or an event, and what is read again when one
//! was made.

use std::time::{Duration, Instant};

use super::{
    super::{error::LabError, neighbour, nft, node::Nodes},
    Watch,
};
use crate::observe::TriggerRecord;

/// What a change makes the kernel say takes no longer than this.
const SPEAKING: Duration = Duration::from_secs(10);

impl Watch {
    /// Packet `seq` of the flow has come or is known as lost: changes that wait for that are made now.
    pub(crate) fn came(&mut self, seq: u32, nodes: &mut Nodes) -> Result<(), LabError> {
        if self.steering.came(seq, nodes)? {
            self.changed(nodes)?;
        }
        Ok(())
    }

    /// The world was changed: waits for what the kernel does of it, and reads the rules again.
    pub(crate) fn changed(&mut self, nodes: &mut Nodes) -> Result<(), LabError> {
        self.relist(nodes)?;
        self.settle(nodes, SPEAKING, neighbour::pending)
    }

    /// Reads the rules of the nodes that have some again.
    pub(crate) fn relist(&mut self, nodes: &Nodes) -> Result<(), LabError> {
        for node in nodes.0.iter().filter(|n| n.ruled) {
            let since = self.traces.len();
            let now = nft::rules(node)?;
            for mut rule in now {
                rule.since = since;
                let known = self.rules.iter().rev().find(|r| {
                    (&r.node, &r.family, &r.table, &r.chain, r.handle)
                        == (
                            &rule.node,
                            &rule.family,
                            &rule.table,
                            &rule.chain,
                            rule.handle,
                        )
                });
                if known.is_none_or(|known| !nft::same_rule(&known.text, &rule.text)) {
                    self.rules.push(rule);
                }
            }
        }
        Ok(())
    }

    /// What has become of the triggers of the step.
    pub(crate) fn triggered(&mut self) -> Vec<TriggerRecord> {
        self.steering.records()
    }

    /// Makes the changes whose events have arrived, while a flow is still under way.
    pub(crate) fn heed(&mut self, nodes: &mut Nodes) -> Result<(), LabError> {
        if self.steering.heard(&self.events, nodes)? {
            self.relist(nodes)?;
        }
        Ok(())
    }

    /// Waits for the events that triggers of the step still wait for: a clock of the kernel's brings them, so
    /// nothing is under way meanwhile. One that does not come by `limit` is left to the judge.
    pub(crate) fn await_events(
        &mut self,
        nodes: &mut Nodes,
        limit: Duration,
    ) -> Result<(), LabError> {
        let deadline = Instant::now() + limit;
        while self.steering.awaits_event() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.wait(&[], left)?;
            self.drain(nodes)?;
            self.heed(nodes)?;
        }
        self.changed(nodes)
    }
}
