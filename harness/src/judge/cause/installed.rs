//! Owns what stands in a step: the nodes of the file from the start, with what steps so far changed of their SAs,
//! policies, addresses, routes and devices. What the kernel must refuse is not there.

use super::{evidence::Evidence, objects};
use crate::plan::{DefaultPolicy, Migration, Node, Plan, Policy, State, Step, What};

/// The plan with its nodes and links as they stand in a step. Its steps stay as they are.
pub(super) fn world(plan: &Plan, step: u32) -> Plan {
    let mut world = plan.clone();
    for end in world.links.iter_mut().flat_map(|l| &mut l.ends) {
        end.addresses.retain(|a| a.refused.is_none());
    }
    for node in &mut world.nodes {
        node.states.retain(|s| s.more.refused.is_none());
        node.policies.retain(|p| p.refused.is_none());
        node.routes.retain(|r| r.refused.is_none());
        node.rules.retain(|r| r.refused.is_none());
        node.devices.retain(|d| d.refused.is_none());
        for device in &mut node.devices {
            device.addresses.retain(|a| a.refused.is_none());
        }
    }
    let steps = plan.steps.iter().take(step as usize + 1);
    for change in steps.flat_map(Step::every_change) {
        if change.refused.is_none() {
            apply(&mut world, &change.node, &change.what);
        }
    }
    world
}

impl<'a> Evidence<'a> {
    /// Policies that the node has in the step.
    pub(crate) fn policies(&self) -> Vec<&'a Policy> {
        let node = self.world.node(self.node).into_iter();
        node.flat_map(|n| &n.policies).collect()
    }

    /// SAs, likewise.
    pub(crate) fn states(&self) -> Vec<&'a State> {
        let node = self.world.node(self.node).into_iter();
        node.flat_map(|n| &n.states).collect()
    }

    /// What happens to packets that no policy of the node matches, where the file says it.
    pub(crate) fn default_policy(&self) -> Option<&'a DefaultPolicy> {
        self.world.node(self.node)?.spd.default.as_ref()
    }
}

fn apply(world: &mut Plan, name: &str, what: &What) {
    objects::apply(world, name, what);
    let Some(node) = world.nodes.iter_mut().find(|n| n.name == name) else {
        return;
    };
    match what {
        What::AddPolicy(policy) => {
            node.policies.retain(|p| !same_policy(p, policy));
            node.policies.push((**policy).clone());
        }
        What::DeletePolicy(gone)
        | What::ExpirePolicy {
            policy: gone,
            hard: true,
        } => node.policies.retain(|p| !same_policy(p, gone)),
        What::FlushPolicies { sub } => node.policies.retain(|p| p.sub != *sub),
        What::AddState(state) => node.states.push((**state).clone()),
        What::UpdateState(state) => update(node, state),
        What::DeleteState(gone)
        | What::ExpireState {
            state: gone,
            hard: true,
        } => node.states.retain(|s| !same_state(s, gone)),
        What::FlushStates(proto) => node
            .states
            .retain(|s| proto.is_some_and(|proto| s.proto != proto)),
        What::Migrate(migration) => migrate(node, migration),
        What::SetDefault(default) => node.spd.default = Some(default.clone()),
        What::SetHashThresholds { v6, thresholds } => {
            let of_family = if *v6 {
                &mut node.spd.hthresh6
            } else {
                &mut node.spd.hthresh4
            };
            *of_family = Some(thresholds.clone());
        }
        _ => {}
    }
}

/// What the kernel looks a policy up by; main and `sub` policies are apart.
fn same_policy(a: &Policy, b: &Policy) -> bool {
    let key = |p: &Policy| (p.sub, p.dir, p.mark, p.if_id);
    key(a) == key(b) && a.selector == b.selector
}

fn same_state(a: &State, b: &State) -> bool {
    (a.dst, a.proto, a.spi, a.mark) == (b.dst, b.proto, b.spi, b.mark)
}

/// An SA that is there keeps its mode, addresses and reqid; one whose SPI alone was allocated is there only now
/// (`xfrm_state_update` in `net/xfrm/xfrm_state.c`, Linux 6.12).
fn update(node: &mut Node, state: &State) {
    match node.states.iter_mut().find(|s| same_state(s, state)) {
        Some(there) => {
            there.encap = state.encap;
            there.if_id = state.if_id.or(there.if_id);
        }
        None => node.states.push(state.clone()),
    }
}

fn migrate(node: &mut Node, migration: &Migration) {
    let policies = node.policies.iter_mut();
    for policy in policies.filter(|p| same_policy(p, &migration.policy)) {
        let templates = policy.templates.iter_mut();
        let movable = templates.filter(|t| Migration::moves(t));
        for (template, (src, dst)) in movable.zip(&migration.ends) {
            (template.src, template.dst) = (*src, *dst);
        }
    }
    // The address is what changes; SPI, protocol and reqid stay.
    let key = |s: &State| (s.proto, s.spi, s.reqid, s.mark);
    for state in &migration.states {
        node.states.retain(|s| key(s) != key(state));
        node.states.push(state.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::tests::fixture;
    use crate::plan::{Change, Encap, EncapType};

    fn policy(sub: bool, dst: &str) -> Policy {
        let mut policy: Policy = crate::judge::tests::refined::policy(crate::plan::Dir::Out, None);
        policy.sub = sub;
        policy.templates[0].dst = dst.parse().unwrap();
        policy
    }

    /// What r1 has after these changes.
    fn after(policies: Vec<Policy>, changes: Vec<What>) -> Node {
        let mut plan = fixture::plan();
        let node = plan.nodes.iter_mut().find(|n| n.name == "r1").unwrap();
        node.policies = policies;
        let change = |what| Change {
            node: "r1".into(),
            what,
            refused: None,
        };
        plan.steps[0].changes = changes.into_iter().map(change).collect();
        world(&plan, 0).node("r1").unwrap().clone()
    }

    #[test]
    fn a_main_policy_and_a_sub_one_are_apart() {
        let [main, sub] = [false, true].map(|sub| policy(sub, "5.0.0.1"));
        let both = || vec![main.clone(), sub.clone()];
        let gone = |gone: &Policy| after(both(), vec![What::DeletePolicy(Box::new(gone.clone()))]);
        assert_eq!(gone(&main).policies, std::slice::from_ref(&sub));
        assert_eq!(gone(&sub).policies, std::slice::from_ref(&main));
        let expired = What::ExpirePolicy {
            policy: Box::new(main.clone()),
            hard: true,
        };
        assert_eq!(
            after(both(), vec![expired]).policies,
            std::slice::from_ref(&sub)
        );
    }

    #[test]
    fn what_expires_hard_is_gone() {
        let expire = |hard| What::ExpireState {
            state: Box::new(fixture::there()),
            hard,
        };
        let left = |hard| after(Vec::new(), vec![expire(hard)]).states;
        assert_eq!(left(true), [fixture::back()]);
        assert_eq!(left(false), [fixture::there(), fixture::back()]);
    }

    #[test]
    fn an_update_changes_the_encapsulation_and_makes_a_larval_sa_whole() {
        let mut new = fixture::there();
        new.encap = Some(Encap {
            kind: EncapType::EspInUdp,
            sport: 4500,
            dport: 4501,
            oaddr: "0.0.0.0".parse().unwrap(),
        });
        let mut larval = new.clone();
        larval.spi.0 += 1;
        let update = |state: &State| What::UpdateState(Box::new(state.clone()));
        let states = after(Vec::new(), vec![update(&new), update(&larval)]).states;
        assert_eq!(states, [new, fixture::back(), larval]);
    }

    #[test]
    fn what_migrates_has_its_new_ends() {
        let old = policy(false, "5.0.0.1");
        let mut state = fixture::there();
        state.dst = "5.0.0.9".parse().unwrap();
        let migration = Migration {
            policy: old.clone(),
            ends: vec![("3.0.0.1".parse().unwrap(), state.dst)],
            states: vec![state.clone()],
        };
        let node = after(vec![old], vec![What::Migrate(Box::new(migration))]);
        assert_eq!(node.policies, [policy(false, "5.0.0.9")]);
        assert_eq!(node.states, [fixture::back(), state]);
    }
}
