//! Owns the resolving of what a link end does to packets.

use super::{derive, draft::Findings};
use crate::{
    plan::Netem,
    spec::{
        schema::{impair::NetemSpec, network::LinkSpec},
        source::Spanned,
    },
};

/// What the end of `node` does, if anything.
pub(crate) fn netem(
    link: &LinkSpec,
    node: &str,
    device: &str,
    findings: &mut Findings,
) -> Option<Netem> {
    let own = link.netem_at.iter().flat_map(|n| n.value.0.iter());
    let mut own = own.filter(|(name, _)| name.value == node).map(|(_, n)| n);
    let spec: &NetemSpec = own
        .next_back()
        .or_else(|| link.netem.as_ref().map(|n| &n.value))?;
    let needs = |key: &str, other: &str| format!("`{key}` needs `{other}`");
    if let Some(reorder) = &spec.reorder
        && spec.delay.is_none()
    {
        findings.error(reorder.span, needs("reorder", "delay"));
    }
    if let Some(gap) = &spec.gap
        && spec.reorder.is_none()
    {
        findings.error(gap.span, needs("gap", "reorder"));
    }
    Some(Netem {
        delay_ns: spec.delay.as_ref().map_or(0, |t| t.0),
        jitter_ns: spec.jitter.as_ref().map_or(0, |t| t.0),
        loss: spec.loss.as_ref().map_or(0, |p| p.0),
        duplicate: spec.duplicate.as_ref().map_or(0, |p| p.0),
        reorder: spec.reorder.as_ref().map_or(0, |p| p.0),
        gap: spec.gap.as_ref().map_or(0, |g| g.0),
        corrupt: spec.corrupt.as_ref().map_or(0, |p| p.0),
        rate: spec.rate.as_ref().map_or(0, |r| r.0),
        limit: spec.limit.as_ref().map_or(Netem::LIMIT, |l| l.0),
        seed: derive::seed(node, device),
        refused: spec.refused.as_ref().map(|r| r.value.0.clone()),
    })
}

/// Names of nodes that a link's own keys name but that are none of its ends.
pub(crate) fn check_ends(link: &LinkSpec, nodes: &[&str], findings: &mut Findings) {
    let netem = link.netem_at.iter().flat_map(|n| n.value.0.iter());
    let netem = netem.map(|(name, _)| (name, "netem_"));
    let master = link.master_at.iter().flat_map(|m| m.value.0.iter());
    let master = master.map(|(name, _)| (name, "master_"));
    let offloads = link.offloads_at.iter().flat_map(|o| o.value.0.iter());
    let offloads = offloads.map(|(name, _)| (name, "offloads_"));
    for (name, prefix) in netem.chain(master).chain(offloads) {
        let name: &Spanned<String> = name;
        if !nodes.contains(&name.value.as_str()) {
            let message = format!("`{prefix}{}` names no end of the link", name.value);
            findings.error(name.span, message).suggest(name, nodes);
        }
    }
}
