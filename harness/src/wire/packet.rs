//! Owns the decoded packet: plain data from the link layer inwards. It decodes nothing.

use std::net::{IpAddr, Ipv4Addr};

use super::esp::Reason;
use crate::names::Spi;

/// A frame: its link-layer header and the packet behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// `None` where the bytes end within the Ethernet header.
    pub link: Option<LinkHeader>,
    pub packet: Packet,
}

/// Ethernet with its VLAN tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkHeader {
    pub src: [u8; 6],
    pub dst: [u8; 6],
    /// VLAN identifiers from the outside inwards (802.1Q, 802.1ad).
    pub vlans: Vec<u16>,
    /// Of the payload behind all tags.
    pub ether_type: u16,
}

/// A packet from the network layer on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    Arp(Arp),
    Ip(Box<Ip>),
    /// No network layer that is known, or too few bytes for its header.
    Unknown {
        ether_type: Option<u16>,
        len: usize,
    },
}

/// The network layer of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Arp,
    Ipv4,
    Ipv6,
    Unknown,
}

impl Packet {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Arp(_) => Kind::Arp,
            Self::Ip(ip) if ip.header.src.is_ipv4() => Kind::Ipv4,
            Self::Ip(_) => Kind::Ipv6,
            Self::Unknown { .. } => Kind::Unknown,
        }
    }

    /// Source and destination of the outermost IP header.
    pub fn addresses(&self) -> Option<(IpAddr, IpAddr)> {
        self.ip().map(|ip| (ip.header.src, ip.header.dst))
    }

    /// The outermost IP packet.
    pub fn ip(&self) -> Option<&Ip> {
        match self {
            Self::Ip(ip) => Some(ip),
            Self::Arp(_) | Self::Unknown { .. } => None,
        }
    }
}

/// ARP for IPv4 over Ethernet (RFC 826).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arp {
    /// 1 request, 2 reply.
    pub operation: u16,
    pub sender_mac: [u8; 6],
    pub sender: Ipv4Addr,
    pub target_mac: [u8; 6],
    pub target: Ipv4Addr,
}

/// An IP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ip {
    pub header: IpHeader,
    pub upper: Upper,
}

/// What both IP versions say of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IpHeader {
    pub src: IpAddr,
    pub dst: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// TOS byte or traffic class: DSCP in the upper six bits, ECN in the lower two.
    pub tos: u8,
    /// Bytes of the whole packet with its header, as declared.
    pub total_len: usize,
    /// IPv4 identification.
    pub id: Option<u16>,
    /// IPv4 "don't fragment".
    pub df: bool,
    pub fragment: Option<FragmentPart>,
    /// IPv4 header checksum.
    pub checksum: Checksum,
    /// Bytes of IPv4 options.
    pub options: usize,
    /// IPv6 flow label.
    pub flow: Option<u32>,
    /// IPv6 extension headers by number, in order, the fragment header left out.
    pub extensions: Vec<u8>,
    /// Number of the upper protocol.
    pub protocol: u8,
    /// Fewer bytes were there than `total_len` declares.
    pub cut: bool,
}

/// Which part of a datagram a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FragmentPart {
    pub id: u32,
    /// In bytes.
    pub offset: usize,
    pub more: bool,
}

/// State of a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    Ok,
    Bad,
    /// UDP over IPv4 without one.
    Absent,
    /// Bytes that it covers are missing, or the protocol has none here.
    NotChecked,
}

/// What an IP header carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upper {
    Icmp(Icmp),
    Udp(Udp),
    Tcp(Tcp),
    Esp(Esp),
    Ah(Ah),
    Gre(Gre),
    /// IP in IP: 4in4, 6in4, 4in6, 6in6.
    Tunnel(Box<Packet>),
    Comp(Comp),
    /// IGMP by its type number.
    Igmp {
        kind: u8,
    },
    /// A fragment that is not the first: it has no transport header.
    Fragment {
        len: usize,
    },
    /// Next header 59: nothing follows (in ESP: a dummy packet, RFC 4303 section 2.6).
    Nothing,
    /// Another protocol, by `IpHeader::protocol` or the next header before it.
    Other {
        protocol: u8,
        len: usize,
    },
    /// The bytes end within the header of this protocol.
    Short {
        protocol: u8,
        len: usize,
    },
}

/// ICMP or `ICMPv6`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icmp {
    pub v6: bool,
    pub kind: u8,
    pub code: u8,
    pub checksum: Checksum,
    pub body: IcmpBody,
}

/// What an ICMP message says, by its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IcmpBody {
    Echo {
        request: bool,
        id: u16,
        seq: u16,
        payload: Payload,
    },
    /// An error with the packet that caused it. `value` is the MTU, pointer or gateway word.
    Error {
        value: u32,
        quoted: Option<Box<Packet>>,
    },
    /// Neighbour discovery: the target, or the source of a redirect's destination.
    Neighbor {
        target: Option<IpAddr>,
    },
    Other,
}

/// Bytes that nothing decodes further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// As declared by the headers.
    pub len: usize,
    /// FNV-1a over the bytes, `None` unless all of them are there.
    pub hash: Option<u64>,
    /// The first bytes, which even a trace event has of a datagram; `None` where there are fewer.
    pub head: Option<[u8; 4]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Udp {
    pub sport: u16,
    pub dport: u16,
    /// Length field: header and payload.
    pub len: usize,
    pub checksum: Checksum,
    pub body: UdpBody,
}

/// What a UDP datagram carries (RFC 3948 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UdpBody {
    Data(Payload),
    Esp(Esp),
    /// One byte 0xff.
    Keepalive,
    /// What goes to an IKE daemon: behind the non-ESP marker of port 4500, or without it on port 500.
    Ike {
        marker: bool,
        /// Whether it is a message of IKE (RFC 7296 section 3.1, RFC 2408 section 3.1): a port alone makes nothing one.
        message: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tcp {
    pub sport: u16,
    pub dport: u16,
    pub seq: u32,
    pub ack: u32,
    /// CWR ECE URG ACK PSH RST SYN FIN, from bit 7 to bit 0 (RFC 9293 section 3.1).
    pub flags: u8,
    pub checksum: Checksum,
    pub payload: Payload,
}

/// An ESP packet, over IP or UDP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Esp {
    pub spi: Spi,
    /// Low 32 bits.
    pub seq: u32,
    /// The SA that opened it, or whose destination, protocol and SPI fit.
    pub sa: Option<String>,
    /// Bytes from the SPI to the ICV.
    pub len: usize,
    pub body: EspBody,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EspBody {
    Opened(Box<Opened>),
    NotOpened(Reason),
}

/// What an opened ESP packet shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// High half of the sequence number, for an SA with ESN.
    pub seq_high: Option<u32>,
    pub iv_len: usize,
    pub icv_len: usize,
    pub pad_len: u8,
    pub next_header: u8,
    /// What stands between IV and padding.
    pub payload: Vec<u8>,
    /// Traffic-flow-confidentiality bytes behind the inner packet (RFC 4303 section 2.7).
    pub tfc: usize,
    /// Nodes whose key opened it.
    pub nodes: Vec<String>,
    /// Another node holds this SA with another key, or another name.
    pub disputed: bool,
    pub inner: Inner,
}

/// What stands behind ESP or AH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inner {
    /// Tunnel mode: a whole IP packet.
    Packet(Box<Packet>),
    /// Transport mode, or BEET: an upper protocol with the addresses that it belongs to.
    Transport {
        src: IpAddr,
        dst: IpAddr,
        upper: Box<Upper>,
    },
}

/// An Authentication Header (RFC 4302) and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ah {
    pub spi: Spi,
    pub seq: u32,
    pub sa: Option<String>,
    pub icv_len: usize,
    pub next_header: u8,
    /// Whether the ICV was computed and fits.
    pub icv: AhIcv,
    pub inner: Inner,
}

/// State of an AH packet's ICV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AhIcv {
    /// It fits with the key of these nodes, and for an SA with ESN with this high half of the sequence number.
    Ok {
        nodes: Vec<String>,
        seq_high: Option<u32>,
    },
    /// `Reason::IcvWrong`, or why it was not computed.
    Not(Reason),
}

/// `IPComp` (RFC 3173).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comp {
    pub cpi: u16,
    pub next_header: u8,
    pub sa: Option<String>,
    /// What it carries, or why that was not unpacked.
    pub body: Result<Inner, Reason>,
}

/// GRE (RFC 2784, 2890).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gre {
    /// Ether type of the payload.
    pub protocol: u16,
    pub key: Option<u32>,
    pub seq: Option<u32>,
    /// The checksum-present flag.
    pub checksum: bool,
    pub inner: Box<Packet>,
}
