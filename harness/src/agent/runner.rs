//! Owns `Runner`: what an agent does with a request, apart from the protocol.

use std::{io, sync::OnceLock};

use super::{
    Agent, AgentError, Hello, LabFailure, LocalOptions, Missing, RunOptions, probe,
    protocol::Inspection, serve::hello, start_local,
};
use crate::{
    lab::Sink,
    observe::Observations,
    plan::{Need, Plan},
};

/// The kernel-facing work behind an agent. Each call gets a thread of its own.
pub trait Runner: Send + Sync {
    /// Who answers.
    fn hello(&self) -> io::Result<Hello> {
        hello()
    }

    /// Builds the world of `plan`, drives it and returns what was seen; windows go to `sink` as they come.
    ///
    /// # Errors
    /// [`AgentError::Lab`] where this job failed, [`AgentError::Lost`] where no job can be done any more.
    fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        sink: Sink<'_>,
    ) -> Result<Observations, AgentError>;

    /// Says which of `needs` the kernel lacks.
    fn probe(&self, needs: &[Need], options: &RunOptions) -> Result<Vec<Missing>, AgentError>;

    /// Builds the world of `plan`, drives it where it has steps, runs `script` in its first node, and says what is there.
    fn inspect(&self, plan: &Plan, script: &str) -> Result<Inspection, AgentError>;
}

/// The runner of every agent: the lab of this crate, with a second agent behind it for what
/// is asked to run as an ordinary user.
#[derive(Default)]
pub(crate) struct Lab {
    ordinary: OnceLock<Result<Agent, AgentError>>,
}

/// The user that a root agent becomes when a run is asked to be rootless.
const ORDINARY_UID: u32 = 1000;

impl Lab {
    /// The agent that runs as an ordinary user, if `options` ask for it and we are not one.
    fn ordinary(&self, options: &RunOptions) -> Option<Result<&Agent, AgentError>> {
        let root = nix::unistd::geteuid().is_root() && initial_user_namespace();
        (options.rootless && root).then(|| {
            let options = LocalOptions {
                rootless: true,
                uid: Some(ORDINARY_UID),
                ..LocalOptions::default()
            };
            let agent = self.ordinary.get_or_init(|| start_local(&options));
            agent
                .as_ref()
                .map_err(|e| failure("start an agent as an ordinary user", e))
        })
    }
}

impl Runner for Lab {
    fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        sink: Sink<'_>,
    ) -> Result<Observations, AgentError> {
        if let Some(agent) = self.ordinary(options) {
            return agent?
                .run(plan, options, sink)
                .map_err(|e| failure("run as an ordinary user", &e));
        }
        Ok(crate::lab::run(plan, sink)?)
    }

    fn probe(&self, needs: &[Need], options: &RunOptions) -> Result<Vec<Missing>, AgentError> {
        if let Some(agent) = self.ordinary(options) {
            return agent?
                .probe(needs, options)
                .map_err(|e| failure("probe as an ordinary user", &e));
        }
        Ok(probe(needs)?)
    }

    fn inspect(&self, plan: &Plan, script: &str) -> Result<Inspection, AgentError> {
        let (printed, installed) = crate::lab::look(plan, script)?;
        Ok(Inspection { printed, installed })
    }
}

/// An agent behind this one that is lost is a failure of one job: this one still stands.
fn failure(operation: &str, error: &AgentError) -> AgentError {
    AgentError::Lab(match error {
        AgentError::Lab(failure) => failure.clone(),
        other => LabFailure {
            operation: operation.to_owned(),
            said: Some(other.to_string()),
            ..LabFailure::default()
        },
    })
}

/// Whether the process is in the user namespace that maps every id to itself.
pub(crate) fn initial_user_namespace() -> bool {
    std::fs::read_to_string("/proc/self/uid_map")
        .is_ok_and(|map| map.split_whitespace().eq(["0", "0", "4294967295"]))
}
