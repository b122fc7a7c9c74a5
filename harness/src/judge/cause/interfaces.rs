//! Owns what was seen held against the devices that look packets up by themselves: VTIs with their keys, and XFRM
//! interfaces with their ids.

use std::net::IpAddr;

use super::{evidence::Evidence, world};
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::names::Mark;
use crate::plan::Dir;

/// Outer addresses of the envelope that came to the node.
fn outer(e: &Evidence<'_>) -> Option<(IpAddr, IpAddr)> {
    let event = e.at_hook(Hook::Input).find(|ev| ev.kind.protected)?;
    world::ends(event.line.packet.as_ref()?)
}

/// An envelope came, and no VTI is for it, or the one that is looks up another mark than that of its SA.
pub(super) fn vti(e: &Evidence<'_>) -> Option<String> {
    if world::vtis(e.plan, e.node).is_empty() {
        return None;
    }
    let (src, dst) = outer(e)?;
    let Some((name, tunnel)) = world::vti_for(e.plan, e.node, (src, dst)) else {
        return Some(format!("no VTI of the node is for {src} > {dst}"));
    };
    let key = tunnel.ikey.unwrap_or(0);
    let node = e.plan.node(e.node)?;
    let marks = node.states.iter().filter(|s| s.dst == dst && s.src == src);
    let wrong = marks
        .filter_map(|s| s.mark)
        .find(|m| key & m.mask != m.value)?;
    Some(format!(
        "{name} looks its packets up with its input key {key}, the SA has mark {wrong}"
    ))
}

/// A VTI took a packet, and the policies that fit it have another mark than its input key.
pub(super) fn vti_policy(e: &Evidence<'_>) -> Option<String> {
    e.counter("XfrmInNoPols")?;
    let (src, dst) = outer(e)?;
    let (name, tunnel) = world::vti_for(e.plan, e.node, (src, dst))?;
    let key = tunnel.ikey.unwrap_or(0);
    let receiving = e.policies().into_iter().filter(|p| p.dir != Dir::Out);
    let to_tunnel = receiving.filter(|p| p.templates.iter().any(|t| t.src == src));
    let marks: Vec<_> = to_tunnel.map(|p| p.mark).collect();
    let wrong = marks.iter().flatten().next()?;
    (!marks.iter().any(|mark| found_with(key, *mark))).then(|| {
        format!("{name} lets packets in with its input key {key}, their policy has mark {wrong}")
    })
}

/// Whether a lookup with this key finds what has that mark.
fn found_with(key: u32, mark: Option<Mark>) -> bool {
    mark.is_none_or(|m| key & m.mask == m.value)
}

pub(super) fn if_id(e: &Evidence<'_>) -> Option<String> {
    let node = e.plan.node(e.node)?;
    let candidates = e.candidates();
    let policies = candidates.iter().flat_map(|(policies, _)| policies);
    let of_states = e.decoded_states().filter_map(|s| s.if_id);
    let mut all = policies.filter_map(|p| p.if_id).chain(of_states);
    let id = all.find(|id| !world::has_interface(node, *id))?;
    Some(format!(
        "no XFRM interface of the node has if_id {id}, so nothing that belongs to it is ever looked up"
    ))
}

/// The SA that opened a packet belongs to one interface, the policy that would let it in to another.
pub(super) fn if_id_of_state(e: &Evidence<'_>) -> Option<String> {
    let (sa, has) = e.decoded_states().find_map(|s| Some((&s.name, s.if_id?)))?;
    let candidates = e.candidates();
    let policies = candidates.iter().flat_map(|(policies, _)| policies);
    let asked: Vec<_> = policies.filter_map(|p| p.if_id).collect();
    let other = asked.iter().find(|id| **id != has)?;
    (!asked.contains(&has)).then(|| {
        format!("{sa} opened it for the interface with if_id {has}, and the policy for it asks for if_id {other}")
    })
}

/// A packet went into a VTI, and no policy fits it with the mark that the VTI gives it.
pub(super) fn vti_out(e: &Evidence<'_>) -> Option<String> {
    let devices = world::vtis(e.plan, e.node);
    let hooks = [Hook::Postrouting, Hook::Forward, Hook::Output].map(Place::Hook);
    let into = |ev: &crate::judge::story::Event| {
        let oif = ev.line.oif.as_deref()?;
        let at_hook = hooks.contains(&ev.line.place) && !ev.kind.protected;
        devices.iter().find(|(name, _)| at_hook && *name == oif)
    };
    e.events().find_map(|(_, ev)| {
        let (name, tunnel) = into(ev)?;
        let packet = ev.line.packet.as_ref()?;
        let (src, dst) = world::ends(packet)?;
        let key = tunnel.okey.unwrap_or(0);
        let policies = e.policies().into_iter().filter(|p| {
            p.dir == Dir::Out && p.selector.src.contains(&src) && p.selector.dst.contains(&dst)
        });
        let marks: Vec<_> = policies.map(|p| p.mark).collect();
        if marks.iter().any(|mark| found_with(key, *mark)) {
            return None;
        }
        Some(match marks.into_iter().flatten().next() {
            Some(mark) => format!("{name} looks its packets up with its output key {key}, the policy for {src} > {dst} has mark {mark}"),
            None => format!("{name} sends only what a policy fits, and no `dir out` policy of the node fits {src} > {dst}"),
        })
    })
}
