//! Owns what came for a tunnel device held against the devices of the file: GRE, IP in IP and their like.

use std::net::IpAddr;

use super::{evidence::Evidence, world};
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::plan::{DeviceKind, Proto, Tunnel, TunnelKind};
use crate::wire::Line;

/// `ETH_P_TEB`: what a GRE header has before Ethernet.
const TEB: &str = "0x6558";

/// What helps.
pub(super) const REMEDY: &str =
    "make the device, with the two outer addresses of the tunnel, and the same key at both ends";

/// A packet of a tunnel came to this node as it is, without an envelope of ESP or AH, and none of its devices takes it.
pub(super) fn no_device(e: &Evidence<'_>) -> Option<String> {
    // Whatever is inside: a device that does not take ARP takes nothing else either.
    let events = e.story.journeys.iter().flat_map(|j| &j.events);
    let here = events.filter(|ev| ev.node == e.node && ev.line.place == Place::Hook(Hook::Input));
    let mut packets = here.filter_map(|ev| ev.line.packet.as_ref());
    packets.find_map(|packet| {
        let (src, dst) = world::ends(packet)?;
        let kind = kind(packet, dst)?;
        // What IPComp has nothing to gain from it sends without its header, which looks the same as IP in IP
        // (RFC 3173 section 2.2).
        let v4_or_v6 = matches!(
            kind,
            TunnelKind::Ipip | TunnelKind::Sit | TunnelKind::Ip6tnl
        );
        if v4_or_v6 && compresses(e, (src, dst)) {
            return None;
        }
        let key = packet.field("key").and_then(|k| k.parse::<u32>().ok());
        let tunnels = tunnels(e, kind);
        let near: Vec<_> = tunnels
            .into_iter()
            .filter(|(_, tunnel)| world::takes(tunnel, (src, dst)))
            .collect();
        if near.iter().any(|(_, t)| t.ikey == key) {
            return None;
        }
        let came = format!("{} {src} > {dst}", kind.word());
        if near.is_empty() {
            return Some(format!(
                "{came} came, and no {} device of the node is for these addresses",
                kind.word()
            ));
        }
        let takes = near
            .iter()
            .map(|(name, t)| format!("{name} takes {}", words(t.ikey)));
        let takes: Vec<String> = takes.collect();
        Some(format!(
            "{came} came with {}; of the devices with these addresses {}",
            words(key),
            takes.join(", ")
        ))
    })
}

/// Whether an SA of the run, at whichever node, is of `IPComp` between these addresses.
fn compresses(e: &Evidence<'_>, ends: (IpAddr, IpAddr)) -> bool {
    let mut states = e.plan.states_ever().map(|(_, state)| state);
    states.any(|s| s.proto == Proto::Comp && (s.src, s.dst) == ends)
}

fn words(key: Option<u32>) -> String {
    key.map_or_else(|| "no key".to_owned(), |key| format!("key {key}"))
}

/// The type of the devices that take such a packet. A trace event may end before it shows what is inside.
fn kind(packet: &Line, dst: IpAddr) -> Option<TunnelKind> {
    let head = packet.head.first().map(String::as_str)?;
    let shown = packet.field("proto");
    let v4 = dst.is_ipv4();
    match (head, shown) {
        ("gre", proto) if proto == Some(TEB) => Some(if v4 {
            TunnelKind::Gretap
        } else {
            TunnelKind::Ip6gretap
        }),
        ("gre", _) => Some(if v4 {
            TunnelKind::Gre
        } else {
            TunnelKind::Ip6gre
        }),
        ("ip", Some("4" | "41")) if !v4 => Some(TunnelKind::Ip6tnl),
        ("4in6" | "6in6", _) => Some(TunnelKind::Ip6tnl),
        ("ipip", _) | ("ip", Some("4")) => Some(TunnelKind::Ipip),
        ("6in4", _) | ("ip", Some("41")) => Some(TunnelKind::Sit),
        _ => None,
    }
}

/// The node's devices of a type that are up.
fn tunnels<'a>(e: &Evidence<'a>, kind: TunnelKind) -> Vec<(&'a str, &'a Tunnel)> {
    let down = world::down(e.plan, e.node, e.step);
    let devices = e.world.node(e.node).map_or(&[][..], |n| &n.devices);
    let up = devices.iter().filter(|d| !down.contains(&d.name));
    up.filter_map(|device| match &device.kind {
        DeviceKind::Tunnel(tunnel) if tunnel.kind == kind => Some((device.name.as_str(), tunnel)),
        _ => None,
    })
    .collect()
}
