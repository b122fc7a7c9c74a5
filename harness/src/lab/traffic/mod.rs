//! Owns the traffic of a step: sockets in the nodes, one packet after the other, and the
//! record of what became of each. It never judges, and it waits by cause only.

mod again;
mod burst;
mod bypass;
mod confine;
mod esp;
mod exec;
mod flow;
mod keepalive;
mod multicast;
mod payload;
mod ping;
mod policy;
mod raw;
mod receiver;
mod socket;
mod tcp;
mod told;
mod udp;
mod wait;

pub(super) use burst::run as burst;
pub(super) use exec::Running;
pub(super) use flow::run;
pub(super) use policy::try_refused;
pub(super) use wait::now;
