//! Owns what a node has in a step: its SAs and policies, as the file has them from the start and as steps changed them.

use super::evidence::Evidence;
use crate::plan::{DefaultPolicy, Policy, State, Step, What};

impl<'a> Evidence<'a> {
    /// Policies of the node: those of the start and those that steps so far added, without those that they deleted.
    pub(crate) fn policies(&self) -> Vec<&'a Policy> {
        let first = self.plan.node(self.node).map_or(&[][..], |n| &n.policies);
        let mut out: Vec<&Policy> = first.iter().collect();
        for what in self.changes() {
            match what {
                What::AddPolicy(policy) => out.push(policy),
                What::DeletePolicy(gone) => out.retain(|p| {
                    (p.dir, &p.selector, p.mark, p.if_id)
                        != (gone.dir, &gone.selector, gone.mark, gone.if_id)
                }),
                What::FlushPolicies { sub } => out.retain(|p| p.sub != *sub),
                _ => {}
            }
        }
        out
    }

    /// SAs of the node, likewise.
    pub(crate) fn states(&self) -> Vec<&'a State> {
        let first = self.plan.node(self.node).map_or(&[][..], |n| &n.states);
        let mut out: Vec<&State> = first.iter().collect();
        for what in self.changes() {
            match what {
                What::AddState(state) => out.push(state),
                What::DeleteState(gone) => out.retain(|s| {
                    (s.dst, s.proto, s.spi, s.mark) != (gone.dst, gone.proto, gone.spi, gone.mark)
                }),
                What::FlushStates(proto) => {
                    out.retain(|s| proto.is_some_and(|proto| s.proto != proto));
                }
                _ => {}
            }
        }
        out
    }

    fn changes(&self) -> impl Iterator<Item = &'a What> + '_ {
        let steps = self.plan.steps.iter().take(self.step as usize + 1);
        let all = steps.flat_map(Step::every_change);
        all.filter(|c| c.node == self.node).map(|c| &c.what)
    }

    /// What happens to packets that no policy of the node matches, where the file says it.
    pub(crate) fn default_policy(&self) -> Option<&'a DefaultPolicy> {
        let later = self.changes().filter_map(|what| match what {
            What::SetDefault(default) => Some(default),
            _ => None,
        });
        let first = self.plan.node(self.node)?.spd.default.as_ref();
        later.last().or(first)
    }
}
