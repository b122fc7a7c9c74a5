//! Owns the packets and SAs that the tests of this folder build. Test code only.

use std::net::IpAddr;

use super::{
    esp::{Draft, Padding, Suite, seal},
    sa::SaTable,
};
use crate::{
    names::{Reqid, Spi},
    plan::{Aead, Algorithms, Encap, EncapType, Mode, Proto, State},
};

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn sum(parts: &[&[u8]]) -> [u8; 2] {
    let bytes = parts.concat();
    let total: u32 = bytes
        .chunks(2)
        .map(|c| u32::from(c[0]) << 8 | u32::from(c.get(1).copied().unwrap_or(0)))
        .sum();
    let folded = (total & 0xffff) + (total >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    (!(folded as u16)).to_be_bytes()
}

/// An IP packet with a correct header around a payload.
pub(crate) fn ip_packet(src: &str, dst: &str, protocol: u8, payload: &[u8]) -> Vec<u8> {
    match (ip(src), ip(dst)) {
        (IpAddr::V4(s), IpAddr::V4(d)) => {
            let len = (20 + payload.len()) as u16;
            let mut h = vec![0x45, 0];
            h.extend(len.to_be_bytes());
            h.extend([0x12, 0x34, 0x40, 0, 64, protocol, 0, 0]);
            h.extend(s.octets());
            h.extend(d.octets());
            let check = sum(&[&h]);
            h[10..12].copy_from_slice(&check);
            h.extend(payload);
            h
        }
        (IpAddr::V6(s), IpAddr::V6(d)) => {
            let mut h = vec![0x60, 0, 0, 0];
            h.extend((payload.len() as u16).to_be_bytes());
            h.extend([protocol, 64]);
            h.extend(s.octets());
            h.extend(d.octets());
            h.extend(payload);
            h
        }
        _ => panic!("two families"),
    }
}

/// An ICMP message for IPv4: type, code, second word, body.
pub(crate) fn icmp(kind: u8, code: u8, word: u32, body: &[u8]) -> Vec<u8> {
    let mut m = vec![kind, code, 0, 0];
    m.extend(word.to_be_bytes());
    m.extend(body);
    let check = sum(&[&m]);
    m[2..4].copy_from_slice(&check);
    m
}

/// An echo request of 84 bytes: id 0x1a2b, sequence number as given.
pub(crate) fn echo(src: &str, dst: &str, seq: u16) -> Vec<u8> {
    ip_packet(
        src,
        dst,
        1,
        &icmp(8, 0, 0x1a2b_0000 | u32::from(seq), &[0xa5; 56]),
    )
}

/// A UDP datagram without checksum.
pub(crate) fn udp(sport: u16, dport: u16, payload: &[u8]) -> Vec<u8> {
    let mut d = [sport, dport, (8 + payload.len()) as u16, 0]
        .map(u16::to_be_bytes)
        .concat();
    d.extend(payload);
    d
}

pub(crate) fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut f = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    f.extend(ether_type.to_be_bytes());
    f.extend(payload);
    f
}

pub(crate) fn gcm(key: u8) -> Algorithms {
    let aead = Aead {
        name: "rfc4106(gcm(aes))".into(),
        key: vec![key; 20],
        icv_bits: 128,
    };
    Algorithms {
        aead: Some(aead),
        ..Algorithms::default()
    }
}

/// A tunnel-mode ESP state.
pub(crate) fn state(name: &str, src: &str, dst: &str, spi: u32, key: u8) -> State {
    State {
        name: name.into(),
        src: ip(src),
        dst: ip(dst),
        proto: Proto::Esp,
        spi: Spi(spi),
        reqid: Reqid(1),
        mode: Mode::Tunnel,
        algorithms: gcm(key),
        encap: None,
        mark: None,
        output_mark: None,
        if_id: None,
        replay_window: 32,
        esn: false,
        flags: vec![],
        selector: None,
        more: crate::plan::StateExtras::default(),
    }
}

/// `encap espinudp SPORT DPORT`.
pub(crate) fn encap(state: State, sport: u16, dport: u16) -> State {
    let encap = Encap {
        kind: EncapType::EspInUdp,
        sport,
        dport,
        oaddr: ip("0.0.0.0"),
    };
    State {
        encap: Some(encap),
        ..state
    }
}

/// What `state` makes of a payload.
pub(crate) fn esp(state: &State, seq: u32, next_header: u8, payload: &[u8]) -> Vec<u8> {
    let suite = Suite::of(&state.algorithms).unwrap();
    let iv = vec![0x77; suite.iv_len()];
    let draft = Draft {
        spi: state.spi,
        seq,
        seq_high: state.esn.then_some(0),
        iv: &iv,
        next_header,
        payload,
        padding: Padding::Minimal,
    };
    seal(&draft, &suite).unwrap()
}

pub(crate) fn table(states: &[(&str, &State)]) -> SaTable {
    let mut table = SaTable::default();
    for (node, state) in states {
        table.insert(node, state);
    }
    table
}
