//! Owns the routing tables of a node as the file has them: which are asked, and where they lead. It never says what
//! happened.

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::plan::{DeviceKind, Plan, Route, RouteKind};

/// The main routing table.
pub(crate) const MAIN: u32 = 254;

/// What an address is reached by.
enum Way<'a> {
    Route(&'a Route),
    /// The device on whose network it is.
    Connected(String),
}

/// The tables that are asked for what came in through a device, one after the other. Where that of a VRF has no route the
/// main one is asked, too: the rule for VRFs (`vrf_add_fib_rules` in `drivers/net/vrf.c`) is one before it and no more.
/// Seen with Linux 6.12.
pub(crate) fn asked(plan: &Plan, node: &str, device: &str) -> Vec<u32> {
    let mut tables = vec![table_of(plan, node, device), MAIN];
    tables.dedup();
    tables
}

/// The route of the file that a destination takes, connected networks aside.
pub(crate) fn route<'a>(
    plan: &'a Plan,
    node: &str,
    dst: IpAddr,
    tables: &[u32],
) -> Option<&'a Route> {
    match way(plan, node, dst, tables)? {
        Way::Route(route) => Some(route),
        Way::Connected(_) => None,
    }
}

/// The device through which a node reaches an address.
pub(crate) fn device_to(plan: &Plan, node: &str, dst: IpAddr, tables: &[u32]) -> Option<String> {
    let on_link = |gateway: IpAddr| {
        let mut all = tables
            .iter()
            .filter_map(|t| connected(plan, node, gateway, *t));
        all.next().map(|(device, _)| device)
    };
    match way(plan, node, dst, tables)? {
        Way::Connected(device) => Some(device),
        Way::Route(route) if route.kind != RouteKind::Unicast => None,
        Way::Route(route) => route.dev.clone().or_else(|| on_link(route.via?)),
    }
}

/// By the first of these tables that has something for the destination.
fn way<'a>(plan: &'a Plan, node: &str, dst: IpAddr, tables: &[u32]) -> Option<Way<'a>> {
    let in_table = |table: u32| {
        let routes = plan.node(node)?.routes.iter();
        // Of one prefix the smallest metric counts; IPv6 has 1024 where none is given (`IP6_RT_PRIO_USER`).
        let metric = |r: &Route| r.metric.unwrap_or(if dst.is_ipv4() { 0 } else { 1024 });
        let best = routes
            .filter(|r| r.table == table && r.dst.contains(&dst))
            .max_by_key(|r| (r.dst.prefix_len(), Reverse(metric(r))));
        match (best, connected(plan, node, dst, table)) {
            (Some(route), near) if near.as_ref().is_none_or(|n| route.dst.prefix_len() >= n.1) => {
                (route.kind != RouteKind::Throw).then_some(Way::Route(route))
            }
            (_, near) => near.map(|(device, _)| Way::Connected(device)),
        }
    };
    tables.iter().find_map(|table| in_table(*table))
}

/// The routing table of a device: that of its VRF, or the main one.
fn table_of(plan: &Plan, node: &str, device: &str) -> u32 {
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
        IpNet::new(a.peer.unwrap_or(a.address), a.prefix)
            .is_ok_and(|network| network.contains(&dst))
    });
    let fits = fits.filter(|(device, _)| table_of(plan, node, device) == table);
    fits.max_by_key(|(_, a)| a.prefix)
        .map(|(name, a)| (name.clone(), a.prefix))
}
