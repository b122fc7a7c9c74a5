//! Owns what was seen held against the devices that look packets up by themselves: VTIs with their keys, and XFRM
//! interfaces with their ids.

use std::net::IpAddr;

use super::{evidence::Evidence, selectors, tables, world};
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::judge::story::Event;
use crate::names::{IfId, Mark};
use crate::plan::{DeviceKind, Dir, Policy, RuleAction};

/// Outer addresses of the envelope that came to the node.
fn outer(e: &Evidence<'_>) -> Option<(IpAddr, IpAddr)> {
    let event = e.at_hook(Hook::Input).find(|ev| ev.kind.protected)?;
    world::ends(event.line.packet.as_ref()?)
}

/// An envelope came, and no VTI is for it, or the one that is looks up another mark than that of its SA.
pub(super) fn vti(e: &Evidence<'_>) -> Option<String> {
    if world::vtis(e.world, e.node).is_empty() {
        return None;
    }
    let (src, dst) = outer(e)?;
    let Some((name, tunnel)) = world::vti_for(e.world, e.node, (src, dst)) else {
        return Some(format!("no VTI of the node is for {src} > {dst}"));
    };
    let key = tunnel.ikey.unwrap_or(0);
    let node = e.world.node(e.node)?;
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
    let (name, tunnel) = world::vti_for(e.world, e.node, (src, dst))?;
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
    let node = e.world.node(e.node)?;
    let candidates = e.candidates();
    let policies = candidates.iter().flat_map(|(policies, _)| policies);
    let of_states = e.decoded_states().filter_map(|s| s.if_id);
    let mut all = policies.filter_map(|p| p.if_id).chain(of_states);
    let id = all.find(|id| !world::has_interface(node, *id))?;
    Some(format!(
        "no XFRM interface of the node has if_id {id}, so nothing that belongs to it is ever looked up"
    ))
}

/// The SA that opened a packet belongs to one interface or to none, the policy that would let it in to another.
pub(super) fn if_id_of_state(e: &Evidence<'_>) -> Option<String> {
    let candidates = e.candidates();
    let policies = candidates.iter().flat_map(|(policies, _)| policies);
    let asked: Vec<_> = policies.filter_map(|p| p.if_id).collect();
    let mut opened = e.decoded_states();
    let state = opened.find(|s| s.if_id.is_none_or(|has| !asked.contains(&has)))?;
    let (sa, other) = (&state.name, asked.first()?);
    Some(match state.if_id {
        Some(has) => format!(
            "{sa} opened it for the interface with if_id {has}, and the policy for it asks for if_id {other}"
        ),
        None => {
            format!("{sa} opened it without an if_id, and the policy for it asks for if_id {other}")
        }
    })
}

/// A packet went into a VTI, and no policy fits it with the mark that the VTI gives it.
pub(super) fn vti_out(e: &Evidence<'_>) -> Option<String> {
    let devices = world::vtis(e.world, e.node);
    let hooks = [Hook::Postrouting, Hook::Forward, Hook::Output].map(Place::Hook);
    let into = |ev: &Event| {
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

/// A packet went into an XFRM interface, and no policy with the interface's id fits it.
pub(super) fn xfrmi_out(e: &Evidence<'_>) -> Option<String> {
    let hooks = [Hook::Postrouting, Hook::Forward, Hook::Output].map(Place::Hook);
    let events = e.events().map(|(_, ev)| ev);
    let mut at_hooks = events.filter(|ev| hooks.contains(&ev.line.place));
    at_hooks.find_map(|ev| {
        let (packet, oif) = (ev.line.packet.as_ref()?, ev.line.oif.as_deref()?);
        let (src, dst) = world::ends(packet)?;
        let id = id_of(e, oif, ev, dst)?;
        let policies = out_policies(e, ev);
        if policies.iter().any(|p| p.if_id == Some(id)) {
            return None;
        }
        Some(match policies.first().map(|p| p.if_id) {
            Some(Some(other)) => format!("{oif} sends only what a policy with its if_id {id} fits, and the policy for {src} > {dst} has if_id {other}"),
            Some(None) => format!("{oif} sends only what a policy with its if_id {id} fits, and the policy for {src} > {dst} has none"),
            None => format!("{oif} sends only what a policy with its if_id {id} fits, and no `dir out` policy of the node fits {src} > {dst}"),
        })
    })
}

/// The interface id with which an XFRM interface looks a packet up: its own, or that of the packet's route.
fn id_of(e: &Evidence<'_>, device: &str, event: &Event, dst: IpAddr) -> Option<IfId> {
    let devices = &e.world.node(e.node)?.devices;
    match devices.iter().find(|d| d.name == device)?.kind {
        DeviceKind::Xfrm { external: true, .. } => {
            let iif = event.line.iif.as_deref().unwrap_or_default();
            let asked = tables::asked(e.world, e.node, iif);
            let route = tables::route(e.world, e.node, dst, &asked)?;
            route.encap.as_ref().map(|encap| IfId(encap.if_id))
        }
        DeviceKind::Xfrm { if_id, .. } => if_id,
        _ => None,
    }
}

/// The node's policies for sending that fit a packet by its selector.
fn out_policies<'a>(e: &Evidence<'a>, event: &Event) -> Vec<&'a Policy> {
    let Some(packet) = &event.line.packet else {
        return Vec::new();
    };
    let out = e.policies().into_iter().filter(|p| p.dir == Dir::Out);
    out.filter(|p| selectors::fits(&p.selector, packet))
        .collect()
}

/// What leaked belongs to a VTI or an XFRM interface of the node, and routing sent it past that device.
pub(super) fn bypassed(e: &Evidence<'_>) -> Option<String> {
    let (_, leak) = e.leaks().next()?;
    let through = &leak.wire.as_ref()?.device;
    let (src, dst) = world::ends(leak.line.packet.as_ref()?)?;
    let policies = out_policies(e, leak);
    let device = policies.iter().find_map(|p| device_of(e, p))?;
    let why = steered(e, leak).map_or_else(String::new, |rule| format!(" by {rule}"));
    (device != through).then(|| {
        format!("the policy for {src} > {dst} belongs to {device}, and routing sent it out through {through}{why}")
    })
}

/// The device whose packets alone a policy is for.
fn device_of<'a>(e: &Evidence<'a>, policy: &Policy) -> Option<&'a str> {
    let devices = &e.world.node(e.node)?.devices;
    let of_id = devices.iter().find(|d| {
        policy.if_id.is_some()
            && matches!(&d.kind, DeviceKind::Xfrm { if_id, .. } if *if_id == policy.if_id)
    });
    let vtis = || world::vtis(e.world, e.node).into_iter();
    let of_mark = |mark: Mark| vtis().find(|(_, t)| found_with(t.okey.unwrap_or(0), Some(mark)));
    let vti = || policy.mark.and_then(of_mark).map(|(name, _)| name);
    of_id.map(|d| d.name.as_str()).or_else(vti)
}

/// The routing rule of the file that the mark of a packet chose.
fn steered(e: &Evidence<'_>, event: &Event) -> Option<String> {
    let digits = event.line.mark.as_deref()?.strip_prefix("0x")?;
    let mark = u32::from_str_radix(digits, 16).ok()?;
    let rules = &e.world.node(e.node)?.rules;
    rules
        .iter()
        .find_map(|rule| match (rule.fwmark, rule.action) {
            (Some(asked), RuleAction::Lookup(table)) if mark & asked.mask == asked.value => Some(
                format!("the rule for mark {asked}, which looks into table {table}"),
            ),
            _ => None,
        })
}
