//! Owns the listing of a node's tracked connections (`IPCTNL_MSG_CT_GET`, `CTA_*` of
//! `include/uapi/linux/netfilter/nfnetlink_conntrack.h`).

use std::net::IpAddr;

use super::{
    error::LabError,
    netlink::{Attributes, Refusal},
    node::{Node, Nodes},
};
use crate::{observe::Connection, plan::Plan};

/// `NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET`.
const GET: u16 = 1 << 8 | 1;
const NLM_F_REQUEST_DUMP: u16 = 1 | 0x300;

/// `IPS_*`, those that tell something (`include/uapi/linux/netfilter/nf_conntrack_common.h`).
const STATUS: [(u32, &str); 6] = [
    (0, "expected"),
    (1, "seen-reply"),
    (2, "assured"),
    (4, "snat"),
    (5, "dnat"),
    (9, "dying"),
];

/// `TCP_CONNTRACK_*` from 0.
const TCP: [&str; 10] = [
    "none",
    "syn-sent",
    "syn-recv",
    "established",
    "fin-wait",
    "close-wait",
    "last-ack",
    "time-wait",
    "close",
    "syn-sent2",
];

/// Every connection of the nodes whose file tracks connections.
pub(super) fn of_tracking(
    nodes: &mut Nodes,
    plan: &Plan,
    step: u32,
) -> Result<Vec<Connection>, LabError> {
    let mut connections = Vec::new();
    for node in nodes.0.iter_mut().filter(|n| plan.tracks(&n.name)) {
        let found = list(node, step);
        connections.extend(found.map_err(|r| r.of("list connections", &node.name, ""))?);
    }
    Ok(connections)
}

/// Every connection of the node, sorted: the kernel's order is that of its hash.
fn list(node: &mut Node, step: u32) -> Result<Vec<Connection>, Refusal> {
    let mut bytes = Vec::new();
    // `struct nlmsghdr` and `struct nfgenmsg`: 16 and 4 bytes.
    bytes.extend(20_u32.to_ne_bytes());
    bytes.extend(GET.to_ne_bytes());
    bytes.extend(NLM_F_REQUEST_DUMP.to_ne_bytes());
    bytes.extend(node.netfilter.next_sequence().to_ne_bytes());
    bytes.extend([0; 8]);
    let entries = node.netfilter.dump_bytes(&bytes)?;
    let mut list: Vec<Connection> = entries
        .iter()
        .filter_map(|entry| read(&node.name, step, entry.get(4..)?))
        .collect();
    list.sort_by(|a, b| (&a.proto, &a.original, &a.reply).cmp(&(&b.proto, &b.original, &b.reply)));
    Ok(list)
}

fn read(node: &str, step: u32, attributes: &[u8]) -> Option<Connection> {
    let mut out = Connection {
        step,
        node: node.to_owned(),
        ..Connection::default()
    };
    for (kind, value) in Attributes(attributes) {
        match kind {
            1 => (out.proto, out.original) = tuple(value)?,
            2 => out.reply = tuple(value)?.1,
            3 => out.status = status(be32(value)?),
            4 => out.state = state(value),
            8 => out.mark = be32(value)?,
            18 => out.zone = u16::from_be_bytes(value.try_into().ok()?),
            _ => {}
        }
    }
    Some(out)
}

/// `CTA_TUPLE_*`: protocol, and `A:PORT > B:PORT`.
fn tuple(value: &[u8]) -> Option<(String, [String; 2])> {
    let mut ends: [Option<IpAddr>; 2] = [None, None];
    let mut ports = [None, None];
    let mut proto = 0;
    for (kind, value) in Attributes(value) {
        for (inner, value) in Attributes(value) {
            match (kind, inner) {
                (1, 1 | 2) => {
                    let address: [u8; 4] = value.try_into().ok()?;
                    ends[usize::from(inner - 1)] = Some(address.into());
                }
                (1, 3 | 4) => {
                    let address: [u8; 16] = value.try_into().ok()?;
                    ends[usize::from(inner - 3)] = Some(address.into());
                }
                (2, 1) => proto = *value.first()?,
                (2, 2 | 3) => {
                    ports[usize::from(inner - 2)] =
                        Some(u16::from_be_bytes(value.try_into().ok()?));
                }
                _ => {}
            }
        }
    }
    let end = |at: usize| {
        let address = ends[at]?;
        Some(match ports[at] {
            Some(port) => std::net::SocketAddr::new(address, port).to_string(),
            None => address.to_string(),
        })
    };
    let proto = match proto {
        1 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        50 => "esp".to_owned(),
        58 => "icmpv6".to_owned(),
        other => other.to_string(),
    };
    Some((proto, [end(0)?, end(1)?]))
}

fn status(bits: u32) -> Vec<String> {
    let words = STATUS.iter().filter(|(bit, _)| bits & (1 << bit) != 0);
    words.map(|(_, word)| (*word).to_owned()).collect()
}

/// `CTA_PROTOINFO_TCP_STATE`.
fn state(value: &[u8]) -> Option<String> {
    let (_, tcp) = Attributes(value).find(|(kind, _)| *kind == 1)?;
    let (_, state) = Attributes(tcp).find(|(kind, _)| *kind == 1)?;
    let state = usize::from(*state.first()?);
    TCP.get(state).map(|s| (*s).to_owned())
}

fn be32(value: &[u8]) -> Option<u32> {
    value.try_into().ok().map(u32::from_be_bytes)
}
