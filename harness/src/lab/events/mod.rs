//! Owns the hearing of what a kernel tells about xfrm (`NETLINK_XFRM` groups).
//!
//! `netlink-packet-xfrm` drops most of these messages and slices before it looks at a length, so they
//! are read here, from the structures of `include/uapi/linux/xfrm.h`. Hostile bytes give fewer fields.

mod attribute;
mod bytes;
mod message;

use std::io;

use super::{error::LabError, listener::Listener, node::Node};
use crate::observe::{Loss, XfrmEvent};

/// `XFRMNLGRP_EXPIRE`, `_SA`, `_POLICY`, `_REPORT`, `_MIGRATE`, `_MAPPING`. A listener to `_AEVENTS` would make
/// the kernel arm timers, so nobody listens to those.
const GROUPS: [u32; 6] = [2, 3, 4, 6, 7, 8];
/// `XFRMNLGRP_ACQUIRE`. A listener to it is what an IKE daemon is: with one the kernel makes a larval state for
/// what it wants, without one it does not (`xfrm_state_find` and `km_query`, `net/xfrm/xfrm_state.c`).
const ACQUIRE: u32 = 1;

/// Listens at a node; `acquires` where the file speaks of the node's events.
pub(super) fn listen(node: &Node, acquires: bool) -> Result<Listener, LabError> {
    let mut groups = GROUPS.to_vec();
    if acquires {
        groups.push(ACQUIRE);
    }
    Listener::open(node, "xfrm events", libc::NETLINK_XFRM, &groups)
}

/// Takes what was told; `ts_ns` is now.
pub(super) fn drain(
    listener: &mut Listener,
    step: u32,
    ts_ns: u64,
    events: &mut Vec<XfrmEvent>,
) -> io::Result<Option<Loss>> {
    let node = listener.node.clone();
    listener.drain(|message| {
        let told = message::read(message.kind, message.payload);
        events.push(XfrmEvent {
            step,
            node: node.clone(),
            ts_ns,
            kind: told.kind,
            sa: told.sa,
            fields: told.fields,
        });
    })
}
