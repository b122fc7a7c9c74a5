//! Owns the bytes of what was sent, worked out from the plan: the ICMP message of each echo, and an IP
//! packet as a router passes it on. It never looks at what was inside a protected frame.

use std::net::IpAddr;

use xfrmlab::plan::Ping;

/// The ICMP or `ICMPv6` echo message of a step, request or reply, from `src` to `dst`.
pub(crate) fn message(ping: &Ping, request: bool, src: IpAddr, dst: IpAddr) -> Vec<u8> {
    let kind = match (ping.to.is_ipv4(), request) {
        (true, true) => 8,
        (true, false) => 0,
        (false, true) => 128,
        (false, false) => 129,
    };
    let (seq, [high, low]) = (1_u16, ping.ident.to_be_bytes());
    let mut message = vec![kind, 0, 0, 0, high, low, 0, seq as u8];
    // The pattern of the traffic: identifier and number, then bytes that differ from one to the next
    // and from step to step.
    let head = [high, low, 0, seq as u8];
    message.extend((0..ping.size).map(|i| {
        let pattern = (i ^ seq.wrapping_mul(31) ^ ping.ident) as u8;
        head.get(usize::from(i)).copied().unwrap_or(pattern)
    }));
    let pseudo = match (src, dst) {
        // RFC 8200 section 8.1: addresses, length, next header.
        (IpAddr::V6(src), IpAddr::V6(dst)) => [
            &src.octets()[..],
            &dst.octets()[..],
            &(message.len() as u32).to_be_bytes(),
            &[0, 0, 0, 58],
        ]
        .concat(),
        _ => Vec::new(),
    };
    let sum = checksum(&[&pseudo[..], &message[..]].concat());
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

/// An IP packet behind a router: one TTL or hop less, and the IPv4 header checksum that follows from it.
pub(crate) fn forwarded(packet: &[u8]) -> Vec<u8> {
    let mut packet = packet.to_vec();
    if packet[0] >> 4 == 6 {
        packet[7] -= 1;
        return packet;
    }
    packet[8] -= 1;
    packet[10..12].fill(0);
    let header = usize::from(packet[0] & 0xf) * 4;
    let sum = checksum(&packet[..header]);
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !(((folded & 0xffff) + (folded >> 16)) as u16)
}
