//! Owns the confinement of a file's command: a process namespace of its own, so that nothing that it starts outlives
//! it, and it does not outlive the lab.

use std::{io, os::unix::process::CommandExt as _, process::Command};

use crate::agent::die_with_parent;

/// Has the command run as the first process of a namespace, below a process that ends as it ends. The lab's thread
/// must be the one that starts it: with that thread it is killed.
pub(super) fn confine(command: &mut Command) {
    confine_below(command, std::process::id());
}

fn confine_below(command: &mut Command, lab: u32) {
    let mut die_with_lab = die_with_parent(lab);
    // SAFETY: between fork and exec only system calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(move || {
            die_with_lab()?;
            let alive = Alive::new()?;
            checked(libc::unshare(libc::CLONE_NEWPID | libc::CLONE_NEWNS))?;
            // Not fork(3): its handlers may wait for locks of threads that are not in this process.
            let child = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
            match child {
                0 => {
                    alive.die_with_it()?;
                    checked(libc::setsid())?;
                    own_proc();
                    Ok(())
                }
                child if child > 0 => stand_for(child as libc::pid_t, &alive),
                _ => Err(io::Error::last_os_error()),
            }
        });
    }
}

fn checked(outcome: libc::c_int) -> io::Result<()> {
    if outcome < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

/// A pipe that ends when the process that made it does. The first process of a namespace cannot ask who its parent
/// is: whoever it is, `getppid` says 0 there.
struct Alive {
    read: libc::c_int,
    write: libc::c_int,
}

impl Alive {
    fn new() -> io::Result<Self> {
        let mut ends = [0; 2];
        // SAFETY: the array has room for both ends.
        checked(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })?;
        let [read, write] = ends;
        Ok(Self { read, write })
    }

    /// For the child: asks the kernel to kill it when its parent ends, and refuses to go on if that has begun. A process
    /// closes what it has open before it leaves its children (`do_exit`: `exit_files`, then `exit_notify`), so while the
    /// pipe is open the signal is still to come.
    fn die_with_it(&self) -> io::Result<()> {
        let mut end = libc::pollfd {
            fd: self.read,
            events: 0,
            revents: 0,
        };
        // SAFETY: the calls take numbers, and a structure that is alive.
        unsafe {
            checked(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL))?;
            checked(libc::close(self.write))?;
            checked(libc::poll(&raw mut end, 1, 0))?;
            checked(libc::close(self.read))?;
        }
        if end.revents & libc::POLLHUP == 0 {
            Ok(())
        } else {
            Err(io::Error::from_raw_os_error(libc::EPIPE))
        }
    }
}

/// Waits for the command and ends as it did, with 128 and the number of the signal where one ended it.
fn stand_for(child: libc::pid_t, alive: &Alive) -> ! {
    let mut status = 0;
    let own = alive.write as libc::c_uint;
    // SAFETY: the calls take numbers and a status that is alive. What is open belongs to the command, which has it open
    // itself; the pipe over which it tells that it was started must be closed here, or its reader waits. The end that
    // tells that this process lives stays.
    unsafe {
        if own > 0 {
            libc::syscall(libc::SYS_close_range, 0, own - 1, 0);
        }
        libc::syscall(libc::SYS_close_range, own + 1, libc::c_uint::MAX, 0);
        while libc::waitpid(child, &raw mut status, 0) < 0 {
            if *libc::__errno_location() != libc::EINTR {
                libc::_exit(255);
            }
        }
        libc::_exit(if libc::WIFEXITED(status) {
            libc::WEXITSTATUS(status)
        } else {
            128 + libc::WTERMSIG(status)
        })
    }
}

/// Shows the processes of the namespace in `/proc`, where that may be done: a container may forbid it, and then the
/// command sees those outside.
fn own_proc() {
    let (proc, none) = (c"proc".as_ptr(), std::ptr::null());
    let private = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: the strings end with a zero byte and outlive the calls.
    unsafe {
        if libc::mount(none, c"/".as_ptr(), none, private, none.cast()) == 0 {
            libc::mount(proc, c"/proc".as_ptr(), proc, 0, none.cast());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_whose_lab_has_ended_is_not_started() {
        let mut command = Command::new("true");
        // Any process that is not the parent: it has ended, and another has taken its children.
        confine_below(&mut command, std::process::id() + 1);
        let error = command.spawn().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }

    /// Whether a process goes on that asks as a child would, where its parent has ended or not. It is a process of its
    /// own, because what other tests start may hold the ends of this one's pipes for a moment.
    #[track_caller]
    fn check(parent_ended: bool, goes_on: bool) {
        // SAFETY: the child makes system calls only.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let said = Alive::new().and_then(|alive| {
                if !parent_ended {
                    // The copy of a parent that lives. SAFETY: the call takes a number only.
                    checked(unsafe { libc::dup(alive.write) })?;
                }
                alive.die_with_it()
            });
            // SAFETY: the call takes a number only.
            unsafe { libc::_exit(i32::from(said.is_err())) };
        }
        let mut status = 0;
        // SAFETY: the calls take numbers and a status that is alive.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        assert!(libc::WIFEXITED(status), "{status}");
        assert_eq!(libc::WEXITSTATUS(status) == 0, goes_on);
    }

    #[test]
    fn a_child_whose_parent_ended_before_it_asked_does_not_go_on() {
        check(true, false);
        check(false, true);
    }
}
