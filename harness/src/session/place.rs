//! Owns where a plan runs: on the running kernel if it can do everything that the plan needs, in a
//! guest otherwise, or where the person said. It never judges.

use std::{
    collections::HashMap,
    sync::{Mutex, OnceLock, PoisonError},
};

use super::held_guest::HeldGuest;
use crate::{
    agent::{Agent, AgentError, LocalOptions, RunOptions, start_local},
    guest::{Broker, Guest, GuestConfig, GuestError, KernelChoice},
    plan::Need,
};

/// How a session chooses.
#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    /// The kernel that was asked for; `None` leaves the choice to the needs of each plan.
    pub kernel: Option<KernelChoice>,
    /// Run as an ordinary user in a user namespace, even as root.
    pub rootless: bool,
    /// Share one guest between all processes of the same `cargo` command.
    pub shared: bool,
    /// Whether files may run commands in their nodes. Nothing in a file sets this.
    pub allow_exec: bool,
}

/// Why nothing could be run at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SessionError {
    /// No agent on the running kernel.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// Commands that nobody allowed.
    #[error("{0}\n(hint: `--allow-exec` lets files run commands)")]
    Commands(String),
    /// No guest.
    #[error("{0}")]
    Guest(String),
    /// The kernel cannot do what the file needs: a line for each thing that it lacks.
    #[error("{0}")]
    Lacks(String),
    /// What `--kernel` names is none.
    #[error("{0}")]
    Kernel(String),
}

impl From<GuestError> for SessionError {
    fn from(error: GuestError) -> Self {
        match error {
            GuestError::Choice { .. } => Self::Kernel(error.to_string()),
            other => Self::Guest(other.to_string()),
        }
    }
}

impl SessionError {
    /// Whether what the person gave is what is wrong: no lab could do it.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Agent(AgentError::Lab(failure)) => failure.of_the_file,
            Self::Commands(_) | Self::Kernel(_) => true,
            Self::Agent(_) | Self::Guest(_) | Self::Lacks(_) => false,
        }
    }
}

/// The agents of one command: at most one here and one in a guest, started when first needed.
pub struct Session {
    options: SessionOptions,
    /// Which of the shared guests.
    group: &'static str,
    native: OnceLock<Result<Agent, SessionError>>,
    guest: HeldGuest,
    /// What the kernel of an agent lacks, by place and need, so that each is probed once.
    lacks: Mutex<HashMap<(bool, Need), Option<String>>>,
}

/// Where a plan runs, and what is missing there.
pub struct Place {
    pub(crate) agent: Agent,
    /// For the first line of the report.
    pub(crate) why: String,
    /// Capabilities that even this kernel lacks, with the kernel's words.
    pub(crate) missing: Vec<(Need, String)>,
}

impl Session {
    /// A session that has started nothing yet.
    pub fn new(options: SessionOptions) -> Self {
        Self {
            options,
            group: "",
            native: OnceLock::new(),
            guest: HeldGuest::default(),
            lacks: Mutex::default(),
        }
    }

    /// Whether plans may run commands.
    pub(super) fn may_run_commands(&self) -> bool {
        self.options.allow_exec
    }

    /// Shares its guest only with sessions that are apart by the same name.
    #[must_use]
    pub fn apart(self, group: &'static str) -> Self {
        Self { group, ..self }
    }

    /// How runs of this session are done.
    pub fn run_options(&self) -> RunOptions {
        RunOptions {
            rootless: self.options.rootless,
        }
    }

    /// Where a plan with these needs runs.
    ///
    /// # Errors
    /// When the agent or the guest that it would run on cannot be had.
    pub fn place(&self, needs: &[Need]) -> Result<Place, SessionError> {
        match &self.options.kernel {
            Some(KernelChoice::Host) => self.native_place(needs, "asked for with `--kernel host`"),
            Some(_) => self.guest_place(needs, "asked for"),
            None => {
                let why =
                    match self.native_place(needs, "the running kernel has what the file needs") {
                        Ok(place) if place.missing.is_empty() => return Ok(place),
                        Ok(place) => {
                            let names: Vec<_> =
                                place.missing.iter().map(|(need, _)| need.name()).collect();
                            let release = &place.agent.hello().release;
                            format!("the running kernel {release} lacks {}", names.join(", "))
                        }
                        Err(error) => {
                            let text = error.to_string();
                            format!(
                                "no lab on the running kernel: {}",
                                text.lines().next().unwrap_or_default()
                            )
                        }
                    };
                self.guest_place(needs, &why)
            }
        }
    }

    fn native_place(&self, needs: &[Need], why: &str) -> Result<Place, SessionError> {
        let start = || {
            let options = LocalOptions {
                rootless: self.options.rootless,
                ..LocalOptions::default()
            };
            start_local(&options).map_err(SessionError::from)
        };
        let agent = self.native.get_or_init(start).clone()?;
        let missing = self.missing(&agent, true, needs)?;
        Ok(Place {
            agent,
            why: format!("native: {why}"),
            missing,
        })
    }

    fn guest_place(&self, needs: &[Need], why: &str) -> Result<Place, SessionError> {
        let choice = self.options.kernel.clone().unwrap_or_default();
        let start = || -> Result<Agent, SessionError> {
            if self.options.shared {
                return Ok(Broker::connect_group(&choice, self.group)?);
            }
            let config = GuestConfig {
                kernel: choice.clone(),
                ..GuestConfig::default()
            };
            Ok(Guest::boot(&config)?.agent())
        };
        loop {
            let (agent, lost) = self.guest.get(start)?;
            match self.missing(&agent, false, needs) {
                Err(SessionError::Agent(AgentError::Lost(end)))
                    if self.guest.give_up(&agent, &end) => {}
                missing => {
                    let place = &agent.hello().place;
                    let mut record = String::new();
                    for end in lost {
                        record.push_str("; an earlier guest was lost: ");
                        record.push_str(&end);
                    }
                    return Ok(Place {
                        missing: missing?,
                        why: format!("{place}{record}: {why}"),
                        agent,
                    });
                }
            }
        }
    }

    /// Says whether a plan whose agent was lost may run once more, on a guest that is booted for it.
    pub(super) fn give_up(&self, agent: &Agent, why: &str) -> bool {
        let native = matches!(self.native.get(), Some(Ok(native)) if native.same(agent));
        !native && self.guest.give_up(agent, why)
    }

    fn missing(
        &self,
        agent: &Agent,
        native: bool,
        needs: &[Need],
    ) -> Result<Vec<(Need, String)>, SessionError> {
        let lock = || self.lacks.lock().unwrap_or_else(PoisonError::into_inner);
        let unknown: Vec<Need> = {
            let known = lock();
            needs
                .iter()
                .filter(|n| !known.contains_key(&(native, (*n).clone())))
                .cloned()
                .collect()
        };
        if !unknown.is_empty() {
            let mut lacking: HashMap<Need, String> = agent
                .probe(&unknown, &self.run_options())?
                .into_iter()
                .map(|m| (m.need, m.why))
                .collect();
            let mut known = lock();
            for need in unknown {
                let why = lacking.remove(&need);
                known.insert((native, need), why);
            }
        }
        let known = lock();
        let lacks = |need: &Need| known.get(&(native, need.clone())).cloned().flatten();
        Ok(needs
            .iter()
            .filter_map(|need| lacks(need).map(|why| (need.clone(), why)))
            .collect())
    }
}
