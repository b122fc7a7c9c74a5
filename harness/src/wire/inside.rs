//! Owns what an opened envelope carries, as bytes of a packet of its own. It opens nothing itself.

use etherparse::checksum::Sum16BitWords;

use super::{
    ip::{self, extension},
    packet::{EspBody, Inner, Ip, Opened, UdpBody, Upper},
    sa::SaTable,
};

/// The innermost packet of bytes that begin with an IP header, where ESP in it was opened. In transport mode
/// that is the outer header with what ESP carries behind it.
///
/// `None` where nothing was opened, and where the packet inside has a header that no longer exists: BEET.
pub(crate) fn inside(bytes: &[u8], sas: &SaTable) -> Option<Vec<u8>> {
    let packet = ip::decode_packet(bytes, sas);
    let outer = packet.ip()?;
    let opened = opened(outer)?;
    let inner = match &opened.inner {
        Inner::Packet(_) => opened.payload.clone(),
        Inner::Transport { src, dst, .. }
            if (*src, *dst) == (outer.header.src, outer.header.dst) =>
        {
            transport(bytes, outer, opened)?
        }
        Inner::Transport { .. } => return None,
    };
    Some(inside(&inner, sas).unwrap_or(inner))
}

fn opened(outer: &Ip) -> Option<&Opened> {
    let esp = match &outer.upper {
        Upper::Esp(esp) => esp,
        Upper::Udp(udp) => match &udp.body {
            UdpBody::Esp(esp) => esp,
            _ => return None,
        },
        _ => return None,
    };
    match &esp.body {
        EspBody::Opened(opened) => Some(opened),
        EspBody::NotOpened(_) => None,
    }
}

/// The outer header as it would stand before the payload alone.
fn transport(bytes: &[u8], outer: &Ip, opened: &Opened) -> Option<Vec<u8>> {
    let payload = &opened.payload;
    if outer.header.src.is_ipv6() {
        return transport6(bytes, opened);
    }
    let length = usize::from(bytes.first()? & 15) * 4;
    let mut packet = bytes.get(..length)?.to_vec();
    packet[2..4].copy_from_slice(&u16::try_from(length + payload.len()).ok()?.to_be_bytes());
    packet[9] = opened.next_header;
    packet[10..12].fill(0);
    let sum = Sum16BitWords::new().add_slice(&packet).ones_complement();
    // The crate gives the sum in the order of the bytes that it added.
    packet[10..12].copy_from_slice(&sum.to_ne_bytes());
    packet.extend(payload);
    Some(packet)
}

/// Extension headers before ESP stay, and the last of them names what ESP carried.
fn transport6(bytes: &[u8], opened: &Opened) -> Option<Vec<u8>> {
    const HEADER: usize = 40;
    let (mut names_next, mut length) = (6, HEADER);
    while let Some(step) = extension(*bytes.get(names_next)?, bytes.get(length..)?) {
        names_next = length;
        length = bytes.len() - step.rest.len();
    }
    let mut packet = bytes.get(..length)?.to_vec();
    packet[names_next] = opened.next_header;
    packet.extend(&opened.payload);
    let behind = u16::try_from(packet.len() - HEADER).ok()?;
    packet[4..6].copy_from_slice(&behind.to_be_bytes());
    Some(packet)
}
