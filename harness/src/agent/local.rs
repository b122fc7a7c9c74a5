//! Owns the native agent: a child of ours in user, network and mount namespaces of its own.
//! It leaves nothing behind and changes nothing outside those namespaces.

use std::{
    env, fs, io,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd},
        unix::{net::UnixStream, process::CommandExt as _},
    },
    process::{Command, Stdio},
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
};

use super::{
    Agent, AgentError,
    frame::write_frame,
    kept::Kept,
    protocol::Reply,
    role::{ROLE_ENV, die_with_parent},
    runner::{Lab, initial_user_namespace},
    self_command, serve,
    userns::{HostFacts, explain},
    usual_jobs,
};
use crate::lab::work_items;

const FD_ENV: &str = "XFRMLAB_FD";
const ROOTLESS_ENV: &str = "XFRMLAB_ROOTLESS";
const JOBS_ENV: &str = "XFRMLAB_JOBS";
/// The stream of [`work_items::ask_through`], where the starter is root and the agent will not be.
const WORK_ITEMS_ENV: &str = "XFRMLAB_WORK_ITEMS_FD";

/// How the native agent stands in its kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalOptions {
    /// Take a user namespace even when already root.
    pub rootless: bool,
    /// Become this ordinary user (uid and gid) first; needs root.
    pub uid: Option<u32>,
    /// Labs at once; 0 leaves it to the agent.
    pub jobs: usize,
}

/// Starts an agent on the running kernel.
pub fn start_local(options: &LocalOptions) -> Result<Agent, AgentError> {
    let refused = |e: io::Error| AgentError::Refused(e.to_string());
    let (ours, theirs) = UnixStream::pair().map_err(refused)?;
    let mut command = self_command();
    command
        .env(ROLE_ENV, "agent")
        .env(FD_ENV, theirs.as_raw_fd().to_string())
        .env(ROOTLESS_ENV, if options.rootless { "1" } else { "0" })
        .env(JOBS_ENV, options.jobs.to_string())
        .env_remove(WORK_ITEMS_ENV)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let mut handed = vec![OwnedFd::from(theirs)];
    let less = options.rootless || options.uid.is_some();
    if less && nix::unistd::geteuid().is_root() && initial_user_namespace() {
        let stream = work_items::answer().map_err(refused)?;
        command.env(WORK_ITEMS_ENV, stream.as_raw_fd().to_string());
        handed.push(stream.into());
    }
    hand_over(&mut command, handed, options.uid);
    let kept = Kept::spawn(command).map_err(refused)?;
    let reader = ours.try_clone().map_err(refused)?;
    Agent::connect(reader, ours, None, Box::new(kept), Box::new(|why| why))
}

/// Lets the child inherit `fds`, as another user where one is asked for.
fn hand_over(command: &mut Command, fds: Vec<OwnedFd>, uid: Option<u32>) {
    // Before exec, not after: a process that changes its user while it runs is not dumpable,
    // and the files of its own `/proc/self` are root's.
    // SAFETY: only `fcntl` and the calls of the set-user family run between fork and exec.
    unsafe {
        command.pre_exec(move || {
            for fd in &fds {
                fcntl(fd, FcntlArg::F_SETFD(FdFlag::empty()))?;
            }
            if let Some(uid) = uid {
                nix::unistd::setgroups(&[])?;
                let (user, group) = (uid.into(), uid.into());
                nix::unistd::setresgid(group, group, group)?;
                nix::unistd::setresuid(user, user, user)?;
            }
            Ok(())
        });
    }
}

/// The role: enters its namespaces and serves until the host goes away.
pub(crate) fn serve_role(facts: &HostFacts) -> io::Result<()> {
    let number = |name| {
        env::var(name)
            .ok()
            .and_then(|v| v.parse::<i32>().ok())
            .unwrap_or(0)
    };
    let (fd, rootless) = (number(FD_ENV), number(ROOTLESS_ENV) == 1);
    if fd < 3 {
        return Err(io::Error::other(format!("`{FD_ENV}` names no descriptor")));
    }
    let stream = inherited(fd)?;
    match number(WORK_ITEMS_ENV) {
        0 => {}
        fd => work_items::ask_through(inherited(fd)?),
    }
    let parent = nix::unistd::getppid().as_raw().cast_unsigned();
    if let Err(why) = enter(rootless, facts) {
        return write_frame(&stream, &Reply::Refused(why));
    }
    // A change of credentials clears the parent-death signal (`commit_creds`).
    die_with_parent(parent)()?;
    let jobs = match number(JOBS_ENV) {
        0 => usual_jobs(),
        jobs => usize::try_from(jobs).unwrap_or(1),
    };
    serve(stream.try_clone()?, stream, &Lab::default(), jobs)
}

/// A stream that the parent made for this process alone and named in the environment.
fn inherited(fd: i32) -> io::Result<UnixStream> {
    // SAFETY: nobody else has it, and each name is read once.
    let stream = UnixStream::from(unsafe { OwnedFd::from_raw_fd(fd) });
    fcntl(&stream, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    Ok(stream)
}

/// Enters the namespaces; the process must have one thread.
fn enter(rootless: bool, facts: &HostFacts) -> Result<(), String> {
    let told = |step: &str| {
        let step = step.to_owned();
        move |e: io::Error| explain(&step, &e, facts)
    };
    let (uid, gid) = (nix::unistd::geteuid(), nix::unistd::getegid());
    let user = rootless || !uid.is_root() || !may_administer();
    if user {
        unshare(CloneFlags::CLONE_NEWUSER)
            .map_err(io::Error::from)
            .map_err(told("enter a user namespace"))?;
        // `deny` is what lets an ordinary user map a group (user_namespaces(7)).
        fs::write("/proc/self/setgroups", "deny").map_err(told("write `setgroups`"))?;
        fs::write("/proc/self/uid_map", format!("0 {uid} 1"))
            .map_err(told("write `/proc/self/uid_map`"))?;
        fs::write("/proc/self/gid_map", format!("0 {gid} 1"))
            .map_err(told("write `/proc/self/gid_map`"))?;
    }
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)
        .map_err(io::Error::from)
        .map_err(told("enter network and mount namespaces"))?;
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)
        .map_err(io::Error::from)
        .map_err(told("make mounts private"))?;
    mount(
        Some("tmpfs"),
        "/run",
        Some("tmpfs"),
        MsFlags::MS_NOSUID | MsFlags::MS_NODEV,
        Some("mode=755"),
    )
    .map_err(io::Error::from)
    .map_err(told("mount a tmpfs on `/run`"))
}

/// Root in a container is root without `CAP_SYS_ADMIN`.
fn may_administer() -> bool {
    const CAP_SYS_ADMIN: u32 = 21;
    const CAP_NET_ADMIN: u32 = 12;
    let wanted = (1u64 << CAP_SYS_ADMIN) | (1 << CAP_NET_ADMIN);
    fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        status
            .lines()
            .find_map(|line| line.strip_prefix("CapEff:"))
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask & wanted == wanted)
    })
}
