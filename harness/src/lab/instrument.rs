//! Owns what is added to a node in order to watch it: a table of its own that traces every packet
//! at the entry and the exit of every netfilter hook.
//!
//! The trace flag is set in each of the ten chains, not only where packets enter: on an XFRM interface a
//! packet passes postrouting a second time with its flag cleared. The chains hold no `ct` expression,
//! which would switch conntrack and defragmentation on in the node.

use super::{error::LabError, node::Node};

/// Name of the table, in family `inet`.
pub(crate) const TABLE: &str = "xfrmlab";

/// Hook names with their numbers (`NF_INET_*`).
const HOOKS: [(&str, u32); 5] = [
    ("prerouting", 0),
    ("input", 1),
    ("forward", 2),
    ("output", 3),
    ("postrouting", 4),
];

/// The first priority sees raw fragments and addresses before NAT. The last but one sees what leaves the
/// hook; the very last belongs to conntrack's confirmation (`NF_IP_PRI_LAST`).
const SIDES: [(&str, i32); 2] = [("in", i32::MIN), ("out", i32::MAX - 1)];

const NFPROTO_INET: u8 = 1;
const SUBSYSTEM: u16 = 10;
const NEWTABLE: u16 = SUBSYSTEM << 8;
const NEWCHAIN: u16 = (SUBSYSTEM << 8) | 3;
const NEWRULE: u16 = (SUBSYSTEM << 8) | 6;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NESTED: u16 = 0x8000;
const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLM_F_CREATE: u16 = 0x400;
const NLM_F_APPEND: u16 = 0x800;
const NF_ACCEPT: u32 = 1;
const NFT_META_NFTRACE: u32 = 12;
const NFT_REG_VERDICT: u32 = 0;
const NFT_REG32_00: u32 = 8;

/// Installs the watching table. One batch over netlink: an `nft` process per node costs more than
/// the whole rest of building it under emulation.
pub(super) fn install(node: &mut Node) -> Result<(), LabError> {
    let batch = batch(node);
    node.netfilter.transact(&batch).map_err(|r| {
        r.of(
            "install the tracing table",
            &node.name,
            format!("table inet {TABLE}"),
        )
    })
}

fn batch(node: &mut Node) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, BATCH_BEGIN, NLM_F_REQUEST, 0, 0, SUBSYSTEM, &[]);
    let mut add = |kind, attributes: &[u8], last: bool| {
        let flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_APPEND | if last { NLM_F_ACK } else { 0 };
        let sequence = node.netfilter.next_sequence();
        message(&mut out, kind, flags, sequence, NFPROTO_INET, 0, attributes);
    };
    add(NEWTABLE, &text(1, TABLE), false);
    let chains: Vec<(String, u32, i32)> = HOOKS
        .iter()
        .flat_map(|(hook, number)| {
            SIDES
                .iter()
                .map(move |(side, priority)| (format!("{hook}_{side}"), *number, *priority))
        })
        .collect();
    for (name, hook, priority) in &chains {
        add(NEWCHAIN, &chain(name, *hook, *priority), false);
    }
    for (index, (name, ..)) in chains.iter().enumerate() {
        add(NEWRULE, &rule(name), index + 1 == chains.len());
    }
    message(&mut out, BATCH_END, NLM_F_REQUEST, 0, 0, SUBSYSTEM, &[]);
    out
}

/// `NFTA_CHAIN_TABLE`, `_NAME`, `_HOOK { _HOOKNUM, _PRIORITY }`, `_POLICY`, `_TYPE`.
fn chain(name: &str, hook: u32, priority: i32) -> Vec<u8> {
    let place = [number(1, hook), number(2, priority.cast_unsigned())].concat();
    [
        text(1, TABLE),
        text(3, name),
        attribute(4 | NESTED, &place),
        number(5, NF_ACCEPT),
        text(7, "filter"),
    ]
    .concat()
}

/// `meta nftrace set 1 accept`. The verdict makes one event of each traversal: without it the
/// chain's policy would be reported as a second.
fn rule(chain: &str) -> Vec<u8> {
    let one = attribute(2 | NESTED, &attribute(1, &[1]));
    let load = expression("immediate", &[number(1, NFT_REG32_00), one].concat());
    let set = expression(
        "meta",
        &[number(2, NFT_META_NFTRACE), number(3, NFT_REG32_00)].concat(),
    );
    let verdict = attribute(2 | NESTED, &attribute(2 | NESTED, &number(1, NF_ACCEPT)));
    let accept = expression("immediate", &[number(1, NFT_REG_VERDICT), verdict].concat());
    [
        text(1, TABLE),
        text(2, chain),
        attribute(4 | NESTED, &[load, set, accept].concat()),
    ]
    .concat()
}

/// `NFTA_LIST_ELEM { NFTA_EXPR_NAME, NFTA_EXPR_DATA }`.
fn expression(name: &str, data: &[u8]) -> Vec<u8> {
    attribute(
        1 | NESTED,
        &[text(1, name), attribute(2 | NESTED, data)].concat(),
    )
}

fn text(kind: u16, value: &str) -> Vec<u8> {
    attribute(kind, format!("{value}\0").as_bytes())
}

/// Numbers of `nf_tables` are big-endian.
fn number(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_be_bytes())
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = value.len() + 4;
    let mut out = Vec::with_capacity(length + 3);
    out.extend((length as u16).to_ne_bytes());
    out.extend(kind.to_ne_bytes());
    out.extend(value);
    out.resize(length.next_multiple_of(4), 0);
    out
}

/// A netlink header, `struct nfgenmsg` and attributes.
fn message(
    out: &mut Vec<u8>,
    kind: u16,
    flags: u16,
    sequence: u32,
    family: u8,
    resource: u16,
    attributes: &[u8],
) {
    let length = 16 + 4 + attributes.len();
    out.extend((length as u32).to_ne_bytes());
    out.extend(kind.to_ne_bytes());
    out.extend(flags.to_ne_bytes());
    out.extend(sequence.to_ne_bytes());
    out.extend(0_u32.to_ne_bytes());
    out.extend([family, 0]);
    out.extend(resource.to_be_bytes());
    out.extend(attributes);
}
