//! Owns the confinement of a file's command: a process namespace of its own, so that nothing that it starts outlives
//! it, and it does not outlive the lab.

use std::{io, os::unix::process::CommandExt as _, process::Command};

/// Has the command run as the first process of a namespace, below a process that ends as it ends. The lab's thread
/// must be the one that starts it: with that thread it is killed.
pub(super) fn confine(command: &mut Command) {
    // SAFETY: between fork and exec only system calls are made, and nothing is allocated.
    unsafe {
        command.pre_exec(|| {
            die_with_parent()?;
            checked(libc::unshare(libc::CLONE_NEWPID | libc::CLONE_NEWNS))?;
            // Not fork(3): its handlers may wait for locks of threads that are not in this process.
            let child = libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0);
            match child {
                0 => {
                    die_with_parent()?;
                    checked(libc::setsid())?;
                    own_proc();
                    Ok(())
                }
                child if child > 0 => stand_for(child as libc::pid_t),
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

fn die_with_parent() -> io::Result<()> {
    // SAFETY: the call takes numbers only.
    checked(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) })
}

/// Waits for the command and ends as it did, with 128 and the number of the signal where one ended it.
fn stand_for(child: libc::pid_t) -> ! {
    let mut status = 0;
    // SAFETY: the calls take numbers and a status that is alive. What is open belongs to the command, which has it open
    // itself; the pipe over which it tells that it was started must be closed here, or its reader waits.
    unsafe {
        libc::syscall(libc::SYS_close_range, 0, libc::c_uint::MAX, 0);
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
