//! Owns what host and agent say to each other, as plain data. It does no input or output.
//!
//! A frame is a `u32` length (little endian) and that many bytes of postcard. The agent
//! speaks first, with [`Reply::Hello`]; after that the host sends requests whenever it likes
//! and the agent answers each by its `id`, in the order in which jobs end.

use serde::{Deserialize, Serialize};

use crate::{
    lab::TerminalSize,
    observe::{Installed, Observations, Window},
    plan::{Need, Plan},
};

/// Raised with every change of a message; both sides must agree.
pub const VERSION: u32 = 5;

/// What the host asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Build the world of the plan, drive it, and send back what was seen.
    Run {
        id: u32,
        plan: Box<Plan>,
        options: RunOptions,
    },
    /// The window of a `Run` that came last is dealt with; whether more are wanted.
    More { id: u32, wanted: bool },
    /// Which of these does the kernel lack?
    Probe {
        id: u32,
        needs: Vec<Need>,
        options: RunOptions,
    },
    /// Build the world of a plan, drive it where it has steps, run a script in its first node, and send back what it printed and what the
    /// kernel has of SAs and policies.
    Inspect {
        id: u32,
        plan: Box<Plan>,
        script: String,
    },
    /// Build the world of a plan and start a shell in it; the stream is the shell's from then on.
    Shell(ShellRequest),
    /// What the person typed into the shell.
    Input(Vec<u8>),
    /// Nothing more will be typed.
    InputEnded,
    /// The person's terminal has another size.
    Resize(TerminalSize),
    /// End when the jobs under way have ended.
    Quit,
}

/// A shell that a person asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShellRequest {
    pub plan: Box<Plan>,
    /// The node; the plan's first if not given.
    pub node: Option<String>,
    /// Whether the plan's steps are run before.
    pub drive: bool,
    /// Size of the person's terminal; `None` when standard input is none.
    pub size: Option<TerminalSize>,
}

/// A world as its kernel and a script in it tell it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// What the script printed, on either output.
    pub printed: String,
    /// What the dumps say after the script.
    pub installed: Vec<Installed>,
}

/// How a run or probe is done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOptions {
    /// Do it as an ordinary user in a user namespace, even where the agent is root.
    pub rootless: bool,
}

/// What the agent answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The first frame.
    Hello(Hello),
    /// A window of a `Run`. The next but one is sent only after a `More` for it.
    Window { id: u32, window: Box<Window> },
    /// The end of a `Run`.
    Done {
        id: u32,
        result: Result<Box<Observations>, LabFailure>,
    },
    /// The end of a `Probe`: what is missing, with the kernel's words.
    Probed {
        id: u32,
        result: Result<Vec<Missing>, LabFailure>,
    },
    /// The end of an `Inspect`.
    Inspected {
        id: u32,
        result: Result<Box<Inspection>, LabFailure>,
    },
    /// The agent refused to serve at all; the text says why and what to do.
    Refused(String),
    /// What the steps before a shell brought.
    Driven(Box<Observations>),
    /// The shell runs; what is typed from now on is its.
    ShellReady,
    /// What the shell shows.
    Output(Vec<u8>),
    /// The shell has ended, or could not begin.
    ShellEnded(Result<(), LabFailure>),
    /// Who did the work behind this agent is gone, and why; nothing more can be done here.
    Lost(String),
    /// A line for the person who watches.
    Log(String),
}

/// Who answers, and on which kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`VERSION`] of the agent.
    pub protocol: u32,
    /// `uname -r`.
    pub release: String,
    /// `uname -v`.
    pub version: String,
    /// Whether the agent is root in the initial user namespace of its kernel.
    pub root: bool,
    /// The kernel's clock source: `tsc`, `hpet`; empty where `/sys` does not say.
    pub clock: String,
    /// Processors that the agent may use.
    pub cpus: u32,
    /// Where it runs, for the first line of a report; filled in by the host side.
    pub place: String,
}

/// A capability that the kernel lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub need: Need,
    /// What the kernel or the tool said.
    pub why: String,
}

pub use crate::lab::LabError as LabFailure;
