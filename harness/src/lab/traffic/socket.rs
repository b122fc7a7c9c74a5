//! Owns the options of sending sockets, for both families.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::{AsRawFd as _, OwnedFd},
};

use nix::sys::socket::{
    AddressFamily, SockFlag, SockProtocol, SockType, SockaddrStorage, bind, setsockopt, socket,
    sockopt as options,
};

use super::policy;
use crate::{
    lab::{port, sockopt},
    plan::SocketOptions,
};

/// `IP_PMTUDISC_DONT` and `IP_PMTUDISC_DO` (`include/uapi/linux/in.h`, `in6.h`).
const PMTUDISC_DONT: i32 = 0;
const PMTUDISC_DO: i32 = 2;

/// A socket without anything set yet, in the calling thread's namespace.
pub(super) fn open(v4: bool, kind: SockType, protocol: SockProtocol) -> io::Result<OwnedFd> {
    let family = if v4 {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    Ok(socket(family, kind, flags, protocol)?)
}

/// Sets what the file asks for, and binds.
pub(super) fn prepare(fd: &OwnedFd, v4: bool, wanted: &SocketOptions, port: u16) -> io::Result<()> {
    if let Some(device) = &wanted.device {
        setsockopt(fd, options::BindToDevice, &device.into())?;
    }
    if wanted.mark != 0 {
        setsockopt(fd, options::Mark, &wanted.mark)?;
    }
    let set = |(level4, option4), (level6, option6), value: &[u8]| {
        let (level, option) = if v4 {
            (level4, option4)
        } else {
            (level6, option6)
        };
        sockopt::set_bytes(fd, level, option, value)
    };
    if let Some(ttl) = wanted.ttl {
        set(
            (libc::IPPROTO_IP, libc::IP_TTL),
            (libc::IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS),
            &i32::from(ttl).to_ne_bytes(),
        )?;
    }
    if let Some(tos) = wanted.tos {
        set(
            (libc::IPPROTO_IP, libc::IP_TOS),
            (libc::IPPROTO_IPV6, libc::IPV6_TCLASS),
            &i32::from(tos).to_ne_bytes(),
        )?;
    }
    if let Some(df) = wanted.df {
        set(
            (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER),
            (libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER),
            &if df { PMTUDISC_DO } else { PMTUDISC_DONT }.to_ne_bytes(),
        )?;
        if !v4 {
            // Path MTU discovery alone lets an IPv6 sender fragment.
            sockopt::set(fd, libc::IPPROTO_IPV6, libc::IPV6_DONTFRAG, i32::from(df))?;
        }
    }
    // One that must be refused was tried before, on a socket of its own.
    for policy in wanted.policies.iter().filter(|p| p.refused.is_none()) {
        policy::set(fd, v4, policy)?;
    }
    if wanted.src.is_some() || port != 0 {
        let address = wanted.src.unwrap_or_else(|| any(v4));
        let address = SockaddrStorage::from(SocketAddr::new(address, port));
        port::bound(|| Ok(bind(fd.as_raw_fd(), &address)?))?;
    }
    Ok(())
}

/// The wildcard address of a family.
pub(super) fn any(v4: bool) -> IpAddr {
    if v4 {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    }
}
