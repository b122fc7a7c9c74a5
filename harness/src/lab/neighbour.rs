//! Owns what the harness asks and sets of address resolution (ARP, ND).

use netlink_packet_route::{
    RouteNetlinkMessage as Request,
    neighbour::NeighbourMessage,
    neighbour_table::{NeighbourTableAttribute, NeighbourTableMessage, NeighbourTableParameter},
};

use super::{
    error::LabError,
    netlink::Refusal,
    node::{Node, Nodes},
};

/// Milliseconds after which the kernel asks a neighbour, of whom it has heard though not from him himself, whether he
/// is still there; its default is 5000.
const DELAY_PROBE: u64 = 3_600_000;

/// Puts off the probes of known neighbours on the device (`ip ntable change name arp_cache dev DEVICE delay_probe`).
/// They would go out five seconds after the first packet: on a slow machine in the middle of a run, among the packets
/// that a step counts.
pub(super) fn put_off_probes(node: &mut Node, device: &str) -> Result<(), Refusal> {
    let index = node.index(device)?;
    for table in ["arp_cache", "ndisc_cache"] {
        let mut message = NeighbourTableMessage::default();
        message.attributes = vec![
            NeighbourTableAttribute::Name(table.to_owned()),
            NeighbourTableAttribute::Parms(vec![
                NeighbourTableParameter::Ifindex(index),
                NeighbourTableParameter::DelayProbeTime(DELAY_PROBE),
            ]),
        ];
        match node.route.request(Request::SetNeighbourTable(message), 0) {
            // A device without IPv6 (a small MTU, a kernel without it) has no such table.
            Err(refusal) if refusal.errno == libc::ENOENT && table == "ndisc_cache" => {}
            other => other?,
        }
    }
    Ok(())
}

/// `ndm_state`, bytes 8..10 of `struct ndmsg`.
const NUD_INCOMPLETE: u16 = 1;

/// Whether any node holds packets back for a neighbour that has not answered yet.
pub(super) fn pending(nodes: &mut Nodes) -> Result<bool, LabError> {
    for node in &mut nodes.0 {
        let entries = node
            .route
            .dump(Request::GetNeighbour(NeighbourMessage::default()))
            .map_err(|r| r.of("list neighbours", &node.name, ""))?;
        let incomplete = |bytes: &Vec<u8>| {
            bytes
                .get(8..10)
                .is_some_and(|state| u16::from_ne_bytes([state[0], state[1]]) == NUD_INCOMPLETE)
        };
        if entries.iter().any(incomplete) {
            return Ok(true);
        }
    }
    Ok(false)
}
