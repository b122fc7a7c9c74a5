//! Owns `PidFd`: waiting for a process that need not be a child. It never kills anything.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A process by descriptor: it stays this process even when its number is used again.
pub(crate) struct PidFd(OwnedFd);

impl PidFd {
    /// Linux 5.3, `kernel/pid.c`.
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        // SAFETY: `pidfd_open` takes two integers and returns a new descriptor or an error.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made this descriptor for us; descriptors fit an `i32`.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd as i32) }))
    }

    /// Waits until the process has ended.
    pub(crate) fn ended(&self) -> io::Result<()> {
        self.ended_or(self)
    }

    /// Waits until the process has ended or `other` can be read (or was closed).
    pub(crate) fn ended_or(&self, other: impl AsFd) -> io::Result<()> {
        let mut fds = [
            PollFd::new(self.0.as_fd(), PollFlags::POLLIN),
            PollFd::new(other.as_fd(), PollFlags::POLLIN),
        ];
        loop {
            match poll(&mut fds, PollTimeout::NONE) {
                Err(nix::errno::Errno::EINTR) => {}
                other => return other.map(drop).map_err(io::Error::from),
            }
        }
    }
}

impl AsFd for PidFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for PidFd {
    fn as_raw_fd(&self) -> i32 {
        self.0.as_raw_fd()
    }
}
