//! Owns what is added to a node whose file tracks connections, in order to see the conntrack state of packets in
//! each hook: one table for each family that the file tracks, whose rules go to a chain named after the state.
//!
//! The verdict in the trace event so tells the state; the event itself carries none on Linux 6.12. The chain to go
//! to is empty, and behind it the policy of the base chain accepts.
//!
//! A `ct` expression switches tracking and defragmentation on for its table's family. Hence the families apart,
//! and tables that go with the file's own when a step flushes nft.

use super::{
    error::LabError,
    instrument::{HOOKS, TABLE},
    nft_batch::{self, Batch, IPV4, IPV6},
    node::Node,
};
use crate::plan::Family;

/// States with the bits of `ct state` (`NF_CT_STATE_BIT` in `include/uapi/linux/netfilter/nf_conntrack_common.h`).
const STATES: [(&str, u32); 5] = [
    ("invalid", 1),
    ("established", 2),
    ("related", 4),
    ("new", 8),
    ("untracked", 64),
];

/// As early as the state is known: right behind conntrack (`NF_IP_PRI_CONNTRACK`) where it looks packets
/// up, and behind the entry chain elsewhere, so that a packet that a rule drops has its state too.
fn priority(hook: &str) -> i32 {
    match hook {
        "prerouting" | "output" => -199,
        _ => i32::MIN + 1,
    }
}

/// Installs the table of one family.
pub(super) fn install(node: &mut Node, family: Family) -> Result<(), LabError> {
    let mut batch = Batch::new(match family {
        Family::V4 => IPV4,
        Family::V6 => IPV6,
    });
    batch.table(TABLE);
    for (state, _) in STATES {
        batch.chain(TABLE, state);
    }
    for (hook, number) in HOOKS {
        let chain = format!("{hook}_ct");
        batch.base_chain(TABLE, &chain, (number, priority(hook)));
        for (state, bit) in STATES {
            // The flag is set here too: nothing says that the entry chain's is still there.
            let rule = [
                nft_batch::trace(),
                nft_batch::ct_state_is(bit),
                nft_batch::go_to(state),
            ];
            batch.rule(TABLE, &chain, &rule.concat());
        }
    }
    batch.commit(&mut node.netfilter).map_err(|r| {
        r.of(
            "install the table that tells conntrack states",
            &node.name,
            format!("table {} {TABLE}", word(family)),
        )
    })
}

/// What is added, in the words of the report.
pub(super) fn described(family: Family) -> String {
    let family = word(family);
    format!(
        "table {family} {TABLE}, which tells the conntrack state in every hook, as the file tracks {family}"
    )
}

fn word(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}
