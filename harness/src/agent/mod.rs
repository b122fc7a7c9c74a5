//! Owns the agent: the process that stands where the lab is, and the protocol spoken with it.
//!
//! Pure code runs where the command runs. Only the agent touches a kernel: a child of ours in
//! namespaces of its own ([`start_local`]) or the process that a guest booted ([`crate::guest`]).
//! Both speak the same frames ([`protocol`]) and both are reached by the same handle ([`Agent`]).
#![expect(
    clippy::disallowed_methods,
    reason = "an agent is a process that makes namespaces"
)]

mod client;
mod command;
mod frame;
mod kept;
mod link;
mod local;
mod modules;
mod pace;
mod pidfd;
mod probe;
mod probe_ask;
mod probe_option;
mod probe_state;
pub mod protocol;
mod role;
mod runner;
mod serve;
mod shell;
mod userns;

pub use client::{Agent, AgentError};
pub(crate) use command::{SELF_ENV, self_command};
pub(crate) use frame::write_frame;
pub(crate) use kept::Kept;
pub use local::{LocalOptions, start_local};
pub(crate) use modules::Modules;
pub(crate) use pidfd::PidFd;
pub use probe::probe;
pub use protocol::{Hello, Inspection, LabFailure, Missing, RunOptions};
pub use role::dispatch;
pub(crate) use role::{ROLE_ENV, die_with_parent};
pub use runner::Runner;
pub(crate) use runner::{Lab, initial_user_namespace};
pub use serve::serve;
pub(crate) use serve::usual_jobs;
