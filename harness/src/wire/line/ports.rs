//! Owns endpoints: an address with the port behind it where there is one.

use std::net::IpAddr;

use crate::wire::packet::Upper;

/// Source and destination port of an upper layer.
pub(super) fn of(upper: &Upper) -> (Option<u16>, Option<u16>) {
    match upper {
        Upper::Udp(udp) => (Some(udp.sport), Some(udp.dport)),
        Upper::Tcp(tcp) => (Some(tcp.sport), Some(tcp.dport)),
        _ => (None, None),
    }
}

/// `10.0.0.1`, `10.0.0.1.4500`, `fd00::1.4500`.
pub(super) fn endpoint(address: IpAddr, port: Option<u16>) -> String {
    match port {
        Some(port) => format!("{address}.{port}"),
        None => address.to_string(),
    }
}
