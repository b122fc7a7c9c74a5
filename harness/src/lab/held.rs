//! Owns what a guest holds for its whole life so that its kernel does not rewrite its own code while labs come
//! and go.
//!
//! The kernel switches rarely used paths by patching instructions (`include/linux/jump_label.h`): the first netfilter
//! hook of any namespace, the first trace rule, the first packet time stamp, the first encapsulation socket
//! switch theirs on, the last one to go switches it off. For a moment an `int3` stands there. QEMU 7.2
//! may execute that `int3` on the other emulated processor after the kernel has taken it for gone, and the guest
//! dies with `Oops: int3` in `NF_HOOK` or `__ip_local_out`. Seen with QEMU 7.2.22 and Linux 6.12.107: a table with five
//! base chains, added and deleted while another namespace pings, kills the guest within 50 rounds; with the same
//! hooks held elsewhere 600 rounds pass.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
};

use super::{capture::CaptureSocket, encap, error::LabError, freed, instrument, node::Node, quiet};
use crate::plan::EncapSocket;

/// A namespace in which everything is in use that labs switch on and off.
pub(crate) struct Held {
    _node: Node,
    _capture: CaptureSocket,
}

/// Port of the encapsulation sockets; any would do.
const PORT: u16 = 4500;

impl Held {
    /// Takes hold. `names` is a folder for the namespace's name.
    pub(crate) fn take(names: &Path) -> Result<Self, LabError> {
        let mut node = Node::make("held", names)?;
        instrument::install(&mut node)?;
        freed::hold();
        for address in [
            IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        ] {
            let port = PORT + u16::from(address.is_ipv6());
            let socket = EncapSocket {
                address,
                port,
                refused: None,
            };
            encap::open(&mut node, &socket)?;
        }
        let capture = CaptureSocket::open(&node)?;
        // Time stamps are switched on by a work item; the canary waits until it has run, and keeps them on.
        quiet::round()?;
        Ok(Self {
            _capture: capture,
            _node: node,
        })
    }
}
