//! Owns the steps of a plan: what is sent, and what must then be seen.

use serde::{Deserialize, Serialize};

use super::{
    change::Change,
    traffic::{Flow, Outcome},
};

/// One thing that happens, and what is expected of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Unique within the plan.
    pub name: String,
    /// What is changed before the traffic, in order.
    pub changes: Vec<Change>,
    /// What is sent, one flow after the other.
    pub flows: Vec<Flow>,
    pub expect: Expect,
}

/// What must be seen in a step. An empty list or `None` asserts nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Expect {
    /// Of every flow that it fits and that says nothing else itself.
    pub outcome: Outcome,
    /// `expect.node.NAME`: the ordered traversal at a node.
    pub nodes: Vec<(String, Block)>,
    /// `expect.wire."a>b"`: exactly the packets sent in that direction.
    pub wires: Vec<WireBlock>,
    /// `expect.clear."a>b"`: clear text that is allowed on, and must be seen on, a guarded link.
    pub clear: Vec<WireBlock>,
    pub counters: Vec<CounterExpect>,
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

/// A block for one direction of one link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireBlock {
    /// Sending end.
    pub from_node: String,
    pub from_device: String,
    /// Receiving end.
    pub to_node: String,
    pub to_device: String,
    pub block: Block,
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
