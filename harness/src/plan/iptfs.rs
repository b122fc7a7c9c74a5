//! Owns the parameters of an IP-TFS SA (RFC 9347, Linux 6.14). It never touches the kernel.

use serde::{Deserialize, Serialize};

/// What an SA of mode `iptfs` does beyond the kernel's defaults; `None` leaves them (`XFRMA_IPTFS_*` in
/// `include/uapi/linux/xfrm.h`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iptfs {
    /// Inbound: microseconds that a missing packet is waited for.
    pub drop_time: Option<u32>,
    /// Inbound: packets that may come out of order.
    pub reorder_window: Option<u16>,
    /// Outbound: inner packets are not cut to fill outer ones.
    pub dont_frag: bool,
    /// Outbound: microseconds that the first inner packet of an outer one waits for more.
    pub init_delay: Option<u32>,
    /// Outbound: bytes that may wait.
    pub max_queue_size: Option<u32>,
    /// Outbound: size of outer packets, 0 for the path's MTU.
    pub pkt_size: Option<u32>,
}

impl Iptfs {
    /// Every parameter that is set, with its key in a file.
    pub fn words(&self) -> Vec<String> {
        let number = |key: &str, value: Option<u32>| value.map(|value| format!("{key} {value}"));
        [
            number("drop-time", self.drop_time),
            number("reorder-window", self.reorder_window.map(u32::from)),
            self.dont_frag.then(|| "dont-frag".to_owned()),
            number("init-delay", self.init_delay),
            number("max-queue-size", self.max_queue_size),
            number("pkt-size", self.pkt_size),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
