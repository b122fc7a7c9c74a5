//! Owns the setting of socket options that `nix` does not have.

use std::{io, os::fd::AsRawFd};

/// `setsockopt` with an int.
pub(super) fn set(
    socket: &impl AsRawFd,
    level: libc::c_int,
    option: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    set_bytes(socket, level, option, &value.to_ne_bytes())
}

/// `setsockopt` with the bytes of a structure.
pub(super) fn set_bytes(
    socket: &impl AsRawFd,
    level: libc::c_int,
    option: libc::c_int,
    value: &[u8],
) -> io::Result<()> {
    // SAFETY: the value is alive and as long as told.
    let outcome = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            value.as_ptr().cast(),
            value.len() as libc::socklen_t,
        )
    };
    if outcome < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
