//! Owns the checks of what is allowed and nearly always a mistake: rules that catch the tunnel's own traffic,
//! ids and marks that nothing else has. It never changes a draft.

use std::collections::BTreeSet;

use super::{
    draft::{Draft, DraftNode, Findings},
    names::addresses,
    natting::masquerade,
};
use crate::{
    names::Mark,
    plan::{DeviceKind, Dir, Level, Proto},
    spec::{
        lint::Lint,
        source::{Span, Spanned},
    },
};

/// All checks of all nodes.
pub(crate) fn check(draft: &Draft, findings: &mut Findings) {
    for node in &draft.nodes {
        masquerade(draft, node, findings);
        inbound(node, findings);
        reqids(node, findings);
        if_ids(node, findings);
        marks(node, findings);
        networks(draft, node, findings);
    }
}

/// Notes inbound policies that let clear text in. With `IPComp` that is how it must be: what does not get
/// shorter is sent as it is (RFC 3173 section 2.2).
fn inbound(node: &DraftNode, findings: &mut Findings) {
    for policy in node.policies.iter().filter(|p| p.dir != Dir::Out) {
        if policy
            .templates
            .iter()
            .any(|t| t.level == Level::Use && t.proto != Proto::Comp)
        {
            let message = format!(
                "policy `{}` (dir {}) of node `{}` lets in what came without its SA",
                policy.name,
                policy.dir.word(),
                node.name
            );
            findings.lint(Lint::LevelUseInbound, policy.span, message);
        }
    }
}

/// Notes SAs that no template of their node can ask for.
fn reqids(node: &DraftNode, findings: &mut Findings) {
    let asked: BTreeSet<u32> = templates(node).map(|t| t.reqid.0).collect();
    if asked.is_empty() || asked.contains(&0) {
        return;
    }
    for state in &node.states {
        if state.reqid.0 != 0 && !asked.contains(&state.reqid.0) {
            let message = format!(
                "no template of node `{}` has reqid {} of SA `{}`",
                node.name, state.reqid, state.name
            );
            findings.lint(Lint::UnusedReqid, state.span, message);
        }
    }
}

fn templates(node: &DraftNode) -> impl Iterator<Item = &crate::plan::Template> {
    node.policies.iter().flat_map(|p| &p.templates)
}

/// Notes interface ids that SAs have without policies, policies without SAs, or interfaces without both.
fn if_ids(node: &DraftNode, findings: &mut Findings) {
    let routed = node
        .routes
        .iter()
        .filter_map(|r| r.encap.as_ref())
        .map(|e| e.if_id);
    let routed: BTreeSet<u32> = routed.collect();
    let of_states = ids(node.states.iter().map(|s| (s.if_id, s.span)));
    // A policy without templates needs no SA.
    let protecting = node.policies.iter().filter(|p| !p.templates.is_empty());
    let of_policies = ids(protecting.map(|p| (p.if_id, p.span)));
    let all_policies = ids(node.policies.iter().map(|p| (p.if_id, p.span)));
    let of_devices = ids(node.devices.iter().map(|d| match &d.kind {
        // One that moved here goes on with the SAs and policies of where it was born.
        DeviceKind::Xfrm { if_id, .. } if d.refused.is_none() && d.born.is_none() => {
            (*if_id, d.span)
        }
        _ => (None, d.span),
    }));
    let has = |list: &[(u32, Span)], id: u32| list.iter().any(|(other, _)| *other == id);
    let mut note = |id: u32, span: Span, what: &str, lacks: &str| {
        let message = format!(
            "{what} of node `{}` has if_id {id:#x}, but no {lacks} has",
            node.name
        );
        findings.lint(Lint::OneSidedIfId, span, message);
    };
    for (id, span) in &of_states {
        if !has(&all_policies, *id) {
            note(*id, *span, "an SA", "policy");
        }
    }
    for (id, span) in &of_policies {
        if !has(&of_states, *id) {
            note(*id, *span, "a policy", "SA");
        }
    }
    for (id, span) in &of_devices {
        if !has(&of_states, *id) && !has(&all_policies, *id) && !routed.contains(id) {
            note(*id, *span, "an XFRM interface", "SA or policy");
        }
    }
}

/// Ids other than 0, each once, with the place of the first.
fn ids(list: impl Iterator<Item = (Option<crate::names::IfId>, Span)>) -> Vec<(u32, Span)> {
    let mut seen = BTreeSet::new();
    let given = list.filter_map(|(id, span)| Some((id?.0, span)));
    given
        .filter(|(id, _)| *id != 0 && seen.insert(*id))
        .collect()
}

/// Notes marks with bits that their mask takes away.
fn marks(node: &DraftNode, findings: &mut Findings) {
    let states = node.states.iter().map(|s| ("an SA", s.mark, s.span));
    let policies = node.policies.iter().map(|p| ("a policy", p.mark, p.span));
    let rules = node
        .rules
        .iter()
        .map(|r: &Spanned<_>| ("a rule", r.fwmark, r.span));
    for (what, mark, span) in states.chain(policies).chain(rules) {
        let Some(Mark { value, mask }) = mark else {
            continue;
        };
        if value & !mask != 0 {
            let message = format!(
                "mark {value:#x} of {what} of node `{}` has bits outside its mask {mask:#x}",
                node.name
            );
            findings
                .lint(Lint::MarkOutsideMask, span, message)
                .hint(format!("`{:#x}/{mask:#x}`", value & mask));
        }
    }
}

/// Notes devices whose networks hold each other's addresses.
fn networks(draft: &Draft, node: &DraftNode, findings: &mut Findings) {
    let in_vrf = |device: &str| {
        let own = node.devices.iter().filter(|d| d.name == device);
        let ends = draft.links.iter().flat_map(|l| &l.ends);
        let ends = ends.filter(|e| e.node == node.name && e.device == device);
        own.filter_map(|d| d.master.as_ref())
            .chain(ends.filter_map(|e| e.master.as_ref()))
            .next()
            .is_some()
    };
    let list: Vec<_> = addresses(draft, &node.name)
        .filter(|(device, a)| a.refused.is_none() && !in_vrf(device))
        .collect();
    for (index, (device, a)) in list.iter().enumerate() {
        let wide = |prefix: u8| prefix < if a.address.is_ipv4() { 32 } else { 128 };
        let other = list[..index].iter().find(|(other, b)| {
            other != device
                && a.address != b.address
                && wide(a.prefix)
                && wide(b.prefix)
                && (a.net().is_some_and(|net| net.contains(&b.address))
                    || b.net().is_some_and(|net| net.contains(&a.address)))
        });
        if let Some((other, b)) = other {
            let span = place(draft, node, device);
            let message = format!(
                "`{}/{}` on `{device}` and `{}/{}` on `{other}` of node `{}` are in one network",
                a.address, a.prefix, b.address, b.prefix, node.name
            );
            findings.lint(Lint::OverlappingNetworks, span, message);
        }
    }
}

/// Where a device of a node stands in the file.
fn place(draft: &Draft, node: &DraftNode, device: &str) -> Span {
    let own = node.devices.iter().find(|d| d.name == device);
    let mut links = draft.links.iter();
    let link = links.find(|l| {
        l.ends
            .iter()
            .any(|e| e.node == node.name && e.device == device)
    });
    own.map(|d| d.span)
        .or(link.map(|l| l.span))
        .unwrap_or_default()
}
