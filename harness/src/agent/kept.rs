//! Owns `Kept`: a child process that cannot outlive this one. It never looks at what the
//! child does.
//!
//! The kernel's parent-death signal is tied to the *thread* that forked, so a child started
//! by a test's thread would die with that test. Each child gets a thread that does nothing
//! but hold it.

use std::{
    io,
    os::unix::{net::UnixStream, process::CommandExt as _},
    process::Command,
    sync::mpsc,
    thread::{self, JoinHandle},
};

use super::{PidFd, role::die_with_parent};

/// A child and the thread that holds it. Dropping it kills the child and reaps it.
pub(crate) struct Kept {
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Kept {
    /// Starts `command` so that it dies with this process, however that ends.
    pub(crate) fn spawn(mut command: Command) -> io::Result<Self> {
        // SAFETY: between fork and exec only `prctl` and `getppid` are called, both
        // async-signal-safe.
        unsafe { command.pre_exec(die_with_parent(std::process::id())) };
        let (stop, stopped) = UnixStream::pair()?;
        let (sender, started) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || {
                let begun = command
                    .spawn()
                    .and_then(|child| Ok((PidFd::open(child.id())?, child)));
                // The descriptors that the command holds are the child's now.
                drop(command);
                match begun {
                    Err(error) => drop(sender.send(Err(error))),
                    Ok((pidfd, mut child)) => {
                        drop(sender.send(Ok(())));
                        // Whatever ended the wait, the child must not outlive this thread.
                        drop(pidfd.ended_or(&stopped));
                        drop(child.kill());
                        drop(child.wait());
                    }
                }
            })?;
        started.recv().map_err(io::Error::other)??;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Kills and reaps the child.
    pub(crate) fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The keeper does not panic; if it did, the child is gone with its thread.
            drop(thread.join());
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.end();
    }
}
