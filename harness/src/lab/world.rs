//! Owns the built world: its namespaces with everything in them, gone when it is dropped.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use super::{
    apply, carrier, error::LabError, local_route, netlink::Refusal, nft, node::Nodes, xfrm,
};
use crate::{
    observe::{Installed, RuleText},
    ops,
    plan::Plan,
};

/// Numbers the worlds of this process, so that their namespaces have names of their own.
static WORLDS: AtomicU32 = AtomicU32::new(0);

/// A world as it was built from a plan.
pub struct World {
    pub(super) nodes: Nodes,
    pub(super) names: PathBuf,
}

impl World {
    /// Builds the world of `plan`. What was built until an error is taken down again.
    ///
    /// # Errors
    /// Whatever the kernel refused, by operation, node and object.
    pub fn build(plan: &Plan) -> Result<Self, LabError> {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        Self::build_in(plan, PathBuf::from(format!("/run/xfrmlab/{number}")))
    }

    /// Builds the world where `ip netns` looks for names, for a person who enters it. One at a time.
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn build_named(plan: &Plan) -> Result<Self, LabError> {
        Self::build_in(plan, PathBuf::from("/run/netns"))
    }

    fn build_in(plan: &Plan, names: PathBuf) -> Result<Self, LabError> {
        let mut world = Self {
            nodes: Nodes::default(),
            names,
        };
        for op in ops::script(plan) {
            apply::apply(&op, &mut world.nodes, &world.names)?;
        }
        for node in &mut world.nodes.0 {
            let ends = plan.links.iter().flat_map(|l| &l.ends);
            let devices: Vec<&str> = ends
                .filter(|e| e.node == node.name)
                .map(|e| e.device.as_str())
                .collect();
            carrier::wait(node, &devices)?;
            local_route::wait(node)?;
        }
        Ok(world)
    }

    /// What the kernel says it has of SAs and policies, node by node.
    ///
    /// # Errors
    /// When a dump is refused.
    pub fn installed(&mut self) -> Result<Vec<Installed>, LabError> {
        let mut list = Vec::new();
        for node in &mut self.nodes.0 {
            let name = node.name.clone();
            node.learn_devices();
            let failed = |what: &'static str| {
                let name = name.clone();
                move |refusal: Refusal| refusal.of(what, &name, "")
            };
            list.push(Installed {
                states: xfrm::states(node).map_err(failed("list states"))?,
                policies: xfrm::policies(node).map_err(failed("list policies"))?,
                node: name,
            });
        }
        Ok(list)
    }

    /// The rules of the nodes that brought some, with the handles that trace events name.
    pub(super) fn rules(&self, plan: &Plan) -> Result<Vec<RuleText>, LabError> {
        let mut rules = Vec::new();
        for node in plan.nodes.iter().filter(|n| n.has_rules()) {
            rules.extend(nft::rules(self.nodes.get(&node.name))?);
        }
        Ok(rules)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.nodes.0.clear();
        // Empty by now; where it is not, it ends with the agent's own /run.
        drop(std::fs::remove_dir(&self.names));
    }
}
