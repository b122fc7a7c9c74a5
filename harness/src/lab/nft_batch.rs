//! Owns the making of `nf_tables` batches over netlink: tables, chains and rules (`nfnetlink` subsystem 10,
//! `include/uapi/linux/netfilter/nf_tables.h`). It never knows what they are for.

use super::netlink::{Netlink, Refusal};

/// `NFPROTO_*` of the tables.
pub(super) const INET: u8 = 1;
pub(super) const IPV4: u8 = 2;
pub(super) const IPV6: u8 = 10;

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
const NFT_JUMP: i32 = -3;
const NFT_GOTO: i32 = -4;
const NFT_META_NFTRACE: u32 = 12;
const NFT_REG_VERDICT: u32 = 0;
const NFT_REG32_00: u32 = 8;
const NFT_CT_STATE: u32 = 0;
const NFT_CT_MARK: u32 = 3;
const NFT_CMP_EQ: u32 = 0;
const NFT_CMP_NEQ: u32 = 1;

/// Messages that take effect together or not at all.
pub(super) struct Batch {
    family: u8,
    /// Kind and attributes of each.
    messages: Vec<(u16, Vec<u8>)>,
}

impl Batch {
    /// An empty batch for tables of that family.
    pub(super) fn new(family: u8) -> Self {
        Self {
            family,
            messages: Vec::new(),
        }
    }

    /// Adds a table.
    pub(super) fn table(&mut self, name: &str) {
        self.messages.push((NEWTABLE, text(1, name)));
    }

    /// Adds a chain at a hook, given with its priority: `NFTA_CHAIN_TABLE`, `_NAME`, `_HOOK { _HOOKNUM, _PRIORITY }`,
    /// `_POLICY`, `_TYPE`.
    pub(super) fn base_chain(&mut self, table: &str, name: &str, (hook, priority): (u32, i32)) {
        let place = [number(1, hook), number(2, priority.cast_unsigned())].concat();
        let chain = [
            text(1, table),
            text(3, name),
            attribute(4 | NESTED, &place),
            number(5, NF_ACCEPT),
            text(7, "filter"),
        ];
        self.messages.push((NEWCHAIN, chain.concat()));
    }

    /// Adds a chain to go to.
    pub(super) fn chain(&mut self, table: &str, name: &str) {
        let chain = [text(1, table), text(3, name)];
        self.messages.push((NEWCHAIN, chain.concat()));
    }

    /// Adds a rule at the end of a chain.
    pub(super) fn rule(&mut self, table: &str, chain: &str, expressions: &[u8]) {
        let rule = [
            text(1, table),
            text(2, chain),
            attribute(4 | NESTED, expressions),
        ];
        self.messages.push((NEWRULE, rule.concat()));
    }

    /// Hands the batch to the kernel.
    pub(super) fn commit(self, netfilter: &mut Netlink) -> Result<(), Refusal> {
        let mut out = Vec::new();
        message(&mut out, BATCH_BEGIN, NLM_F_REQUEST, 0, 0, SUBSYSTEM, &[]);
        let count = self.messages.len();
        for (index, (kind, attributes)) in self.messages.into_iter().enumerate() {
            let last = if index + 1 == count { NLM_F_ACK } else { 0 };
            let flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_APPEND | last;
            let sequence = netfilter.next_sequence();
            message(&mut out, kind, flags, sequence, self.family, 0, &attributes);
        }
        message(&mut out, BATCH_END, NLM_F_REQUEST, 0, 0, SUBSYSTEM, &[]);
        netfilter.transact(&out)
    }
}

/// `meta nftrace set 1`.
pub(super) fn trace() -> Vec<u8> {
    let one = attribute(2 | NESTED, &attribute(1, &[1]));
    let load = expression("immediate", &[number(1, NFT_REG32_00), one].concat());
    let set = [number(2, NFT_META_NFTRACE), number(3, NFT_REG32_00)];
    [load, expression("meta", &set.concat())].concat()
}

/// `accept`.
pub(super) fn accept() -> Vec<u8> {
    verdict(&number(1, NF_ACCEPT))
}

/// `goto CHAIN`.
pub(super) fn go_to(chain: &str) -> Vec<u8> {
    verdict(&[number(1, NFT_GOTO.cast_unsigned()), text(2, chain)].concat())
}

/// `ct state == BIT`: of a packet exactly one bit is set (`nft_ct_get_eval` in `net/netfilter/nft_ct.c`).
pub(super) fn ct_state_is(bit: u32) -> Vec<u8> {
    let load = [number(1, NFT_REG32_00), number(2, NFT_CT_STATE)];
    let value = attribute(3 | NESTED, &attribute(1, &bit.to_ne_bytes()));
    let compare = [number(1, NFT_REG32_00), number(2, NFT_CMP_EQ), value];
    [
        expression("ct", &load.concat()),
        expression("cmp", &compare.concat()),
    ]
    .concat()
}

/// `jump CHAIN`.
pub(super) fn jump(chain: &str) -> Vec<u8> {
    verdict(&[number(1, NFT_JUMP.cast_unsigned()), text(2, chain)].concat())
}

/// `ct mark & BITS != 0`; a packet without a connection never fits (`NFT_BREAK` in `nft_ct_get_eval`).
pub(super) fn ct_mark_has(bits: u32) -> Vec<u8> {
    let load = [number(1, NFT_REG32_00), number(2, NFT_CT_MARK)];
    let value = |kind, value: u32| attribute(kind | NESTED, &attribute(1, &value.to_ne_bytes()));
    let and = [
        number(1, NFT_REG32_00),
        number(2, NFT_REG32_00),
        number(3, 4),
        value(4, bits),
        value(5, 0),
    ];
    let compare = [number(1, NFT_REG32_00), number(2, NFT_CMP_NEQ), value(3, 0)];
    [
        expression("ct", &load.concat()),
        expression("bitwise", &and.concat()),
        expression("cmp", &compare.concat()),
    ]
    .concat()
}

fn verdict(parts: &[u8]) -> Vec<u8> {
    let verdict = attribute(2 | NESTED, &attribute(2 | NESTED, parts));
    expression("immediate", &[number(1, NFT_REG_VERDICT), verdict].concat())
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
