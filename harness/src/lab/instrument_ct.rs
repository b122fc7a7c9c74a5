//! Owns what is added to a node whose file tracks connections, in order to see the conntrack state of packets in
//! each hook: one table for each family that the file tracks, whose rules go to a chain named after the state.
//!
//! The verdict in the trace event so tells the state; the event itself carries none on Linux 6.12. The chain to go
//! to is empty, and behind it the policy of the base chain accepts.
//!
//! The connection's mark is told bit by bit, at the entry and at the exit of the hook: a rule for each bit jumps
//! to an empty chain named after it if the bit is set. A mark of zero so costs no event; nothing in a trace event
//! carries it (`net/netfilter/nf_tables_trace.c`, Linux 6.12: the packet's mark alone).
//!
//! A `ct` expression switches tracking and defragmentation on for its table's family. Hence the families apart,
//! and tables that go with the file's own when a step flushes nft.

use super::{
    error::LabError,
    instrument::{HOOKS, TABLE},
    nft_batch::{self, Batch, IPV4, IPV6},
    node::Node,
};
use crate::{
    observe::Tracking,
    plan::{Family, Observe, Plan},
};

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

/// Behind everything that a rule does in the hook, ahead of the exit chain.
const END: i32 = i32::MAX - 2;

/// Installs the table of one family.
pub(super) fn install(node: &mut Node, family: Family) -> Result<(), LabError> {
    let mut batch = Batch::new(protocol(family));
    batch.table(TABLE);
    for (state, _) in STATES {
        batch.chain(TABLE, state);
    }
    for bit in 0..32 {
        batch.chain(TABLE, &mark_bit(bit));
    }
    for (hook, number) in HOOKS {
        let chain = format!("{hook}_ct");
        batch.base_chain(TABLE, &chain, (number, priority(hook)));
        tell_mark(&mut batch, &chain);
        for (state, bit) in STATES {
            // The flag is set here too: nothing says that the entry chain's is still there.
            let rule = [
                nft_batch::trace(),
                nft_batch::ct_state_is(bit),
                nft_batch::go_to(state),
            ];
            batch.rule(TABLE, &chain, &rule.concat());
        }
        let end = format!("{hook}_end");
        batch.base_chain(TABLE, &end, (number, END));
        tell_mark(&mut batch, &end);
    }
    batch.commit(&mut node.netfilter).map_err(|r| {
        r.of(
            "install the table that tells conntrack states",
            &node.name,
            format!("table {} {TABLE}", word(family)),
        )
    })
}

/// Rules that tell the bits of the connection's mark which are set.
fn tell_mark(batch: &mut Batch, chain: &str) {
    for bit in 0..32 {
        let rule = [
            nft_batch::trace(),
            nft_batch::ct_mark_has(1 << bit),
            nft_batch::jump(&mark_bit(bit)),
        ];
        batch.rule(TABLE, chain, &rule.concat());
    }
}

/// The chain of one bit.
fn mark_bit(bit: u32) -> String {
    format!("mark{bit}")
}

/// The nodes whose connections are listed, and of which families their hooks tell what conntrack holds.
pub(super) fn watched(plan: &Plan) -> Vec<Tracking> {
    let tracking = plan.nodes.iter().filter(|n| plan.tracks(&n.name));
    let one = |name: &String| Tracking {
        node: name.clone(),
        hooks: match plan.observe {
            Observe::All => plan
                .tracks_throughout(name)
                .into_iter()
                .map(protocol)
                .collect(),
            Observe::Wire => Vec::new(),
        },
    };
    tracking.map(|n| one(&n.name)).collect()
}

/// `NFPROTO_*`.
fn protocol(family: Family) -> u8 {
    match family {
        Family::V4 => IPV4,
        Family::V6 => IPV6,
    }
}

/// What is added, in the words of the report.
pub(super) fn described(family: Family) -> String {
    let family = word(family);
    format!(
        "table {family} {TABLE}, which tells the conntrack state and mark in every hook, as the file tracks {family}"
    )
}

fn word(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}
