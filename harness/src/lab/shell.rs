//! Owns a shell inside a node: a process in its namespace, behind a pseudo-terminal for a person and behind pipes
//! for a script.

use std::{
    fs::File,
    io::{self, PipeReader},
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::process::CommandExt as _,
    },
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::pty::{OpenptyResult, openpty};

use super::{error::LabError, world::World};

/// A running shell. Dropping it kills the shell.
pub struct Shell {
    child: Child,
    /// What is typed goes here; dropping it ends the input of a shell behind pipes.
    input: Option<File>,
    /// What is shown comes from here.
    output: Option<File>,
}

/// Columns and rows of a person's terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TerminalSize {
    pub columns: u16,
    pub rows: u16,
}

impl World {
    /// Starts a shell in `node`, on a terminal of that size or, without one, on pipes.
    ///
    /// # Errors
    /// When there is no such node, or no shell can be started.
    pub fn shell(&self, node: &str, size: Option<TerminalSize>) -> Result<Shell, LabError> {
        let Some(node) = self.nodes.0.iter().find(|n| n.name == node) else {
            let names: Vec<_> = self.nodes.0.iter().map(|n| n.name.as_str()).collect();
            return Err(LabError::new("start a shell", node, "")
                .said("there is no such node")
                .hint(format!("the nodes are {}", names.join(", "))));
        };
        let start = || match size {
            Some(size) => on_terminal(&node.name, size),
            None => on_pipes(),
        };
        node.namespace
            .enter(start)?
            .map_err(|e| LabError::new("start a shell", &node.name, "").io(&e))
    }
}

impl World {
    /// Runs a script in the first node and gives what it prints.
    ///
    /// # Errors
    /// When the plan has no node, or no shell can be started.
    pub fn script(&self, text: &str) -> Result<String, LabError> {
        let Some(node) = self.nodes.0.first() else {
            return Err(LabError::new("run a script", "", "").said("the world has no node"));
        };
        let run = || {
            Command::new(program())
                .arg("-c")
                .arg(format!("exec 2>&1\n{text}"))
                .stdin(Stdio::null())
                .output()
        };
        let output = node
            .namespace
            .enter(run)?
            .map_err(|e| LabError::new("run a script", &node.name, "").io(&e))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Shell {
    /// Takes what is typed into.
    pub fn take_input(&mut self) -> Option<File> {
        self.input.take()
    }

    /// Takes what is shown.
    pub fn take_output(&mut self) -> Option<File> {
        self.output.take()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // It may have ended already; both calls then do nothing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Tells the programs on a terminal that it has another size. A failure leaves the old one.
pub fn resize(terminal: &File, size: TerminalSize) {
    let window = window(size);
    // SAFETY: the request takes a window size, which outlives the call.
    let _ = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const window) };
}

fn on_pipes() -> io::Result<Shell> {
    let (output, shown): (PipeReader, _) = io::pipe()?;
    let mut child = Command::new(program())
        .stdin(Stdio::piped())
        .stdout(Stdio::from(OwnedFd::from(shown.try_clone()?)))
        .stderr(Stdio::from(OwnedFd::from(shown)))
        .spawn()?;
    let input = child
        .stdin
        .take()
        .map(|stdin| File::from(OwnedFd::from(stdin)));
    Ok(Shell {
        child,
        input,
        output: Some(File::from(OwnedFd::from(output))),
    })
}

fn on_terminal(node: &str, size: TerminalSize) -> io::Result<Shell> {
    let OpenptyResult { master, slave } = openpty(Some(&window(size)), None)?;
    let shell = program();
    let mut command = Command::new(shell);
    if shell.ends_with("bash") {
        // Start-up files of the person's own would set another prompt.
        command.args(["--norc", "--noprofile", "-i"]);
    }
    command
        .env("PS1", format!("{node}# "))
        .env(
            "TERM",
            std::env::var("TERM").unwrap_or_else(|_| "linux".into()),
        )
        .stdin(Stdio::from(slave.try_clone()?))
        .stdout(Stdio::from(slave.try_clone()?))
        .stderr(Stdio::from(slave));
    // SAFETY: both calls are async-signal-safe.
    unsafe {
        command.pre_exec(|| {
            nix::unistd::setsid()?;
            if libc::ioctl(0, libc::TIOCSCTTY, 0) < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        });
    }
    let child = command.spawn()?;
    let master = File::from(master);
    Ok(Shell {
        child,
        input: Some(master.try_clone()?),
        output: Some(master),
    })
}

/// The best shell that there is.
fn program() -> &'static str {
    ["/bin/bash", "/bin/sh"]
        .into_iter()
        .find(|p| Path::new(p).exists())
        .unwrap_or("sh")
}

fn window(size: TerminalSize) -> nix::pty::Winsize {
    nix::pty::Winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}
