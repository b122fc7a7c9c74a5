//! Owns the size of receive buffers: as large as the kernel lets us make them.

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd},
};

use super::sockopt;

/// What is asked for: 32 MiB hold over ten thousand full-sized packets with their book-keeping.
const WANTED: libc::c_int = 32 << 20;

/// Enlarges the socket's receive buffer. Only root of the initial user namespace may go past `net.core.rmem_max`.
pub(super) fn enlarge(socket: &impl AsRawFd) -> io::Result<()> {
    if sockopt::set(socket, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, WANTED).is_err() {
        sockopt::set(socket, libc::SOL_SOCKET, libc::SO_RCVBUF, WANTED)?;
    }
    Ok(())
}

/// `netlink_sys::Socket` has only a raw descriptor.
pub(super) fn borrow(socket: &impl AsRawFd) -> BorrowedFd<'_> {
    // SAFETY: the borrow lives no longer than the socket that owns the descriptor.
    unsafe { BorrowedFd::borrow_raw(socket.as_raw_fd()) }
}
