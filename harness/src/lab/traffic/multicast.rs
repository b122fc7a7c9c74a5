//! Owns the options of sockets that send to a group or belong to one.

use std::{
    io,
    net::{IpAddr, UdpSocket},
    os::fd::OwnedFd,
};

use crate::lab::sockopt;

/// A sender: its own node gets no copy, and a TTL of its own goes for groups too (1 without).
pub(super) fn prepare(fd: &OwnedFd, v4: bool, ttl: Option<u8>) -> io::Result<()> {
    let (level, own, hops) = if v4 {
        (
            libc::IPPROTO_IP,
            libc::IP_MULTICAST_LOOP,
            libc::IP_MULTICAST_TTL,
        )
    } else {
        (
            libc::IPPROTO_IPV6,
            libc::IPV6_MULTICAST_LOOP,
            libc::IPV6_MULTICAST_HOPS,
        )
    };
    sockopt::set(fd, level, own, 0)?;
    if let Some(ttl) = ttl {
        sockopt::set(fd, level, hops, i32::from(ttl))?;
    }
    Ok(())
}

/// Joins a group on one device.
pub(super) fn join(socket: &UdpSocket, group: IpAddr, index: u32) -> io::Result<()> {
    match group {
        IpAddr::V4(group) => {
            // `struct ip_mreqn`: the group, an address of the device, its index.
            let request = [group.octets(), [0; 4], index.to_ne_bytes()].concat();
            sockopt::set_bytes(socket, libc::IPPROTO_IP, libc::IP_ADD_MEMBERSHIP, &request)
        }
        IpAddr::V6(group) => socket.join_multicast_v6(&group, index),
    }
}
