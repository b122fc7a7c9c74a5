//! Owns the SAs that something else than the file installed: a command that a file runs, an IKE daemon say. They are
//! read from the kernel with their keys, where a file runs commands at all. One that comes and goes between two looks,
//! each behind a flow, is not seen.

use super::{error::LabError, node::Nodes, xfrm};
use crate::{
    observe::ForeignSa,
    plan::{Algorithms, Plan, Traffic},
    wire::same_keys,
};

/// Those seen so far.
pub(super) struct Foreign<'p> {
    plan: &'p Plan,
    /// Whether anything else may install one.
    watched: bool,
    pub(super) seen: Vec<ForeignSa>,
}

impl<'p> Foreign<'p> {
    /// None seen yet.
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut flows = plan.steps.iter().flat_map(|s| &s.flows);
        Self {
            plan,
            watched: flows.any(|f| matches!(f.traffic, Traffic::Exec(_))),
            seen: Vec::new(),
        }
    }

    /// Takes what is there now and was not before.
    pub(super) fn look(&mut self, nodes: &mut Nodes) -> Result<(), LabError> {
        if !self.watched {
            return Ok(());
        }
        for node in &mut nodes.0 {
            let states = xfrm::states(node);
            let states = states.map_err(|r| r.of("list states", &node.name, ""))?;
            for state in states {
                // A larval state has no keys yet.
                let larval = state.spi.0 == 0 || state.algorithms == Algorithms::default();
                let mut of_plan = self.plan.states_ever();
                let own = of_plan.any(|(_, s)| same_keys(s, &state));
                let mut before = self.seen.iter();
                let old = before.any(|f| f.node == node.name && same_keys(&f.state, &state));
                if !larval && !own && !old {
                    self.seen.push(ForeignSa {
                        node: node.name.clone(),
                        state,
                    });
                }
            }
        }
        Ok(())
    }
}
