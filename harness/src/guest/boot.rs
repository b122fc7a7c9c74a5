//! Owns [`Guest`]: from a choice of kernel to an agent that answers from inside it, within a
//! deadline, with one retry on record. A guest dies with the process that booted it.

use std::{
    env, fs, io,
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use super::{
    Accel, GuestError, KernelChoice, cache,
    console::Console,
    kernel::Kernel,
    kvm, payload,
    qemu::{Machine, PROGRAM},
    userland::Userland,
};
use crate::agent::{Agent, AgentError, Kept};

/// What to boot, and how.
#[derive(Clone, Debug)]
pub struct GuestConfig {
    pub kernel: KernelChoice,
    /// `None`: KVM if a boot has proved or now proves that it works, emulation otherwise.
    pub accel: Option<Accel>,
    /// `None`: as many as [`Accel::cpus`] says.
    pub cpus: Option<u32>,
    pub memory_mib: u32,
    /// From the start of QEMU to the agent's first word, for each of two tries.
    pub deadline: Duration,
    /// Further words for the kernel's command line: `loglevel=7`.
    pub append: String,
}

/// Milliseconds in place of the default deadline, for machines that are slower than any seen here.
const DEADLINE_ENV: &str = "XFRMLAB_BOOT_DEADLINE_MS";
/// Further words for the kernel's command line.
const APPEND_ENV: &str = "XFRMLAB_BOOT_APPEND";
/// Ten times what an emulated boot takes on two busy processors.
const DEADLINE: Duration = Duration::from_secs(45);

impl Default for GuestConfig {
    fn default() -> Self {
        Self {
            kernel: KernelChoice::default(),
            accel: None,
            cpus: None,
            memory_mib: 1024,
            deadline: env::var(DEADLINE_ENV)
                .ok()
                .and_then(|ms| ms.parse().ok())
                .map_or(DEADLINE, Duration::from_millis),
            append: env::var(APPEND_ENV).unwrap_or_default(),
        }
    }
}

/// How long a first boot with KVM may take. Where KVM works it takes a tenth of this.
const KVM_DEADLINE: Duration = Duration::from_secs(8);
/// A boot that dies without a word is rare and does not repeat; two in a row have a reason.
const TRIES: u32 = 2;

/// A running guest.
pub struct Guest {
    agent: Agent,
    console: Arc<Console>,
    machine: Arc<Mutex<Kept>>,
    /// Why earlier tries failed, one line each.
    pub retries: Vec<String>,
    pub accel: Accel,
}

impl Guest {
    /// Boots a guest and waits until its agent answers.
    pub fn boot(config: &GuestConfig) -> Result<Self, GuestError> {
        let userland = Userland::ready()?;
        let kernel = Kernel::ready(&config.kernel, &userland)?;
        let read =
            |path: std::path::PathBuf| fs::read(&path).map_err(GuestError::file("read", &path));
        let payload =
            payload::archive().map_err(GuestError::file("pack", "/proc/self/exe".as_ref()))?;
        let archives = [read(userland.archive())?, read(kernel.archive())?, payload];
        let start = Start {
            config,
            kernel: &kernel,
            archives: &archives,
        };

        let mut retries = Vec::new();
        if config.accel != Some(Accel::Tcg) {
            match kvm::answer(config.accel == Some(Accel::Kvm)) {
                kvm::Answer::Usable => {}
                kvm::Answer::Unusable => return start.tries(Accel::Tcg, retries),
                kvm::Answer::Unknown => match start.once(Accel::Kvm, KVM_DEADLINE, &retries) {
                    Ok(guest) => {
                        kvm::remember(true);
                        return Ok(guest);
                    }
                    Err(why) => {
                        retries.push(format!("KVM is unusable: {}", why.why));
                        let guest = start.tries(Accel::Tcg, retries)?;
                        // Only now it is known that it was not the kernel's fault.
                        kvm::remember(false);
                        return Ok(guest);
                    }
                },
            }
            return start.tries(Accel::Kvm, retries);
        }
        start.tries(Accel::Tcg, retries)
    }

    /// The agent inside. Clones keep the guest alive.
    pub fn agent(&self) -> Agent {
        self.agent.clone()
    }

    /// Ends the guest now, whoever still holds its agent.
    pub fn end(&self) {
        self.machine
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .end();
    }

    /// The last lines of the guest's console.
    pub fn console_tail(&self) -> String {
        self.console.tail(20)
    }
}

struct Start<'a> {
    config: &'a GuestConfig,
    kernel: &'a Kernel,
    archives: &'a [Vec<u8>],
}

/// One try that failed.
struct Failed {
    why: String,
    console: String,
    hint: Option<String>,
}

impl Start<'_> {
    fn tries(&self, accel: Accel, mut retries: Vec<String>) -> Result<Guest, GuestError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.once(accel, self.config.deadline, &retries) {
                Ok(guest) => return Ok(guest),
                Err(failed) if tries == TRIES || failed.hint.is_some() => {
                    return Err(GuestError::Boot {
                        why: failed.why,
                        before: retries.iter().fold(String::new(), |mut before, retry| {
                            before.push_str(&format!("before that, {retry}\n"));
                            before
                        }),
                        console: failed.console,
                        hint: failed.hint.unwrap_or_else(|| self.advice(accel)),
                    });
                }
                Err(failed) => retries.push(format!("the first boot failed: {}", failed.why)),
            }
        }
    }

    /// What a person can do about two boots that failed.
    fn advice(&self, accel: Accel) -> String {
        let kernel = &self.config.kernel;
        let other = match kernel {
            KernelChoice::Debian(_) => "`--kernel` with another version".to_owned(),
            _ => format!(
                "does `{kernel}` boot elsewhere? it needs PVH, virtio-pci, virtio-console and devtmpfs; try `--kernel debian:6.12`"
            ),
        };
        let slow = match accel {
            Accel::Tcg => format!(", or {DEADLINE_ENV}=120000 on a slow machine"),
            Accel::Kvm => String::new(),
        };
        format!("{other}, or {APPEND_ENV}=loglevel=7 to see more{slow}")
    }

    fn once(&self, accel: Accel, deadline: Duration, retries: &[String]) -> Result<Guest, Failed> {
        let early = |e: io::Error| {
            let absent = e.kind() == io::ErrorKind::NotFound;
            Failed {
                why: format!("`{PROGRAM}`: {e}"),
                console: String::new(),
                hint: absent.then(|| "cargo xtask setup, or: sudo apt-get install --no-install-recommends qemu-system-x86".to_owned()),
            }
        };
        let (agent, agent_end) = UnixStream::pair().map_err(early)?;
        let (console, console_end) = UnixStream::pair().map_err(early)?;
        let machine = Machine {
            accel,
            cpus: self.config.cpus.unwrap_or(accel.cpus()),
            memory_mib: self.config.memory_mib,
            kernel: self.kernel.image(),
            append: &self.config.append,
            archives: self.archives,
            agent: agent_end,
            console: console_end,
        };
        let kept = Kept::spawn(machine.command().map_err(early)?).map_err(early)?;
        let console = Console::watch(console, agent.try_clone().map_err(early)?).map_err(early)?;
        agent.set_read_timeout(Some(deadline)).map_err(early)?;
        let reader = agent.try_clone().map_err(early)?;
        let unbound = agent.try_clone().map_err(early)?;
        let told = Arc::clone(&console);
        let why_lost = move |end: String| match told.lost() {
            Some(sign) => format!("the guest died: {sign}\n{}", told.tail(20)),
            None => format!("{end}\n{}", told.tail(20)),
        };
        let mut place = format!(
            "guest {} ({}), {}",
            self.config.kernel,
            self.kernel.origin,
            accel.word()
        );
        for retry in retries {
            place.push_str("; ");
            place.push_str(retry);
        }
        let kept = Arc::new(Mutex::new(kept));
        let keeps = Box::new(Arc::clone(&kept));
        let agent = Agent::connect(reader, agent, Some(&place), keeps, Box::new(why_lost));
        // The deadline was for the first word only.
        unbound.set_read_timeout(None).map_err(early)?;
        match agent {
            Ok(agent) => Ok(Guest {
                machine: kept,
                agent,
                console,
                retries: retries.to_vec(),
                accel,
            }),
            Err(error) => {
                // Once QEMU is gone its console is complete.
                kept.lock().unwrap_or_else(PoisonError::into_inner).end();
                let why = console.lost().unwrap_or_else(|| match &error {
                    AgentError::Late(_) => format!("no answer within {deadline:?}"),
                    AgentError::Refused(why)
                    | AgentError::Lost(why)
                    | AgentError::Unwanted(why) => {
                        why.lines().next().unwrap_or_default().to_owned()
                    }
                    AgentError::Lab(failure) => failure.to_string(),
                });
                Err(Failed {
                    why,
                    console: console.tail(20),
                    hint: None,
                })
            }
        }
    }
}

/// Brings what a guest of `kernel` needs into the cache.
pub(crate) fn prepare(kernel: &KernelChoice) -> Result<(), GuestError> {
    Kernel::ready(kernel, &Userland::ready()?).map(drop)
}

/// Where the guest's things are kept.
pub fn cache_folder() -> std::path::PathBuf {
    cache::root()
}
