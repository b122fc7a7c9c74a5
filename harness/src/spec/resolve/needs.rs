//! Owns what a plan asks of the kernel, as capabilities that are probed before it
//! is built. It never probes.

use std::collections::BTreeSet;

use super::rare;
use crate::plan::{Link, Need, Node, Object, Proto, Rules, State, Step, What};

/// Every capability that the nodes use or the file asks for, each once, sorted.
pub(crate) fn needs(nodes: &[Node], links: &[Link], steps: &[Step], asked: Vec<Need>) -> Vec<Need> {
    let mut needs: BTreeSet<Need> = asked.into_iter().collect();
    if links
        .iter()
        .flat_map(|l| &l.ends)
        .any(|e| e.netem.is_some())
    {
        needs.insert(Need::Qdisc("netem".to_owned()));
    }
    for node in nodes {
        if !node.nft.trim().is_empty() {
            needs.insert(Need::Nft);
        }
        if !node.iptables.is_empty() {
            needs.insert(Need::Iptables);
        }
        needs.extend(node.refused_rules.iter().map(|r| loader(&r.rules)));
        needs.extend(
            node.devices
                .iter()
                .map(|d| Need::Device(d.kind.word().to_owned())),
        );
        for state in node.states.iter().filter(|s| s.more.refused.is_none()) {
            of_state(state, &mut needs);
        }
    }
    if steps.iter().any(|s| s.expect.log.is_some()) {
        needs.insert(Need::KernelLog);
    }
    if steps.iter().any(|s| !s.expect.freed.is_empty()) {
        needs.insert(Need::FreedPackets);
    }
    for change in steps.iter().flat_map(Step::every_change) {
        match &change.what {
            // What must be refused may be refused for want of it.
            _ if change.refused.is_some() => {}
            What::AddState(state) => of_state(state, &mut needs),
            What::Add(Object::Device(device)) => {
                needs.insert(Need::Device(device.kind.word().to_owned()));
            }
            What::Load(rules) => {
                needs.insert(loader(rules));
            }
            _ => {}
        }
    }
    needs.into_iter().collect()
}

/// The command that loads rules.
fn loader(rules: &Rules) -> Need {
    match rules {
        Rules::Nft(..) => Need::Nft,
        Rules::Iptables(_) => Need::Iptables,
    }
}

fn of_state(state: &State, needs: &mut BTreeSet<Need>) {
    needs.extend(xfrm_type(state).map(Need::XfrmType));
    needs.extend(rare::needs(state).into_iter().map(Need::StateOption));
    let algorithms = &state.algorithms;
    let named = [
        algorithms.aead.as_ref().map(|a| ("aead", &a.name)),
        algorithms.crypt.as_ref().map(|c| ("enc", &c.name)),
        algorithms.auth.as_ref().map(|a| ("auth", &a.name)),
        algorithms.comp.as_ref().map(|name| ("comp", name)),
    ];
    for (kind, name) in named.into_iter().flatten() {
        needs.insert(Need::Algorithm(kind.to_owned(), name.clone()));
    }
}

/// The kernel's module for an SA, by protocol and outer family.
fn xfrm_type(state: &State) -> Option<String> {
    let proto = match state.proto {
        Proto::Esp => "esp",
        Proto::Ah => "ah",
        Proto::Comp => "ipcomp",
        // Probed as options.
        Proto::Route2 | Proto::Hao => return None,
    };
    let family = if state.dst.is_ipv4() { 4 } else { 6 };
    Some(format!("{proto}{family}"))
}
