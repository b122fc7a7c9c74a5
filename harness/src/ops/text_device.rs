//! Owns the words behind `ip link add` for devices that are not link ends, and behind
//! `tc qdisc add ... netem`. It never runs them.

use std::fmt::Write as _;

use super::text::mac;
use crate::plan::{Device, DeviceKind, Netem, Tunnel, TunnelKind};

/// The words behind `ip link add`.
pub(super) fn device_words(device: &Device) -> String {
    let mut out = String::new();
    if let DeviceKind::Vlan { dev, .. } = &device.kind {
        let _ = write!(out, "link {dev} name ");
    }
    out.push_str(&device.name);
    if let Some(address) = device.mac {
        let _ = write!(out, " address {}", mac(address));
    }
    if let Some(mtu) = device.mtu {
        let _ = write!(out, " mtu {mtu}");
    }
    let _ = write!(out, " type {}", device.kind.word());
    match &device.kind {
        DeviceKind::Dummy | DeviceKind::Bridge => {}
        DeviceKind::Vrf { table } => {
            let _ = write!(out, " table {table}");
        }
        DeviceKind::Vlan { id, .. } => {
            let _ = write!(out, " id {id}");
        }
        DeviceKind::Xfrm {
            if_id,
            dev,
            external,
        } => {
            if let Some(dev) = dev {
                let _ = write!(out, " dev {dev}");
            }
            if let Some(if_id) = if_id {
                let _ = write!(out, " if_id {if_id}");
            }
            if *external {
                out.push_str(" external");
            }
        }
        DeviceKind::Tunnel(tunnel) => tunnel_words(&mut out, tunnel),
    }
    out
}

fn tunnel_words(out: &mut String, tunnel: &Tunnel) {
    // Without it `ip` makes one that takes any protocol inside; the kernel's own default is IPv4.
    if tunnel.kind == TunnelKind::Ipip {
        out.push_str(" mode ipip");
    }
    let mut word = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(out, " {key} {value}");
        }
    };
    word("local", tunnel.local.map(|a| a.to_string()));
    word("remote", tunnel.remote.map(|a| a.to_string()));
    word("dev", tunnel.dev.clone());
    word("ikey", tunnel.ikey.map(|k| k.to_string()));
    word("okey", tunnel.okey.map(|k| k.to_string()));
    word("fwmark", tunnel.fwmark.map(|m| format!("0x{m:x}")));
    if tunnel.kind.is_v6() && !tunnel.kind.is_vti() {
        word("hoplimit", Some(tunnel.ttl.unwrap_or(64).to_string()));
        word("tclass", tunnel.tos.map(|t| format!("0x{t:x}")));
        // Without it every outer packet has a destination option of 8 bytes (RFC 2473 section 4.1.1).
        word("encaplimit", Some("none".to_owned()));
    } else {
        word("ttl", tunnel.ttl.map(|t| t.to_string()));
        word("tos", tunnel.tos.map(|t| format!("0x{t:x}")));
    }
    match tunnel.pmtudisc {
        Some(true) => out.push_str(" pmtudisc"),
        Some(false) => out.push_str(" nopmtudisc"),
        None => {}
    }
    debug_assert!(tunnel.kind != TunnelKind::Vti || tunnel.ttl.is_none());
}

/// The words behind `netem`, with a space in front.
pub(super) fn netem_words(netem: &Netem) -> String {
    let mut out = String::new();
    if netem.limit != Netem::LIMIT {
        let _ = write!(out, " limit {}", netem.limit);
    }
    if netem.delay_ns != 0 {
        let _ = write!(out, " delay {}ns", netem.delay_ns);
        if netem.jitter_ns != 0 {
            let _ = write!(out, " {}ns", netem.jitter_ns);
        }
    }
    for (word, part) in [
        ("loss random", netem.loss),
        ("duplicate", netem.duplicate),
        ("reorder", netem.reorder),
        ("corrupt", netem.corrupt),
    ] {
        if part != 0 {
            let _ = write!(out, " {word} {}%", percent(part));
        }
    }
    if netem.reorder != 0 && netem.gap > 1 {
        let _ = write!(out, " gap {}", netem.gap);
    }
    if netem.rate != 0 {
        // A rate without a unit is bits per second; `bps` are bytes.
        let _ = write!(out, " rate {}bps", netem.rate);
    }
    if netem.random() {
        let _ = write!(out, " seed {}", netem.seed);
    }
    out
}

/// A part of `u32::MAX` in per cent, with as many digits as tell it from its neighbours.
fn percent(part: u32) -> String {
    let text = format!("{:.9}", f64::from(part) / f64::from(u32::MAX) * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
