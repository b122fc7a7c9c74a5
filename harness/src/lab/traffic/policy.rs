//! Owns the policies of sockets (`IP_XFRM_POLICY`, `IPV6_XFRM_POLICY`): their setting, and the trial of those that the
//! kernel must refuse.

use std::{io, os::fd::OwnedFd};

use nix::sys::socket::{SockProtocol, SockType};

use super::socket;
use crate::{
    lab::{
        error::{LabError, errno_name},
        node::Nodes,
        sockopt, xfrm,
    },
    observe::RefusalRecord,
    ops,
    plan::{Flow, Policy},
};

/// `include/uapi/linux/in.h`, `in6.h`.
const IP_XFRM_POLICY: i32 = 17;
const IPV6_XFRM_POLICY: i32 = 35;

/// Gives a socket a policy.
pub(super) fn set(fd: &OwnedFd, v4: bool, policy: &Policy) -> io::Result<()> {
    let (level, option) = if v4 {
        (libc::IPPROTO_IP, IP_XFRM_POLICY)
    } else {
        (libc::IPPROTO_IPV6, IPV6_XFRM_POLICY)
    };
    sockopt::set_bytes(fd, level, option, &xfrm::socket_policy(policy))
}

/// Tries the policies of a flow's socket that the kernel must refuse, and notes what it said.
///
/// Each has a socket of its own: one that is not refused after all is then not in the way of the flow.
pub(in crate::lab) fn try_refused(
    flow: &Flow,
    step: u32,
    nodes: &mut Nodes,
) -> Result<(), LabError> {
    let Some((options, to)) = flow.traffic.socket() else {
        return Ok(());
    };
    let from = flow.traffic.from();
    for policy in &options.policies {
        let Some(expected) = &policy.refused else {
            continue;
        };
        let object = ops::socket_policy(policy);
        let broken = |e: &io::Error| LabError::new("open a socket for", from, &object).io(e);
        let tried = nodes.get(from).namespace.enter(|| {
            let fd = socket::open(to.is_ipv4(), SockType::Datagram, SockProtocol::Udp)?;
            Ok(set(&fd, to.is_ipv4(), policy).err())
        })?;
        let errno = tried
            .map_err(|e: io::Error| broken(&e))?
            .map(|e| errno_name(e.raw_os_error().unwrap_or(libc::EIO)));
        nodes.1.push(RefusalRecord {
            step,
            node: from.to_owned(),
            object,
            expected: expected.clone(),
            errno,
            // setsockopt() has no extended ack.
            said: None,
        });
    }
    Ok(())
}
