//! Owns the waiting for one packet: until it has come, or nothing is under way any more.

use std::{
    io,
    os::fd::BorrowedFd,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use nix::poll::PollFlags;

use crate::lab::{error::LabError, neighbour, node::Nodes, watch::Watch};

/// A limit only: a lost packet is known as lost when the lab is quiet, long before.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

/// Waits until `arrived`, which is asked again when `fd` is readable or anything was captured.
/// Gives the nanoseconds that it took, `None` when it had not by the time the lab was quiet.
pub(super) fn until(
    fd: BorrowedFd<'_>,
    nodes: &mut Nodes,
    watch: &mut Watch,
    mut arrived: impl FnMut() -> io::Result<bool>,
) -> Result<Option<u64>, LabError> {
    let started = Instant::now();
    let broken = |e: io::Error| LabError::new("receive what was sent", "", "").io(&e);
    loop {
        if arrived().map_err(broken)? {
            let took = started.elapsed();
            watch.settle(nodes, LIMIT, |_| Ok(false))?;
            return Ok(Some(took.as_nanos() as u64));
        }
        if watch.drain(nodes)? > 0 {
            continue;
        }
        watch.wait(&[(fd, PollFlags::POLLIN)], Duration::from_millis(30))?;
        if watch.drain(nodes)? > 0 {
            continue;
        }
        quiet(nodes, watch)?;
        let late = arrived().map_err(broken)?;
        return Ok(late.then(|| started.elapsed().as_nanos() as u64));
    }
}

/// Waits until nothing is under way any more, held-back packets included.
pub(super) fn quiet(nodes: &mut Nodes, watch: &mut Watch) -> Result<(), LabError> {
    watch.settle(nodes, LIMIT, neighbour::pending)
}

/// The clock that frames are stamped by, in nanoseconds since the epoch.
pub(in crate::lab) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |d| d.as_nanos() as u64)
}
