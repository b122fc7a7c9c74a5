//! The plain data of a run: frames, trace events, counters, step outcomes.

use serde::{Deserialize, Serialize};

use super::{
    Connection, ForeignSa, FreedPacket, LogLine, Moved, SaSample, Spent, Taint, Tracking, Window,
    WindowSums, XfrmEvent,
};

/// Everything that one run saw. Saved with the run, judged without a kernel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observations {
    pub kernel: KernelInfo,
    /// What could not be watched on this kernel, and why.
    pub not_watched: Vec<NotWatched>,
    /// What the harness added to each node in order to watch it, one line each.
    pub instruments: Vec<String>,
    /// Every captured frame, in the order of cause over all nodes.
    pub frames: Vec<Frame>,
    /// Every trace event, in the order in which its node's kernel sent it; events of
    /// different nodes are in no meaningful order.
    pub traces: Vec<Trace>,
    /// Text of the nftables rules that trace events name by handle.
    pub rules: Vec<RuleText>,
    /// `/proc/net/xfrm_stat` of each node: once before the first step and after each step.
    pub counters: Vec<CounterSample>,
    /// SA counters of each node, sampled like `counters`.
    pub sas: Vec<SaSample>,
    pub steps: Vec<StepRecord>,
    /// What the kernel was to refuse while the lab was built, and what it did.
    #[serde(default)]
    pub refusals: Vec<RefusalRecord>,
    /// Everything that the kernels told about xfrm, per node in their order.
    #[serde(default)]
    pub events: Vec<XfrmEvent>,
    /// The kernel's log, where it can be read.
    #[serde(default)]
    pub log: Vec<LogLine>,
    /// How the kernel was tainted, where its log can be read.
    #[serde(default)]
    pub taint: Option<Taint>,
    /// Counters beside those of xfrm that moved, by step.
    #[serde(default)]
    pub moved: Vec<Moved>,
    /// Tracked connections after each step, of the nodes that use conntrack.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// The nodes whose conntrack was watched at all.
    #[serde(default)]
    pub tracking: Vec<Tracking>,
    /// SAs that something else than the file installed, with their keys.
    #[serde(default)]
    pub foreign: Vec<ForeignSa>,
    /// Packets that kernels freed unsent and undelivered, per node in their order.
    #[serde(default)]
    pub freed: Vec<FreedPacket>,
    /// Windows that were not as expected, whole; only the first ones. Filled in by whoever judges them.
    #[serde(default)]
    pub windows: Vec<Window>,
    /// Anything that was lost while observing. Not empty means the run is an error.
    pub lost: Vec<Loss>,
    /// Most memory that the process of the lab had resident by the end of the run, in bytes; 0 where nobody measured.
    #[serde(default)]
    pub peak_memory: u64,
    /// What the parts of the run cost; empty where nobody measured.
    #[serde(default)]
    pub spent: Vec<Spent>,
}

/// The kernel that the lab ran on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KernelInfo {
    /// `uname -r`.
    pub release: String,
    /// `uname -v`.
    pub version: String,
    /// Where it runs and why that one: `guest debian:6.12, emulated: the running kernel lacks esp4`.
    pub place: String,
}

/// Something that was not watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotWatched {
    pub what: String,
    pub why: String,
}

/// An operation that the kernel must refuse, and what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalRecord {
    /// Step in which it was tried; what the world is built of belongs to the first one.
    #[serde(default)]
    pub step: u32,
    pub node: String,
    /// The operation in the words of `ip`.
    pub object: String,
    /// Name of the errno that the file declares.
    pub expected: String,
    /// Name of the errno that came, `None` when the kernel took the object.
    pub errno: Option<String>,
    /// The kernel's extended ack.
    pub said: Option<String>,
}

/// What stands at the beginning of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LinkType {
    /// An Ethernet header.
    #[default]
    Ethernet,
    /// The IP header: tunnel devices and XFRM interfaces have no header of their own.
    Ip,
}

/// Which way a frame passed its capture point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// `PACKET_OUTGOING`: the node sent it.
    Out,
    /// The node received it (host, broadcast, multicast or other host).
    In,
}

/// One frame at one capture point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Index of the step during which it was captured.
    pub step: u32,
    pub node: String,
    pub device: String,
    pub direction: Direction,
    /// Nanoseconds since the epoch, from the kernel (`SO_TIMESTAMPNS`). All nodes share one clock; where it is too
    /// coarse to tell frames apart, they are moved on by 100 nanoseconds in the order of cause.
    pub ts_ns: u64,
    /// `skb->mark`, where the kernel tells it (`SO_RCVMARK`, Linux 5.19).
    pub mark: Option<u32>,
    #[serde(default)]
    pub link: LinkType,
    /// From the link-layer header on, where there is one.
    #[serde(with = "serde_bytes")]
    pub bytes: Vec<u8>,
}

impl Observations {
    /// Whether hooks of that node tell what conntrack holds of packets of that `NFPROTO_*`.
    pub fn tells_conntrack(&self, node: &str, nfproto: u8) -> bool {
        let mut at = self.tracking.iter().filter(|t| t.node == node);
        at.any(|t| t.hooks.contains(&nfproto))
    }
}

impl Frame {
    /// The bytes from the IP header on.
    pub fn packet(&self) -> Option<&[u8]> {
        let at = match self.link {
            LinkType::Ip => 0,
            LinkType::Ethernet if self.bytes.get(12..14) == Some(&[0x81, 0x00]) => 18,
            LinkType::Ethernet => 14,
        };
        self.bytes.get(at..)
    }
}

/// One `NFT_MSG_TRACE` event (`include/uapi/linux/netfilter/nf_tables.h`, `NFTA_TRACE_*`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    pub step: u32,
    pub node: String,
    /// The kernel's id of the packet within its namespace; it changes at tunnel devices and reassembly.
    pub id: u32,
    /// `NFPROTO_*` of the packet: 2 IPv4, 10 IPv6.
    pub nfproto: u8,
    /// Table family as `nft` names it: `inet`, `ip`, ...
    pub family: String,
    pub table: String,
    pub chain: String,
    pub kind: TraceKind,
    pub verdict: Verdict,
    /// Handle of the rule, for `TraceKind::Rule`.
    pub handle: Option<u64>,
    pub iif: Option<String>,
    pub oif: Option<String>,
    pub mark: u32,
    /// Up to 40 bytes from the network header on; only on the first event of a chain's traversal.
    #[serde(with = "super::hex")]
    pub network: Vec<u8>,
    /// Up to 20 bytes from the transport header on; likewise.
    #[serde(with = "super::hex")]
    pub transport: Vec<u8>,
}

/// What a trace event reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TraceKind {
    /// The chain's policy was applied.
    Policy,
    /// A chain returned.
    Return,
    /// A rule matched.
    Rule,
}

/// Verdict of a trace event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Drop,
    Accept,
    Continue,
    Return,
    Jump(String),
    Goto(String),
    Queue,
    Stolen,
    Other(i32),
}

/// The text of a rule, so that a verdict can be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleText {
    /// How many trace events had been seen when it was listed: a rule that comes later may have the
    /// handle of one that is gone.
    #[serde(default)]
    pub since: usize,
    pub node: String,
    pub family: String,
    pub table: String,
    pub chain: String,
    pub handle: u64,
    pub text: String,
}

/// `/proc/net/xfrm_stat` of one node at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterSample {
    /// 0 before the first step, n after the n-th.
    pub after_steps: u32,
    pub node: String,
    /// Counter name and value, in the kernel's order. Empty where the kernel has no `xfrm_stat`.
    pub values: Vec<(String, u64)>,
}

/// What a step did, seen from those who did it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    pub name: String,
    /// One per change of the plan.
    pub changes: Vec<ChangeRecord>,
    /// One per flow of the plan.
    pub flows: Vec<FlowRecord>,
    /// One per trigger of the plan.
    #[serde(default)]
    pub on: Vec<TriggerRecord>,
    /// For a step in windows, the sums of them; `flows` is empty then.
    #[serde(default)]
    pub windows: Option<WindowSums>,
}

/// What became of changes that waited for something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerRecord {
    /// Whether it happened.
    pub fired: bool,
    /// One per change, once it happened.
    pub changes: Vec<ChangeRecord>,
}

impl StepRecord {
    /// The packets of all flows.
    pub fn packets(&self) -> impl Iterator<Item = &PacketOutcome> {
        self.flows.iter().flat_map(|f| &f.packets)
    }
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// The change in the words of `ip`, `nft` or `sysctl`.
    pub line: String,
    /// Errno name (or what a tool said) where it was refused.
    pub refused: Option<String>,
    /// What the kernel said beside the errno.
    #[serde(default)]
    pub said: Option<String>,
}

/// What became of a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowRecord {
    pub packets: Vec<PacketOutcome>,
    /// What the receiver got and nobody sent so, byte for byte.
    pub strays: u32,
    /// For TCP: bytes that the receiver got.
    pub bytes: u64,
    /// For a command: what became of it.
    #[serde(default)]
    pub command: Option<super::CommandRecord>,
}

/// The fate of one packet; for TCP, of the whole transfer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PacketOutcome {
    /// Place in the flow, from 1, through all windows. The ICMP sequence number has the lower half of it.
    pub seq: u32,
    /// When it was sent, in nanoseconds since the epoch, by the clock of the frames.
    pub sent_ns: u64,
    /// Nanoseconds until the answer came (`ping`) or the receiver had it; `None` when
    /// that had not happened by the time the lab was quiet.
    pub took_ns: Option<u64>,
    /// How often the receiver got it; more than once is a duplicate.
    pub copies: u16,
    /// Errno name of a send that the kernel refused (`EPERM`, `EHOSTUNREACH`, ...).
    pub send_error: Option<String>,
    /// What the sender's socket was told afterwards.
    pub told: Vec<SocketError>,
}

impl PacketOutcome {
    /// Everything that the sender was told, one line each: `EMSGSIZE local mtu=1400`,
    /// `ECONNREFUSED icmp 3/3 from 10.0.2.100`.
    pub fn errors(&self) -> impl Iterator<Item = String> {
        let told = self.told.iter().map(SocketError::to_string);
        self.send_error.iter().cloned().chain(told)
    }
}

/// An entry of a socket's error queue (`struct sock_extended_err`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketError {
    /// Errno name.
    pub errno: String,
    pub origin: ErrorOrigin,
    /// ICMP type and code.
    pub kind: u8,
    pub code: u8,
    /// For `EMSGSIZE`: the MTU to go down to.
    pub mtu: Option<u32>,
    /// Who sent the ICMP message.
    pub from: Option<std::net::IpAddr>,
}

/// Where an error of a socket comes from (`SO_EE_ORIGIN_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorOrigin {
    Local,
    Icmp,
    Icmp6,
    Other,
}

impl std::fmt::Display for SocketError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.errno)?;
        match self.origin {
            ErrorOrigin::Local => f.write_str(" local")?,
            ErrorOrigin::Icmp => write!(f, " icmp {}/{}", self.kind, self.code)?,
            ErrorOrigin::Icmp6 => write!(f, " icmp6 {}/{}", self.kind, self.code)?,
            ErrorOrigin::Other => {}
        }
        if let Some(from) = self.from {
            write!(f, " from {from}")?;
        }
        if let Some(mtu) = self.mtu {
            write!(f, " mtu={mtu}")?;
        }
        Ok(())
    }
}

/// Something that was lost while observing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// `capture r1:eth1`, `trace r1`, ...
    pub place: String,
    pub what: String,
}
