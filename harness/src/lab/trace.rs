//! Owns the reception of nftables trace events (`NFT_MSG_TRACE`, group `NFNLGRP_NFTRACE`).

use std::io;

use super::{error::LabError, listener::Listener, netlink::Attributes, node::Node};
use crate::observe::{Loss, Trace, TraceKind, Verdict};

const NFNLGRP_NFTRACE: u32 = 9;
const NFT_MSG_TRACE: u16 = 0x0a11;

/// Listens to the trace events of a node.
pub(crate) fn listen(node: &Node) -> Result<Listener, LabError> {
    let protocol = libc::NETLINK_NETFILTER;
    Listener::open(node, "trace events", protocol, &[NFNLGRP_NFTRACE])
}

/// Takes the events that have arrived.
pub(crate) fn drain(
    listener: &mut Listener,
    mut take: impl FnMut(RawTrace),
) -> io::Result<Option<Loss>> {
    listener.drain(|message| {
        if message.kind == NFT_MSG_TRACE {
            take(parse(message.payload));
        }
    })
}

/// An event as the kernel sent it: devices by index.
#[derive(Default)]
pub(crate) struct RawTrace {
    id: u32,
    family: u8,
    nfproto: u8,
    table: String,
    chain: String,
    kind: u32,
    verdict: Option<Verdict>,
    policy: Option<u32>,
    handle: Option<u64>,
    iif: Option<u32>,
    oif: Option<u32>,
    mark: u32,
    network: Vec<u8>,
    transport: Vec<u8>,
}

impl RawTrace {
    /// The event with names; `device` turns an interface index into a name.
    pub(crate) fn named(self, step: u32, node: &str, device: impl Fn(u32) -> String) -> Trace {
        let policy = self
            .policy
            .map(|code| verdict_code(code.cast_signed(), String::new()));
        Trace {
            step,
            node: node.to_owned(),
            id: self.id,
            nfproto: self.nfproto,
            family: family_name(self.family).to_owned(),
            table: self.table,
            chain: self.chain,
            kind: match self.kind {
                1 => TraceKind::Policy,
                2 => TraceKind::Return,
                _ => TraceKind::Rule,
            },
            verdict: self.verdict.or(policy).unwrap_or(Verdict::Continue),
            handle: self.handle,
            iif: self.iif.map(&device),
            oif: self.oif.map(&device),
            mark: self.mark,
            network: self.network,
            transport: self.transport,
        }
    }
}

/// `NFTA_TRACE_*`; numbers are big-endian.
fn parse(payload: &[u8]) -> RawTrace {
    let mut out = RawTrace {
        family: payload.first().copied().unwrap_or(0),
        ..RawTrace::default()
    };
    for (kind, value) in Attributes(payload.get(4..).unwrap_or_default()) {
        match kind {
            1 => out.table = string(value),
            2 => out.chain = string(value),
            3 => out.handle = value.try_into().ok().map(u64::from_be_bytes),
            4 => out.kind = number(value),
            5 => out.verdict = Some(verdict(value)),
            6 => out.id = number(value),
            8 => out.network = value.to_vec(),
            9 => out.transport = value.to_vec(),
            10 => out.iif = Some(number(value)),
            12 => out.oif = Some(number(value)),
            14 => out.mark = number(value),
            15 => out.nfproto = number(value) as u8,
            16 => out.policy = Some(number(value)),
            _ => {}
        }
    }
    out
}

/// `NFTA_VERDICT_CODE` and, for jumps, `NFTA_VERDICT_CHAIN`.
fn verdict(value: &[u8]) -> Verdict {
    let mut code = 0;
    let mut chain = String::new();
    for (kind, value) in Attributes(value) {
        match kind {
            1 => code = number(value).cast_signed(),
            2 => chain = string(value),
            _ => {}
        }
    }
    verdict_code(code, chain)
}

/// `NF_*` from 0 and `NFT_*` below it (`include/uapi/linux/netfilter/nf_tables.h`, `enum nft_verdicts`).
fn verdict_code(code: i32, chain: String) -> Verdict {
    match code {
        0 => Verdict::Drop,
        1 => Verdict::Accept,
        2 => Verdict::Stolen,
        3 => Verdict::Queue,
        -1 | -2 => Verdict::Continue,
        -3 => Verdict::Jump(chain),
        -4 => Verdict::Goto(chain),
        -5 => Verdict::Return,
        other => Verdict::Other(other),
    }
}

fn number(value: &[u8]) -> u32 {
    value.try_into().map_or(0, u32::from_be_bytes)
}

fn string(value: &[u8]) -> String {
    String::from_utf8_lossy(value)
        .trim_end_matches('\0')
        .to_owned()
}

/// Table families as `nft` names them.
fn family_name(family: u8) -> &'static str {
    match family {
        1 => "inet",
        2 => "ip",
        3 => "arp",
        5 => "netdev",
        7 => "bridge",
        10 => "ip6",
        _ => "unknown",
    }
}
