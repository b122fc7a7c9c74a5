//! Owns the steps of a plan: what is sent, and what must then be seen.

use serde::{Deserialize, Serialize};

use super::{
    End,
    change::Change,
    traffic::{Flow, Outcome},
};

/// One thing that happens, and what is expected of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Unique within the plan.
    pub name: String,
    /// What is changed before the traffic, in order.
    pub changes: Vec<Change>,
    /// What is sent, one flow after the other.
    pub flows: Vec<Flow>,
    /// How often the flow is sent, each time watched and judged by itself; `None` for an ordinary step.
    #[serde(default)]
    pub windows: Option<u16>,
    /// Whether blocks say what each packet of the flow does, and not what all do together.
    #[serde(default)]
    pub each: bool,
    /// What is changed when something happens while the flows are under way.
    #[serde(default)]
    pub on: Vec<Trigger>,
    pub expect: Expect,
}

impl Step {
    /// The step as each of its windows is judged: an ordinary one, whose changes were made before the first.
    #[must_use]
    pub fn window(&self) -> Self {
        Self {
            changes: Vec::new(),
            windows: None,
            each: true,
            ..self.clone()
        }
    }

    /// Every change that the step makes, before its flows or during them.
    pub fn every_change(&self) -> impl Iterator<Item = &Change> {
        let triggered = self.on.iter().flat_map(|t| &t.changes);
        self.changes.iter().chain(triggered)
    }
}

/// Changes that wait for something to happen. Each is made once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    pub cause: Cause,
    pub changes: Vec<Change>,
}

/// What a trigger waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// Packet `packet` (from 1) of flow `flow` has come, or is known as lost.
    Packet { flow: u32, packet: u16 },
    /// The kernel of `node` tells something that this line of an event block fits.
    Event { node: String, line: String },
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Packet { flow, packet } => {
                write!(f, "after packet {packet} of flow {}", flow + 1)
            }
            Self::Event { node, line } => write!(f, "on {node} {line}"),
        }
    }
}

/// What must be seen in a step. An empty list or `None` asserts nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// Of every flow that it fits and that says nothing else itself.
    pub outcome: Outcome,
    /// `expect.node.NAME`: the ordered traversal at a node.
    pub nodes: Vec<(String, Block)>,
    /// `expect.wire."a>b"`, `expect.wire."NODE:DEVICE in"`: exactly the packets that pass there in that direction.
    pub wires: Vec<WireBlock>,
    /// `expect.clear."a>b"`: clear text that is allowed on, and must be seen on, a guarded link.
    pub clear: Vec<WireBlock>,
    pub counters: Vec<CounterExpect>,
    /// `expect.events.NODE`: what the kernel tells about xfrm, in order.
    #[serde(default)]
    pub events: Vec<(String, Block)>,
    /// `expect.snmp`, `expect.links`, `expect.sas`, `expect.nft`.
    #[serde(default)]
    pub meters: Vec<MeterExpect>,
    /// `expect.conntrack.NODE`: the tracked connections after the step.
    #[serde(default)]
    pub connections: Vec<(String, Block)>,
    /// `expect.freed.NODE`: packets that the kernel freed unsent and undelivered, in order.
    #[serde(default)]
    pub freed: Vec<(String, Block)>,
    /// `expect.log`: what the kernel's log must tell.
    #[serde(default)]
    pub log: Option<Block>,
}

/// What counters of one group must have done in the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeterExpect {
    pub node: String,
    /// `snmp`, `link eth0`, `sa site:left>right`, `nft inet filter hits`.
    pub group: String,
    pub rule: CounterRule,
    /// 1-based line in the topology file.
    pub line: u32,
}

/// An expectation block: lines in the words of the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Block {
    pub lines: Vec<BlockLine>,
}

/// One line of a block, with its place for messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockLine {
    /// Trimmed text; `...` stands for any number of lines.
    pub text: String,
    /// 1-based line in the topology file.
    pub line: u32,
}

/// A block for one capture point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireBlock {
    pub point: CapturePoint,
    pub block: Block,
}

/// A place where frames are captured, and which of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapturePoint {
    pub node: String,
    pub device: String,
    pub way: Way,
}

/// Which frames of a capture point a block speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    /// `a>b`: what a link end sends to the other, as node and device.
    To(String, String),
    /// `NODE:DEVICE out`: what the node sends into a device that is no link end.
    Out,
    /// `NODE:DEVICE in`: what comes in on a device and no link brought: what surfaces from a tunnel device or from
    /// loopback, and what was opened and shows a second time on the device on which its envelope came.
    In,
}

impl CapturePoint {
    /// What the end `from` of a link sends to its end `to`.
    pub fn link(from: &End, to: &End) -> Self {
        Self {
            node: from.node.clone(),
            device: from.device.clone(),
            way: Way::To(to.node.clone(), to.device.clone()),
        }
    }
}

impl std::fmt::Display for CapturePoint {
    /// As an expectation names it; of a link the nodes alone.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { node, device, way } = self;
        match way {
            Way::To(to, _) => write!(f, "{node}>{to}"),
            Way::Out => write!(f, "{node}:{device} out"),
            Way::In => write!(f, "{node}:{device} in"),
        }
    }
}

/// `expect.counters.NODE`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CounterExpect {
    pub node: String,
    pub rule: CounterRule,
    /// 1-based line in the topology file.
    pub line: u32,
}

/// What the xfrm counters (`/proc/net/xfrm_stat`) of a node must have done in the step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum CounterRule {
    /// None of them moved.
    Unchanged,
    /// Exactly these moved, by these amounts.
    Deltas(Vec<(String, i64)>),
}

impl CounterRule {
    /// Whether it speaks of this counter: of one that did not move, too, since what is not there does not move either.
    pub fn names(&self, counter: &str) -> bool {
        match self {
            Self::Unchanged => true,
            Self::Deltas(deltas) => deltas.iter().any(|(name, _)| name == counter),
        }
    }
}
