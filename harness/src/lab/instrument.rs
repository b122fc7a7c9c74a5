//! Owns what is added to a node in order to watch it: a table of its own that traces every packet
//! at the entry and the exit of every netfilter hook.
//!
//! The trace flag is set in each of the ten chains, not only where packets enter: on an XFRM interface a
//! packet passes postrouting a second time with its flag cleared. The chains hold no `ct` expression,
//! which would switch conntrack and defragmentation on in the node; `instrument_ct.rs` is for nodes that have them on.

use super::{
    error::LabError,
    nft_batch::{self, Batch, INET},
    node::Node,
};

/// Name of the table, in family `inet`.
pub(crate) const TABLE: &str = "xfrmlab";

/// Hook names with their numbers (`NF_INET_*`).
pub(super) const HOOKS: [(&str, u32); 5] = [
    ("prerouting", 0),
    ("input", 1),
    ("forward", 2),
    ("output", 3),
    ("postrouting", 4),
];

/// The first priority sees raw fragments and addresses before NAT. The last but one sees what leaves the
/// hook; the very last belongs to conntrack's confirmation (`NF_IP_PRI_LAST`).
const SIDES: [(&str, i32); 2] = [("in", i32::MIN), ("out", i32::MAX - 1)];

/// Installs the watching table. One batch over netlink: an `nft` process per node costs more than
/// the whole rest of building it under emulation.
pub(super) fn install(node: &mut Node) -> Result<(), LabError> {
    let mut batch = Batch::new(INET);
    batch.table(TABLE);
    let chains: Vec<(String, u32, i32)> = HOOKS
        .iter()
        .flat_map(|(hook, number)| {
            SIDES
                .iter()
                .map(move |(side, priority)| (format!("{hook}_{side}"), *number, *priority))
        })
        .collect();
    for (name, hook, priority) in &chains {
        batch.base_chain(TABLE, name, (*hook, *priority));
    }
    // The verdict makes one event of each traversal: without it the chain's policy would be reported as a second.
    let rule = [nft_batch::trace(), nft_batch::accept()].concat();
    for (name, ..) in &chains {
        batch.rule(TABLE, name, &rule);
    }
    batch.commit(&mut node.netfilter).map_err(|r| {
        r.of(
            "install the tracing table",
            &node.name,
            format!("table inet {TABLE}"),
        )
    })
}
