//! Owns the kernel-facing middle: the only module that enters namespaces, opens sockets and starts
//! processes. It never judges.

#![expect(clippy::disallowed_methods, reason = "this is the kernel-facing half")]

mod apply;
mod buffer;
mod capture;
mod carrier;
mod change;
mod conntrack;
mod conntrack_list;
mod counters;
mod device;
mod encap;
mod error;
mod events;
mod foreign;
mod freed;
mod held;
mod instrument;
mod instrument_ct;
mod iptables;
mod kernel_log;
mod link;
mod listener;
mod local_route;
mod look;
mod memory;
mod meters;
mod neighbour;
mod netlink;
mod netns;
mod nft;
mod nft_batch;
mod node;
mod offload;
mod port;
mod qdisc;
mod quiet;
mod route_event;
mod rule;
mod run;
mod shell;
mod sockopt;
mod spd;
mod spent;
mod steer;
mod sysctl;
mod tool;
mod trace;
mod traffic;
mod waiting;
mod watch;
mod windows;
pub(crate) mod work_items;
mod world;
mod xfrm;

pub use error::LabError;
pub(crate) use freed::probe as freed_packets;
pub(crate) use held::Held;
pub(crate) use kernel_log::probe as kernel_log;
pub use look::look;
pub use run::run;
pub use shell::{Shell, TerminalSize, resize};
pub(crate) use tool::call as call_tool;
pub(crate) use windows::Sink;
pub use world::World;
