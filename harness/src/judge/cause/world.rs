//! Owns what the file says of a node, as far as causes need it: addresses, devices, settings.
//! It never says what happened. What steps change of addresses, routes and devices is in the plan that
//! [`super::installed::world`] gives; settings and what is down are read from the steps here.

use std::net::IpAddr;

use crate::names::IfId;
use crate::plan::{DeviceKind, IfAddress, Node, Object, Plan, Tunnel, TunnelKind, What};
use crate::wire::Line;

/// The address of an endpoint: `10.0.1.100`, or with a port behind it, `10.0.1.100.4500`.
pub(crate) fn address(endpoint: &str) -> Option<IpAddr> {
    let bare = || endpoint.rsplit_once('.').and_then(|(a, _)| a.parse().ok());
    endpoint.parse().ok().or_else(bare)
}

/// Source and destination of a packet, where its line has both.
pub(crate) fn ends(packet: &Line) -> Option<(IpAddr, IpAddr)> {
    let end = |end: &Option<String>| end.as_deref().and_then(address);
    Some((end(&packet.src)?, end(&packet.dst)?))
}

/// The VTI of a node that takes an envelope with these outer addresses (`ip_tunnel_lookup`,
/// `net/ipv4/ip_tunnel.c`): its name, and the tunnel.
pub(crate) fn vti_for<'a>(
    plan: &'a Plan,
    node: &str,
    (src, dst): (IpAddr, IpAddr),
) -> Option<(&'a str, &'a Tunnel)> {
    let mut all = vtis(plan, node).into_iter();
    all.find(|(_, tunnel)| takes(tunnel, (src, dst)))
}

/// Whether a tunnel device is for a packet with these outer addresses; what it leaves open fits any.
pub(crate) fn takes(tunnel: &Tunnel, (src, dst): (IpAddr, IpAddr)) -> bool {
    let fits = |own: Option<IpAddr>, seen| own.is_none_or(|own| own == seen);
    fits(tunnel.local, dst) && fits(tunnel.remote, src)
}

/// Devices of a node that are down in a step: made so, or set down since.
pub(crate) fn down(plan: &Plan, node: &str, step: u32) -> Vec<String> {
    let mut out: Vec<String> = plan
        .node(node)
        .iter()
        .flat_map(|n| n.devices.iter())
        .filter(|d| !d.up)
        .map(|d| d.name.clone())
        .collect();
    let steps = plan.steps.iter().take(step as usize + 1);
    for change in steps.flat_map(|s| &s.changes).filter(|c| c.node == node) {
        match &change.what {
            What::Down(device) => out.push(device.clone()),
            What::Up(device) => out.retain(|d| d != device),
            What::Add(Object::Device(device)) if !device.up => out.push(device.name.clone()),
            _ => {}
        }
    }
    out
}

/// The VTIs of a node.
pub(crate) fn vtis<'a>(plan: &'a Plan, node: &str) -> Vec<(&'a str, &'a Tunnel)> {
    let devices = plan.node(node).map_or(&[][..], |n| &n.devices);
    let vti = |d: &'a crate::plan::Device| match &d.kind {
        DeviceKind::Tunnel(t) if matches!(t.kind, TunnelKind::Vti | TunnelKind::Vti6) => {
            Some((d.name.as_str(), t))
        }
        _ => None,
    };
    devices.iter().filter_map(vti).collect()
}

/// Whether a device of a node is a tunnel or an XFRM interface.
pub(crate) fn is_tunnel(plan: &Plan, node: &str, device: &str) -> bool {
    let devices = plan.node(node).map_or(&[][..], |n| &n.devices);
    let tunnel =
        |kind: &DeviceKind| matches!(kind, DeviceKind::Tunnel(_) | DeviceKind::Xfrm { .. });
    devices.iter().any(|d| d.name == device && tunnel(&d.kind))
}

/// Whether an XFRM interface of the node takes packets of this `if_id`.
pub(crate) fn has_interface(node: &Node, id: IfId) -> bool {
    node.devices.iter().any(|d| match &d.kind {
        DeviceKind::Xfrm {
            if_id, external, ..
        } => *external || *if_id == Some(id),
        _ => false,
    })
}

/// Value of a numeric setting of a node in a step.
pub(crate) fn sysctl(plan: &Plan, node: &str, step: u32, key: &str) -> Option<u32> {
    let first = plan.node(node)?.sysctls.iter();
    let steps = plan.steps.iter().take(step as usize + 1);
    let changes = steps.flat_map(|s| &s.changes).filter(|c| c.node == node);
    let later = changes.filter_map(|c| match &c.what {
        What::Sysctl(sysctl) => Some(sysctl),
        _ => None,
    });
    first
        .chain(later)
        .rfind(|s| s.key.replace('/', ".") == key)
        .and_then(|s| s.value.parse().ok())
}

/// The addresses of a node's devices.
fn addresses<'a>(plan: &'a Plan, node: &'a str) -> impl Iterator<Item = &'a IfAddress> {
    let ends = plan.links.iter().flat_map(|l| &l.ends);
    let ends = ends.filter(move |e| e.node == node);
    let devices = plan.node(node).map_or(&[][..], |n| &n.devices);
    let of_ends = ends.flat_map(|e| &e.addresses);
    of_ends.chain(devices.iter().flat_map(|d| &d.addresses))
}

/// Whether an address is one of the node's own.
pub(crate) fn owns(plan: &Plan, node: &str, address: IpAddr) -> bool {
    addresses(plan, node).any(|a| a.address == address)
}

/// Whether forwarding and routes have no say in where it goes: many or all on the link, or an address that the kernel
/// gave a device by itself, which the file does not know.
pub(crate) fn is_for_link(plan: &Plan, node: &str, dst: IpAddr) -> bool {
    match dst {
        IpAddr::V4(v4) => v4.is_multicast() || v4.is_broadcast() || is_broadcast(plan, node, dst),
        IpAddr::V6(v6) => v6.is_multicast() || v6.is_unicast_link_local(),
    }
}

/// Whether an address means all hosts of a network that the node is on. One of two or of one address has none of these
/// (RFC 3021).
fn is_broadcast(plan: &Plan, node: &str, address: IpAddr) -> bool {
    let mut networks = addresses(plan, node).filter_map(IfAddress::net);
    networks.any(|n| n.addr().is_ipv4() && n.prefix_len() < 31 && n.broadcast() == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_have_ports_or_not() {
        assert_eq!(address("10.0.1.100"), "10.0.1.100".parse().ok());
        assert_eq!(address("10.0.1.100.4500"), "10.0.1.100".parse().ok());
        assert_eq!(address("fd00::1.4500"), "fd00::1".parse().ok());
        assert_eq!(address("*"), None);
    }

    #[test]
    fn multicast_and_what_the_kernel_gave_a_device_are_for_the_link() {
        let plan = crate::judge::tests::fixture::plan();
        let for_link = |dst: &str| is_for_link(&plan, "r1", dst.parse().unwrap());
        assert!(for_link("ff02::1") && for_link("fe80::1") && for_link("224.0.0.1"));
        assert!(!for_link("fd00::1") && !for_link("10.0.1.255"));
    }
}
