//! Owns the question whether a node still waits for an address resolution (ARP, ND).

use netlink_packet_route::{RouteNetlinkMessage as Request, neighbour::NeighbourMessage};

use super::{error::LabError, node::Nodes};

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
