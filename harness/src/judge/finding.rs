//! Owns findings: what was not as the file says, with the lines that differ.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that was not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    pub kind: FindingKind,
    /// Name of the step.
    pub step: String,
    /// Index of the step.
    pub step_index: u32,
    /// The node that the finding is about; for a wire, the sending one.
    pub node: String,
    /// One sentence fragment: what was looked at and how it was not so.
    pub what: String,
    /// Unified diff of expected and seen lines; empty where a finding has no lines.
    pub diff: Vec<DiffLine>,
    /// The first line that differs, without its sign.
    pub first: Option<String>,
    /// For a step in windows: the number in its flow of the first packet that this is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet: Option<u32>,
    /// When the first event happened that should not have, in nanoseconds since the
    /// epoch; `None` where things only failed to happen. Not saved: it is no part of
    /// the verdict, it only orders findings.
    #[serde(skip)]
    pub wrong_ns: Option<u64>,
}

/// Which expectation a finding belongs to.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    Node,
    Wire,
    /// An `expect.clear` block that was not met.
    Clear,
    /// Clear text between the gateways that no block allows.
    Leak,
    Counters,
    Reply,
    /// An object that the kernel did not refuse as the file says.
    Refusal,
    /// What the receiver got.
    Delivered,
    /// What the sender was told.
    Told,
    /// A change that was refused, or was not, or that waited for what did not happen.
    Change,
    /// What a kernel told about xfrm.
    Events,
    /// The connections that a node tracks.
    Conntrack,
    /// What the kernel logged.
    Log,
    /// Packets that a kernel freed.
    Freed,
    /// What became of a command.
    Command,
    /// Windows that were not as expected either.
    Windows,
    /// A variant that did not fail as it declares.
    Declaration,
    /// A block that cannot be read.
    Block,
}

/// One line of a diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffLine {
    pub sign: Sign,
    pub text: String,
}

/// What a diff line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sign {
    /// Expected and seen.
    Same,
    /// Expected and not seen.
    Missing,
    /// Seen and not expected.
    Unexpected,
    /// How the two lines before it differ.
    Note,
}

impl Sign {
    /// The character in front of the line.
    pub fn character(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Missing => '-',
            Self::Unexpected => '+',
            Self::Note => '?',
        }
    }
}

impl Finding {
    /// A finding without lines.
    pub(crate) fn new(
        kind: FindingKind,
        step: (u32, &str),
        node: &str,
        what: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            step: step.1.to_owned(),
            step_index: step.0,
            node: node.to_owned(),
            what: what.into(),
            diff: Vec::new(),
            first: None,
            packet: None,
            wrong_ns: None,
        }
    }
}
