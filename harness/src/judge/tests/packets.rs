//! Owns packets for tests: ICMP echo, ESP around it, Ethernet around that.

use std::net::Ipv4Addr;

use crate::names::{Reqid, Spi};
use crate::plan::{Aead, Algorithms, Mode, Proto, State};
use crate::wire::esp::{Draft, Padding, Suite, seal};

/// An ICMP echo packet, IPv4 header included.
pub(crate) fn echo(src: &str, dst: &str, request: bool, seq: u16, ttl: u8) -> Vec<u8> {
    let mut icmp = vec![if request { 8 } else { 0 }, 0, 0, 0, 0x12, 0x34];
    icmp.extend(seq.to_be_bytes());
    icmp.extend([0x55; 24]);
    let sum = checksum(&icmp).to_be_bytes();
    icmp[2..4].copy_from_slice(&sum);
    ipv4(src, dst, 1, ttl, &icmp)
}

/// An ICMP error "net unreachable" about a packet.
pub(crate) fn unreachable(src: &str, dst: &str, about: &[u8]) -> Vec<u8> {
    unreachable_for(0, src, dst, about)
}

/// The same with another code.
pub(crate) fn unreachable_for(code: u8, src: &str, dst: &str, about: &[u8]) -> Vec<u8> {
    let mut icmp = vec![3, code, 0, 0, 0, 0, 0, 0];
    icmp.extend(&about[..28]);
    let sum = checksum(&icmp).to_be_bytes();
    icmp[2..4].copy_from_slice(&sum);
    ipv4(src, dst, 1, 64, &icmp)
}

/// An IPv4 packet.
pub(crate) fn ipv4(src: &str, dst: &str, protocol: u8, ttl: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x45, 0];
    out.extend((20 + payload.len() as u16).to_be_bytes());
    out.extend([0, 0, 0x40, 0, ttl, protocol, 0, 0]);
    out.extend(src.parse::<Ipv4Addr>().unwrap().octets());
    out.extend(dst.parse::<Ipv4Addr>().unwrap().octets());
    let sum = checksum(&out).to_be_bytes();
    out[10..12].copy_from_slice(&sum);
    out.extend(payload);
    out
}

/// `inner` in tunnel-mode ESP of `sa`.
pub(crate) fn esp(sa: &State, seq: u32, inner: &[u8], ttl: u8) -> Vec<u8> {
    let suite = Suite::of(&sa.algorithms).unwrap();
    let iv = u64::from(seq).to_be_bytes();
    let draft = Draft {
        spi: sa.spi,
        seq,
        seq_high: None,
        iv: &iv,
        next_header: 4,
        payload: inner,
        padding: Padding::Minimal,
    };
    let sealed = seal(&draft, &suite).unwrap();
    ipv4(&sa.src.to_string(), &sa.dst.to_string(), 50, ttl, &sealed)
}

/// An Ethernet frame.
pub(crate) fn ethernet(packet: &[u8]) -> Vec<u8> {
    let mut out = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    out.extend(packet);
    out
}

/// An ARP request in an Ethernet frame.
pub(crate) fn arp() -> Vec<u8> {
    let mut out = vec![0xff; 6];
    out.extend([
        2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2,
    ]);
    out.extend([10, 0, 1, 1, 0, 0, 0, 0, 0, 0, 10, 0, 1, 100]);
    out
}

/// A tunnel-mode SA with `rfc4106(gcm(aes))`.
pub(crate) fn sa(name: &str, src: &str, dst: &str, spi: u32) -> State {
    State {
        name: name.to_owned(),
        src: src.parse().unwrap(),
        dst: dst.parse().unwrap(),
        proto: Proto::Esp,
        spi: Spi(spi),
        reqid: Reqid(1),
        mode: Mode::Tunnel,
        algorithms: Algorithms {
            aead: Some(Aead {
                name: "rfc4106(gcm(aes))".to_owned(),
                key: (0..20).collect(),
                icv_bits: 128,
            }),
            ..Algorithms::default()
        },
        encap: None,
        mark: None,
        output_mark: None,
        if_id: None,
        replay_window: 32,
        esn: false,
        flags: Vec::new(),
        selector: None,
        more: crate::plan::StateExtras::default(),
    }
}

fn checksum(bytes: &[u8]) -> u16 {
    let mut sum = 0_u32;
    for pair in bytes.chunks(2) {
        sum += u32::from(u16::from_be_bytes([
            pair[0],
            pair.get(1).copied().unwrap_or(0),
        ]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}
