//! Owns the wait until devices really send: a device that is up still drops everything until the kernel
//! has attached its queue.
//!
//! The end of a veth pair that comes up first gets its carrier only with the other end, and its queue from a work
//! item after that (`linkwatch_do_dev` in `net/core/link_watch.c`). Until then it throws packets away without a
//! word or a counter of IPsec. Seen on 6.18 with both CPUs busy: a frame sent at once was lost in two of
//! some twenty runs.

use netlink_packet_route::{RouteNetlinkMessage as Request, link::LinkMessage};

use super::{
    error::LabError,
    netlink::{Refusal, attribute},
    node::{Node, Nodes},
    route_event::{self, Group, LIMIT},
};

/// `struct ifinfomsg` stands before the attributes.
const HEADER: usize = 16;
/// `ifi_flags` in it.
const FLAGS: std::ops::Range<usize> = 8..12;
const IFLA_IFNAME: u16 = 3;
const IFLA_OPERSTATE: u16 = 16;
/// RFC 2863: the kernel says so after it has attached the queue.
const IF_OPER_UP: u8 = 6;

/// Waits until both ends of every link are operational that are both set up: after one of them was.
pub(super) fn of_links(nodes: &mut Nodes) -> Result<(), LabError> {
    let mut set_up: Vec<(String, String)> = Vec::new();
    for node in &mut nodes.0 {
        let links = node.route.dump(Request::GetLink(LinkMessage::default()));
        let links = links.map_err(|r| r.of("list links", &node.name, ""))?;
        let names = links.iter().filter_map(|bytes| name_if_set_up(bytes));
        set_up.extend(names.map(|name| (node.name.clone(), name)));
    }
    let both = |ends: &&[(String, String); 2]| ends.iter().all(|end| set_up.contains(end));
    let ends: Vec<_> = nodes.2.iter().filter(both).flatten().cloned().collect();
    for (node, device) in ends {
        wait(nodes.get_mut(&node), &[&device])?;
    }
    Ok(())
}

/// Waits until every one of `devices` of the node is operational.
pub(super) fn wait(node: &mut Node, devices: &[&str]) -> Result<(), LabError> {
    let missing = route_event::until(node, Group::Link, |node| {
        let up = operational(node).map_err(|r| r.of("list links", &node.name, ""))?;
        let missing = devices.iter().find(|d| !up.iter().any(|u| u == *d));
        Ok(missing.copied())
    })?;
    missing.map_or(Ok(()), |device| {
        Err(LabError::new("bring up", &node.name, device)
            .said(format!("no carrier within {LIMIT:?}")))
    })
}

/// Names of the node's operational devices.
fn operational(node: &mut Node) -> Result<Vec<String>, Refusal> {
    let links = node.route.dump(Request::GetLink(LinkMessage::default()))?;
    Ok(links.iter().filter_map(|bytes| name_if_up(bytes)).collect())
}

fn name_if_up(bytes: &[u8]) -> Option<String> {
    (attribute(bytes, HEADER, IFLA_OPERSTATE)? == [IF_OPER_UP]).then_some(())?;
    name(bytes)
}

fn name(bytes: &[u8]) -> Option<String> {
    let name = String::from_utf8_lossy(attribute(bytes, HEADER, IFLA_IFNAME)?);
    Some(name.trim_end_matches('\0').to_owned())
}

fn name_if_set_up(bytes: &[u8]) -> Option<String> {
    let flags = u32::from_ne_bytes(bytes.get(FLAGS)?.try_into().ok()?);
    (flags & libc::IFF_UP.cast_unsigned() != 0).then_some(())?;
    name(bytes)
}
