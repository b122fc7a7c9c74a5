//! Owns the sending of NAT keepalives by a node's own encapsulation socket.

use std::net::{IpAddr, SocketAddr};

use super::wait;
use crate::{
    lab::{
        error::{LabError, errno_name},
        node::Nodes,
        watch::Watch,
    },
    observe::{FlowRecord, PacketOutcome},
    plan::Keepalive,
};

/// RFC 3948 section 2.3.
const KEEPALIVE: [u8; 1] = [0xff];

/// Sends the keepalives, each when nothing of the one before is under way any more.
pub(super) fn run(
    keepalive: &Keepalive,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<FlowRecord, LabError> {
    let mut record = FlowRecord::default();
    for seq in 1..=u32::from(keepalive.count) {
        let sent_ns = wait::now();
        let sent = send(keepalive, nodes)?;
        wait::quiet(nodes, watch)?;
        record.packets.push(PacketOutcome {
            seq,
            sent_ns,
            send_error: sent,
            ..PacketOutcome::default()
        });
        watch.came(seq, nodes)?;
    }
    Ok(record)
}

/// Sends one; gives the errno of a refusal.
fn send(keepalive: &Keepalive, nodes: &Nodes) -> Result<Option<String>, LabError> {
    let node = nodes.get(&keepalive.from);
    let fits = |own: SocketAddr| {
        own.port() == keepalive.sport && (own.is_ipv6() || keepalive.to.is_ipv4())
    };
    let mut sockets = node.encap.iter();
    let socket = sockets.find_map(|s| {
        s.local_addr()
            .ok()
            .filter(|own| fits(*own))
            .map(|own| (s, own))
    });
    let Some((socket, own)) = socket else {
        let port = format!("UDP port {}", keepalive.sport);
        return Err(LabError::new("send a keepalive", &keepalive.from, port)
            .said("the node has no encapsulation socket on it"));
    };
    // A socket of both families takes IPv4 addresses in the dress of IPv6.
    let to = match keepalive.to {
        IpAddr::V4(to) if own.is_ipv6() => IpAddr::V6(to.to_ipv6_mapped()),
        to => to,
    };
    let sent = socket.send_to(&KEEPALIVE, SocketAddr::new(to, keepalive.dport));
    Ok(sent
        .err()
        .map(|e| errno_name(e.raw_os_error().unwrap_or(libc::EIO))))
}
