//! Owns the running of a file's command in a node, until it has ended or is ready.

use std::{
    ffi::OsString,
    io::{self, PipeReader, Read as _},
    os::fd::{AsFd as _, OwnedFd},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::PollFlags,
};

use super::{confine::confine, wait};
use crate::{
    lab::{
        error::LabError,
        node::{Node, Nodes},
        watch::Watch,
    },
    observe::{CommandRecord, FlowRecord},
    plan::{Exec, Ready},
};

/// Bytes of output that are kept.
const KEPT: usize = 64 * 1024;
/// How often a port that nobody announces is looked for, and an end that no output shows.
const LOOK: Duration = Duration::from_millis(50);
/// Exit code of a command that could not be started.
const NOT_STARTED: i32 = 127;
/// TCP state in `/proc/net/tcp`: listening.
const LISTEN: &str = "0A";

/// A command under way. Dropping it kills it, and waits until it is gone.
pub(in crate::lab) struct Running {
    child: Child,
    output: PipeReader,
    bytes: Vec<u8>,
    cut: bool,
}

/// Runs a command.
pub(super) fn run(
    exec: &Exec,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<FlowRecord, LabError> {
    let object = exec.argv.join(" ");
    let broken = |e: &io::Error| LabError::new("run a command", &exec.at, &object).io(e);
    let start = || Running::start(&exec.argv);
    let mut running = match nodes.get(&exec.at).namespace.enter(start)? {
        Ok(running) => running,
        Err(error) => return Ok(not_started(exec, &error)),
    };
    let deadline = Instant::now() + Duration::from_secs(exec.within_s.into());
    let mut record = CommandRecord::default();
    loop {
        // Before the output is read: what an ended command has printed is then all there.
        record.exit = running.ended().map_err(|e| broken(&e))?;
        let more = running.read().map_err(|e| broken(&e))?;
        watch.drain(nodes)?;
        watch.heed(nodes)?;
        if let Some(ready) = &exec.ready
            && record.exit.is_none()
        {
            record.ready = is_ready(ready, &running, nodes.get(&exec.at))?;
        }
        if record.exit.is_some() || record.ready {
            break;
        }
        if Instant::now() > deadline {
            record.overdue = true;
            break;
        }
        if !more {
            watch.wait(&[(running.output.as_fd(), PollFlags::POLLIN)], LOOK)?;
        }
    }
    record.output = running.lines();
    record.cut = running.cut;
    if record.ready {
        nodes.get_mut(&exec.at).running.push(running);
    } else {
        drop(running);
    }
    wait::quiet(nodes, watch)?;
    Ok(FlowRecord {
        command: Some(record),
        ..FlowRecord::default()
    })
}

/// As a shell has it: exit code 127, and what the kernel said.
fn not_started(exec: &Exec, error: &io::Error) -> FlowRecord {
    let program = exec.argv.first().map_or("", String::as_str);
    let command = CommandRecord {
        exit: Some(NOT_STARTED),
        output: vec![format!("{program}: {error}")],
        ..CommandRecord::default()
    };
    FlowRecord {
        command: Some(command),
        ..FlowRecord::default()
    }
}

/// Where programs are looked for.
fn path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| "/usr/sbin:/usr/bin:/sbin:/bin".into())
}

fn is_ready(ready: &Ready, running: &Running, node: &Node) -> Result<bool, LabError> {
    let listens = |table: &str, port: u16, state: Option<&str>| {
        let read = |name: &str| {
            let text = std::fs::read_to_string(format!("/proc/thread-self/net/{name}"));
            text.unwrap_or_default()
        };
        let both = node
            .namespace
            .enter(|| [read(table), read(&format!("{table}6"))])?;
        Ok(both.iter().any(|text| has_port(text, port, state)))
    };
    match ready {
        Ready::Line(text) => Ok(running.lines().iter().any(|line| line.contains(text))),
        Ready::Udp(port) => listens("udp", *port, None),
        Ready::Tcp(port) => listens("tcp", *port, Some(LISTEN)),
    }
}

/// Whether a table of sockets has one on this local port: `sl local_address rem_address st ...`.
fn has_port(table: &str, port: u16, state: Option<&str>) -> bool {
    table.lines().skip(1).any(|line| {
        let mut words = line.split_whitespace().skip(1);
        let local = words.next().and_then(|end| end.rsplit_once(':'));
        let same = local.is_some_and(|(_, p)| u16::from_str_radix(p, 16) == Ok(port));
        same && state.is_none_or(|state| words.nth(1) == Some(state))
    })
}

impl Running {
    /// Starts it in the namespace of the calling thread.
    fn start(argv: &[String]) -> io::Result<Self> {
        let (output, shown) = io::pipe()?;
        let flags = OFlag::O_NONBLOCK;
        fcntl(&output, FcntlArg::F_SETFL(flags))?;
        let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", path())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::from(OwnedFd::from(shown.try_clone()?)))
            .stderr(Stdio::from(OwnedFd::from(shown)));
        confine(&mut command);
        let child = command.spawn()?;
        Ok(Self {
            child,
            output,
            bytes: Vec::new(),
            cut: false,
        })
    }

    /// Its exit code, once it has one.
    fn ended(&mut self) -> io::Result<Option<i32>> {
        let status = self.child.try_wait()?;
        Ok(status.map(|status| status.code().unwrap_or(-1)))
    }

    /// Takes what it has printed; whether there was anything.
    fn read(&mut self) -> io::Result<bool> {
        let mut some = false;
        let mut buffer = [0; 4096];
        loop {
            match self.output.read(&mut buffer) {
                Ok(0) => return Ok(some),
                Ok(length) => {
                    let room = KEPT.saturating_sub(self.bytes.len()).min(length);
                    self.bytes.extend(&buffer[..room]);
                    self.cut |= room < length;
                    some = true;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(some),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.bytes);
        text.lines().map(str::to_owned).collect()
    }

    /// Takes what it goes on printing, so that it does not wait for somebody to read it.
    pub(in crate::lab) fn overhear(&mut self) -> io::Result<()> {
        self.read().map(drop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; both calls then do nothing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::has_port;

    #[test]
    fn a_port_is_found_in_the_table_of_sockets() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue\n\
            0: 00000000:0050 00000000:0000 0A 00000000:00000000\n\
            1: 0100007F:1F90 0100007F:C350 01 00000000:00000000\n";
        assert!(has_port(table, 80, Some("0A")));
        assert!(has_port(table, 8080, None));
        assert!(!has_port(table, 8080, Some("0A")));
        assert!(!has_port(table, 81, None));
        assert!(!has_port("", 80, None));
    }
}
