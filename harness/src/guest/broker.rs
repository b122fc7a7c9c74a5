//! Owns the broker: one guest for all the test executables of one `cargo test` or
//! `cargo nextest run`. It runs no lab itself.
//!
//! The broker listens on an abstract socket (which leaves no file) whose name is derived from
//! the owner and the kernel. To bind the name is to hold the lock: whoever binds it starts the
//! broker and hands it the socket, everyone else connects and waits for the first word. The
//! broker ends with its owner, when its guest is lost, or after a while without clients.

use std::{
    env, io,
    os::{
        fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd},
        linux::net::SocketAddrExt as _,
        unix::{
            net::{SocketAddr, UnixListener, UnixStream},
            process::CommandExt as _,
        },
    },
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::socket::{getsockopt, sockopt::PeerCredentials},
};

use super::{
    Guest, GuestConfig, GuestError, KernelChoice, boot, cache, owner::Owner, userland::newest,
};
use crate::{
    agent::{
        Agent, AgentError, Hello, Missing, PidFd, ROLE_ENV, RunOptions, Runner, protocol,
        protocol::Inspection, self_command, serve, write_frame,
    },
    lab::Sink,
    observe::Observations,
    plan::{Need, Plan},
};

const KERNEL_ENV: &str = "XFRMLAB_BROKER_KERNEL";
const OWNER_ENV: &str = "XFRMLAB_BROKER_OWNER";
const FD_ENV: &str = "XFRMLAB_FD";

/// Milliseconds without a client after which a broker ends.
const IDLE_MS: u16 = 30_000;
/// Brokers that may end under a client before it gives up.
const TRIES: u32 = 2;
/// Labs at once for each client; the guest's agent has a limit of its own.
const JOBS_PER_CLIENT: usize = 16;

/// The guest that all processes under the same `cargo` share.
pub struct Broker;

impl Broker {
    /// Connects to the guest of `kernel`, booting it if this is the first to ask.
    pub fn connect(kernel: &KernelChoice) -> Result<Agent, GuestError> {
        Self::connect_group(kernel, "")
    }

    /// Likewise, to a guest that only those share who name the same group: for tests that leave a kernel other than
    /// they found it.
    pub fn connect_group(kernel: &KernelChoice, group: &str) -> Result<Agent, GuestError> {
        // Here, not in the broker: progress belongs on this process's terminal.
        boot::prepare(kernel)?;
        let failed = |e: io::Error| GuestError::Broker(e.to_string());
        let owner = Owner::find().map_err(failed)?;
        let address = address(owner, kernel, group).map_err(failed)?;
        let mut tries = 0;
        loop {
            let stream = reach(&address, owner, kernel).map_err(failed)?;
            same_user(&stream).map_err(failed)?;
            let reader = stream.try_clone().map_err(failed)?;
            let why_lost = Box::new(|why| format!("broker: {why}"));
            match Agent::connect(reader, stream, None, Box::new(()), why_lost) {
                Ok(agent) => return Ok(agent),
                // A broker that has just been idle for too long takes late callers down with it.
                Err(AgentError::Lost(_)) if tries < TRIES => tries += 1,
                Err(AgentError::Refused(why)) => return Err(GuestError::Broker(why)),
                Err(error) => return Err(GuestError::Broker(error.to_string())),
            }
        }
    }
}

/// A stream to the broker, which is started if nobody has done so.
fn reach(address: &SocketAddr, owner: Owner, kernel: &KernelChoice) -> io::Result<UnixStream> {
    loop {
        match UnixListener::bind_addr(address) {
            Ok(listener) => start(listener, owner, kernel)?,
            Err(e) if e.kind() == io::ErrorKind::AddrInUse => {}
            Err(e) => return Err(e),
        }
        match UnixStream::connect_addr(address) {
            // Its broker ended between the two calls; the name is free again.
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => {}
            other => return other,
        }
    }
}

/// Any process may connect to an abstract socket; only this user's are welcome.
fn same_user(stream: &UnixStream) -> io::Result<()> {
    let peer = getsockopt(stream, PeerCredentials)?;
    if peer.uid() == nix::unistd::geteuid().as_raw() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "the other end belongs to uid {}",
        peer.uid()
    )))
}

fn address(owner: Owner, kernel: &KernelChoice, group: &str) -> io::Result<SocketAddr> {
    // One cargo invocation has one build of this library; the versions are for the rest.
    let key = cache::key([
        owner.pid.to_string(),
        owner.started.to_string(),
        kernel.to_string(),
        group.to_owned(),
        newest().to_string(),
        nix::unistd::geteuid().to_string(),
        format!("{} {}", env!("CARGO_PKG_VERSION"), protocol::VERSION),
    ]);
    SocketAddr::from_abstract_name(format!("xfrmlab-{key}"))
}

fn start(listener: UnixListener, owner: Owner, kernel: &KernelChoice) -> io::Result<()> {
    let listener = OwnedFd::from(listener);
    let mut command = self_command();
    command
        .env(ROLE_ENV, "broker")
        .env(FD_ENV, listener.as_raw_fd().to_string())
        .env(KERNEL_ENV, kernel.to_string())
        .env(OWNER_ENV, format!("{} {}", owner.pid, owner.started))
        // Whoever reads our output must not wait for the broker to end.
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // SAFETY: only `fcntl` and `setsid` run between fork and exec.
    unsafe {
        command.pre_exec(move || {
            fcntl(&listener, FcntlArg::F_SETFD(FdFlag::empty()))?;
            nix::unistd::setsid()?;
            Ok(())
        });
    }
    let mut child = command.spawn()?;
    // Reaps the broker if it ends before this process does.
    thread::Builder::new()
        .name("broker-reaper".to_owned())
        .spawn(move || drop(child.wait()))?;
    Ok(())
}

/// The role `broker`.
pub(crate) fn broker_role() -> io::Result<()> {
    let text = |name| env::var(name).map_err(io::Error::other);
    let fd: i32 = text(FD_ENV)?.parse().map_err(io::Error::other)?;
    // SAFETY: the parent made this descriptor for us alone and named it in the environment.
    let listener = UnixListener::from(unsafe { OwnedFd::from_raw_fd(fd) });
    fcntl(&listener, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    listener.set_nonblocking(true)?;
    let kernel: KernelChoice = text(KERNEL_ENV)?.parse().map_err(io::Error::other)?;
    let (end, ended) = UnixStream::pair()?;
    let booted = Arc::new(AtomicBool::new(false));
    watch_owner(&text(OWNER_ENV)?, end.try_clone()?, Arc::clone(&booted))?;
    match Guest::boot(&GuestConfig {
        kernel,
        ..GuestConfig::default()
    }) {
        Ok(guest) => {
            booted.store(true, Ordering::SeqCst);
            let forward = Arc::new(Forward {
                agent: guest.agent(),
                end,
            });
            let served = accept(&listener, &forward, &ended);
            // Clients may hold the agent still; the guest goes all the same, and is reaped.
            guest.end();
            served
        }
        Err(error) => {
            let why = protocol::Reply::Refused(error.to_string());
            while let Ok((client, _)) = listener.accept() {
                client.set_nonblocking(false)?;
                // A client that has gone needs no reason.
                drop(write_frame(&client, &why));
            }
            Ok(())
        }
    }
}

/// Ends the broker when its owner ends: by `end` where a guest must be reaped, at once (QEMU
/// dies with us) while one boots.
fn watch_owner(text: &str, end: UnixStream, booted: Arc<AtomicBool>) -> io::Result<()> {
    let mut words = text.split_whitespace().map(str::parse::<u64>);
    let (Some(Ok(pid)), Some(Ok(started))) = (words.next(), words.next()) else {
        return Err(io::Error::other(format!(
            "`{OWNER_ENV}={text}` names no process"
        )));
    };
    let owner = Owner {
        pid: pid as u32,
        started,
    };
    let pidfd = PidFd::open(owner.pid)?;
    // Opened first, looked at second: now it cannot change any more.
    if !owner.lives() {
        return Err(io::Error::other("the owner has ended already"));
    }
    thread::Builder::new()
        .name("owner-watch".to_owned())
        .spawn(move || {
            drop(pidfd.ended());
            if !booted.load(Ordering::SeqCst) || io::Write::write(&mut &end, b"!").is_err() {
                std::process::exit(0);
            }
        })?;
    Ok(())
}

fn accept(listener: &UnixListener, forward: &Arc<Forward>, end: &UnixStream) -> io::Result<()> {
    let clients = Arc::new(AtomicUsize::new(0));
    loop {
        let mut fds = [
            PollFd::new(listener.as_fd(), PollFlags::POLLIN),
            PollFd::new(end.as_fd(), PollFlags::POLLIN),
        ];
        let ready = match poll(&mut fds, PollTimeout::from(IDLE_MS)) {
            Err(nix::errno::Errno::EINTR) => continue,
            other => other?,
        };
        let [_, ended] = fds.map(|fd| fd.any().unwrap_or(false));
        if ended || (ready == 0 && clients.load(Ordering::Acquire) == 0) {
            return Ok(());
        }
        let Ok((client, _)) = listener.accept() else {
            continue;
        };
        client.set_nonblocking(false)?;
        if same_user(&client).is_err() {
            continue;
        }
        let (forward, counted) = (Arc::clone(forward), Arc::clone(&clients));
        counted.fetch_add(1, Ordering::AcqRel);
        thread::Builder::new()
            .name("broker-client".to_owned())
            .spawn(move || {
                if let Ok(reader) = client.try_clone() {
                    // A client may go at any time; the others stay.
                    drop(serve(reader, client, &*forward, JOBS_PER_CLIENT));
                }
                counted.fetch_sub(1, Ordering::AcqRel);
            })?;
    }
}

/// Hands every job on to the guest.
struct Forward {
    agent: Agent,
    /// Written when the guest is lost.
    end: UnixStream,
}

impl Forward {
    fn told<T>(&self, answer: Result<T, AgentError>) -> Result<T, AgentError> {
        answer.inspect_err(|error| {
            if !matches!(error, AgentError::Lab(_)) {
                // Whoever asks next shall get a new broker with a new guest.
                drop(io::Write::write(&mut &self.end, b"!"));
            }
        })
    }
}

impl Runner for Forward {
    fn hello(&self) -> io::Result<Hello> {
        Ok(self.agent.hello().clone())
    }

    fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        sink: Sink<'_>,
    ) -> Result<Observations, AgentError> {
        self.told(self.agent.run(plan, options, sink))
    }

    fn probe(&self, needs: &[Need], options: &RunOptions) -> Result<Vec<Missing>, AgentError> {
        self.told(self.agent.probe(needs, options))
    }

    fn inspect(&self, plan: &Plan, script: &str) -> Result<Inspection, AgentError> {
        self.told(self.agent.inspect(plan, script))
    }
}
