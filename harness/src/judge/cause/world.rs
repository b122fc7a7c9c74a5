//! Owns what the file says of a node, as far as causes need it: routes, devices, settings.
//! It never says what happened. What steps change of routes, addresses and devices is in the plan that
//! [`super::installed::world`] gives; settings and what is down are read from the steps here.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::names::IfId;
use crate::plan::{
    DeviceKind, IfAddress, Node, Object, Plan, Route, RouteKind, Tunnel, TunnelKind, What,
};
use crate::wire::Line;

/// The main routing table.
const MAIN: u32 = 254;

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

/// The routing table that packets are looked up in which came in through a device.
pub(crate) fn table_of(plan: &Plan, node: &str, device: &str) -> u32 {
    let devices = plan.node(node).map_or(&[][..], |n| &n.devices);
    let table = |name: &str| {
        let of_name = devices.iter().find(|d| d.name == name)?;
        match of_name.kind {
            DeviceKind::Vrf { table } => Some(table),
            _ => None,
        }
    };
    let ends = plan.links.iter().flat_map(|l| &l.ends);
    let mut ends = ends.filter(|e| e.node == node && e.device == device);
    let of_end = ends.find_map(|e| e.master.as_deref());
    let of_device = || devices.iter().find(|d| d.name == device)?.master.as_deref();
    let vrf = of_end.or_else(of_device).and_then(table);
    vrf.or_else(|| table(device)).unwrap_or(MAIN)
}

/// The VTI of a node that takes an envelope with these outer addresses (`ip_tunnel_lookup`,
/// `net/ipv4/ip_tunnel.c`): its name, and the tunnel.
pub(crate) fn vti_for<'a>(
    plan: &'a Plan,
    node: &str,
    (src, dst): (IpAddr, IpAddr),
) -> Option<(&'a str, &'a Tunnel)> {
    let fits = |own: Option<IpAddr>, seen| own.is_none_or(|own| own == seen);
    let mut all = vtis(plan, node).into_iter();
    all.find(|(_, t)| fits(t.local, dst) && fits(t.remote, src))
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

/// The route of the file in a table that a destination takes, connected networks aside.
pub(crate) fn route<'a>(plan: &'a Plan, node: &str, dst: IpAddr, table: u32) -> Option<&'a Route> {
    let routes = plan.node(node)?.routes.iter();
    let best = routes
        .filter(|r| r.table == table && r.dst.contains(&dst))
        .max_by_key(|r| r.dst.prefix_len())?;
    let connected = connected(plan, node, dst, table).map_or(0, |(_, prefix)| prefix);
    (best.dst.prefix_len() >= connected).then_some(best)
}

/// The device through which a node reaches an address by a table.
pub(crate) fn device_to(plan: &Plan, node: &str, dst: IpAddr, table: u32) -> Option<String> {
    match route(plan, node, dst, table) {
        Some(route) if route.kind != RouteKind::Unicast => None,
        Some(route) => match (&route.dev, route.via) {
            (Some(dev), _) => Some(dev.clone()),
            (None, via) => connected(plan, node, via?, table).map(|(device, _)| device),
        },
        None => connected(plan, node, dst, table).map(|(device, _)| device),
    }
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

/// The device on whose network an address is by a table, and the length of that network's prefix.
fn connected(plan: &Plan, node: &str, dst: IpAddr, table: u32) -> Option<(String, u8)> {
    let ends = plan.links.iter().flat_map(|l| &l.ends);
    let ends = ends
        .filter(|e| e.node == node)
        .map(|e| (&e.device, &e.addresses));
    let devices = plan.node(node)?.devices.iter();
    let devices = devices.map(|d| (&d.name, &d.addresses));
    let all = ends
        .chain(devices)
        .flat_map(|(name, list)| list.iter().map(move |a| (name, a)));
    let fits = all.filter(|(_, a)| {
        IpNet::new(a.address, a.prefix).is_ok_and(|network| network.contains(&dst))
    });
    let fits = fits.filter(|(device, _)| table_of(plan, node, device) == table);
    fits.max_by_key(|(_, a)| a.prefix)
        .map(|(name, a)| (name.clone(), a.prefix))
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
