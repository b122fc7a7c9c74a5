//! Owns the wait for what the kernel does by itself to devices and routes: it is looked at anew at every event, until
//! nothing is missing any more.

use std::{
    io,
    time::{Duration, Instant},
};

use netlink_sys::Socket;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{buffer, error::LabError, node::Node};

/// What is still missing after this never comes.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// Groups of `NETLINK_ROUTE` (`include/uapi/linux/rtnetlink.h`).
#[derive(Clone, Copy)]
pub(super) enum Group {
    Link = 1,
    Ipv6Route = 11,
}

/// Waits until `missing` finds nothing, and gives what it still finds after [`LIMIT`].
pub(super) fn until<T>(
    node: &mut Node,
    group: Group,
    mut missing: impl FnMut(&mut Node) -> Result<Option<T>, LabError>,
) -> Result<Option<T>, LabError> {
    if missing(node)?.is_none() {
        return Ok(None);
    }
    let broken =
        |e: &io::Error, name: &str| LabError::new("listen to route events", name, "").io(e);
    let events = node
        .namespace
        .enter(|| listen(group))?
        .map_err(|e| broken(&e, &node.name))?;
    let deadline = Instant::now() + LIMIT;
    // Joined before it is looked again, so a change since then is an event here.
    while let Some(it) = missing(node)? {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(Some(it));
        }
        let mut fds = [PollFd::new(buffer::borrow(&events), PollFlags::POLLIN)];
        let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        poll(&mut fds, left).map_err(|e| broken(&e.into(), &node.name))?;
        while events.recv_from_full().is_ok() {}
    }
    Ok(None)
}

fn listen(group: Group) -> io::Result<Socket> {
    let mut socket = Socket::new(libc::NETLINK_ROUTE as isize)?;
    socket.bind_auto()?;
    socket.add_membership(group as u32)?;
    socket.set_non_blocking(true)?;
    Ok(socket)
}
