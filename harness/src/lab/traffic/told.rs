//! Owns the error queue of a sending socket: what local checks and ICMP messages told it.

use std::{
    io::{self, IoSliceMut},
    net::IpAddr,
    os::fd::{AsRawFd as _, OwnedFd},
};

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt as options,
};

use crate::{
    lab::error::errno_name,
    observe::{ErrorOrigin, SocketError},
};

/// Has errors queued (`IP_RECVERR`, `IPV6_RECVERR`).
pub(super) fn listen(fd: &OwnedFd, v4: bool) -> io::Result<()> {
    if v4 {
        setsockopt(fd, options::Ipv4RecvErr, &true)?;
    } else {
        setsockopt(fd, options::Ipv6RecvErr, &true)?;
    }
    Ok(())
}

/// Takes everything from the queue. Reading an entry clears the socket's pending error too.
pub(super) fn drain(fd: &OwnedFd) -> io::Result<Vec<SocketError>> {
    let mut told = Vec::new();
    loop {
        let (mut data, mut control) = ([0; 64], vec![0; 512]);
        let mut iov = [IoSliceMut::new(&mut data)];
        let message = match recvmsg::<SockaddrStorage>(
            fd.as_raw_fd(),
            &mut iov,
            Some(&mut control),
            MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT,
        ) {
            Ok(message) => message,
            Err(nix::errno::Errno::EAGAIN) => return Ok(told),
            Err(nix::errno::Errno::EINTR) => continue,
            Err(errno) => return Err(errno.into()),
        };
        for control in message.cmsgs()? {
            match control {
                ControlMessageOwned::Ipv4RecvErr(error, from) => {
                    let from = from.map(|a| IpAddr::from(a.sin_addr.s_addr.to_ne_bytes()));
                    told.push(entry(&error, from));
                }
                ControlMessageOwned::Ipv6RecvErr(error, from) => {
                    let from = from.map(|a| IpAddr::from(a.sin6_addr.s6_addr));
                    told.push(entry(&error, from));
                }
                _ => {}
            }
        }
    }
}

fn entry(error: &libc::sock_extended_err, from: Option<IpAddr>) -> SocketError {
    let errno = i32::try_from(error.ee_errno).unwrap_or(libc::EIO);
    SocketError {
        errno: errno_name(errno),
        origin: match error.ee_origin {
            libc::SO_EE_ORIGIN_LOCAL => ErrorOrigin::Local,
            libc::SO_EE_ORIGIN_ICMP => ErrorOrigin::Icmp,
            libc::SO_EE_ORIGIN_ICMP6 => ErrorOrigin::Icmp6,
            _ => ErrorOrigin::Other,
        },
        kind: error.ee_type,
        code: error.ee_code,
        mtu: (errno == libc::EMSGSIZE).then_some(error.ee_info),
        from: from.filter(|a| !a.is_unspecified()),
    }
}
