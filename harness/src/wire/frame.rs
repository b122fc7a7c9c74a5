//! Owns the way from a captured frame to a packet: Ethernet, VLAN tags, ARP.

use etherparse::{ArpPacketSlice, Ethernet2HeaderSlice, SingleVlanHeaderSlice};

use super::{
    ip,
    packet::{Arp, Decoded, LinkHeader, Packet},
    sa::SaTable,
};

const VLAN_8021Q: u16 = 0x8100;
const VLAN_8021AD: u16 = 0x88a8;
const ARP: u16 = 0x0806;
const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;

/// Decodes a frame from its Ethernet header on, VLAN tags included.
///
/// Header slices of etherparse read the link layer; its packet-level parsers stop at ESP and
/// skip AH and IPv6 extension headers without a trace, so the layers above are read here.
pub fn decode_frame(bytes: &[u8], sas: &SaTable) -> Decoded {
    let Ok(ethernet) = Ethernet2HeaderSlice::from_slice(bytes) else {
        return Decoded {
            link: None,
            packet: Packet::Unknown {
                ether_type: None,
                len: bytes.len(),
            },
        };
    };
    let mut rest = bytes.get(ethernet.slice().len()..).unwrap_or_default();
    let mut ether_type = ethernet.ether_type().0;
    let mut vlans = Vec::new();
    while matches!(ether_type, VLAN_8021Q | VLAN_8021AD) {
        let Ok(tag) = SingleVlanHeaderSlice::from_slice(rest) else {
            break;
        };
        vlans.push(tag.vlan_identifier().value());
        ether_type = tag.ether_type().0;
        rest = rest.get(tag.slice().len()..).unwrap_or_default();
    }
    let link = LinkHeader {
        src: ethernet.source(),
        dst: ethernet.destination(),
        vlans,
        ether_type,
    };
    Decoded {
        link: Some(link),
        packet: ether_payload(ether_type, rest, sas, 0),
    }
}

/// Decodes what stands behind an ether type (Ethernet and GRE).
pub(crate) fn ether_payload(ether_type: u16, bytes: &[u8], sas: &SaTable, depth: u8) -> Packet {
    match ether_type {
        ARP => arp(bytes),
        IPV4 | IPV6 => ip::decode(bytes, sas, depth),
        _ => None,
    }
    .unwrap_or(Packet::Unknown {
        ether_type: Some(ether_type),
        len: bytes.len(),
    })
}

/// Decodes ARP for IPv4 over Ethernet; other address kinds are not used here.
pub(crate) fn arp(bytes: &[u8]) -> Option<Packet> {
    let slice = ArpPacketSlice::from_slice(bytes).ok()?;
    let arp = slice.to_packet();
    Some(Packet::Arp(Arp {
        operation: arp.operation.0,
        sender_mac: arp.sender_hw_addr().try_into().ok()?,
        sender: <[u8; 4]>::try_from(arp.sender_protocol_addr()).ok()?.into(),
        target_mac: arp.target_hw_addr().try_into().ok()?,
        target: <[u8; 4]>::try_from(arp.target_protocol_addr()).ok()?.into(),
    }))
}
