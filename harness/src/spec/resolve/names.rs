//! Owns the binding of names to nodes, with what was nearly meant. It never changes a draft.

use std::net::IpAddr;

use super::draft::{Draft, Findings};
use crate::{
    plan::IfAddress,
    spec::{diagnostic::shorten, source::Span},
};

/// Whether a node of that name exists; a problem if not.
pub(crate) fn bind_node(draft: &Draft, name: &str, span: Span, findings: &mut Findings) -> bool {
    let names = draft.node_names();
    if names.contains(&name) {
        return true;
    }
    findings
        .error(span, format!("no node `{}`", shorten(name)))
        .suggest(name, &names);
    false
}

/// Interface addresses of a node, each with its device.
pub(crate) fn addresses<'d>(
    draft: &'d Draft,
    node: &'d str,
) -> impl Iterator<Item = (&'d str, &'d IfAddress)> + 'd {
    let ends = draft
        .links
        .iter()
        .flat_map(|l| l.ends.iter())
        .filter(move |e| e.node == node)
        .flat_map(|e| e.addresses.iter().map(|a| (e.device.as_str(), a)));
    let devices = draft
        .nodes
        .iter()
        .filter(move |n| n.name == node)
        .flat_map(|n| n.devices.iter())
        .flat_map(|d| d.addresses.iter().map(|a| (d.name.as_str(), a)));
    ends.chain(devices)
}

/// The addresses of one device of a node, to change them.
pub(super) fn addresses_of<'d>(
    draft: &'d mut Draft,
    node: &str,
    device: &str,
) -> Option<&'d mut Vec<IfAddress>> {
    let Draft { nodes, links, .. } = draft;
    let mut ends = links.iter_mut().flat_map(|l| &mut l.value.ends);
    if let Some(end) = ends.find(|e| e.node == node && e.device == device) {
        return Some(&mut end.addresses);
    }
    let node = nodes.iter_mut().find(|n| n.name == node)?;
    let own = node.devices.iter_mut().find(|d| d.name == device)?;
    Some(&mut own.value.addresses)
}

/// Whether an address is one of the node's own.
pub(crate) fn owns(draft: &Draft, node: &str, address: IpAddr) -> bool {
    addresses(draft, node).any(|(_, a)| a.address == address)
}

/// The first node that has the address, links before other devices.
pub(crate) fn owner(draft: &Draft, address: IpAddr) -> Option<&str> {
    let ends = draft.links.iter().flat_map(|l| l.ends.iter());
    let of_ends = ends.map(|e| (e.node.as_str(), &e.addresses));
    let own = |n: &'_ super::draft::DraftNode| {
        n.devices
            .iter()
            .flat_map(|d| &d.addresses)
            .any(|a| a.address == address)
    };
    of_ends
        .filter(|(_, list)| list.iter().any(|a| a.address == address))
        .map(|(node, _)| node)
        .next()
        .or_else(|| draft.nodes.iter().find(|n| own(n)).map(|n| n.name.as_str()))
}

/// Names of a node's devices, loopback included.
pub(crate) fn devices<'d>(draft: &'d Draft, node: &'d str) -> Vec<&'d str> {
    let ends = draft
        .links
        .iter()
        .flat_map(|l| l.ends.iter())
        .filter(|e| e.node == node);
    let own = draft
        .nodes
        .iter()
        .filter(|n| n.name == node)
        .flat_map(|n| n.devices.iter());
    std::iter::once("lo")
        .chain(ends.map(|e| e.device.as_str()))
        .chain(own.map(|d| d.name.as_str()))
        .collect()
}

/// `IPv4` or `IPv6`, for messages.
pub(crate) fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IPv4" } else { "IPv6" }
}
