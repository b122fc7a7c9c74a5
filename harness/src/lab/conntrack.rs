//! Owns the flushing of a node's connection tracking table.

use super::{netlink::Refusal, node::Node};

/// `NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE`; without a tuple it deletes all
/// (`ctnetlink_del_conntrack` in `net/netfilter/nf_conntrack_netlink.c`).
const DELETE: u16 = 1 << 8 | 2;
const NLM_F_REQUEST_ACK: u16 = 1 | 4;

/// Forgets all connections.
pub(super) fn flush(node: &mut Node) -> Result<(), Refusal> {
    let mut bytes = Vec::new();
    // `struct nlmsghdr` and `struct nfgenmsg`: 16 and 4 bytes.
    bytes.extend(20_u32.to_ne_bytes());
    bytes.extend(DELETE.to_ne_bytes());
    bytes.extend(NLM_F_REQUEST_ACK.to_ne_bytes());
    bytes.extend(node.netfilter.next_sequence().to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend([0; 4]);
    node.netfilter.transact(&bytes)
}
