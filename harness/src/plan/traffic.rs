//! Owns the traffic of a plan: flows, what each sends, and what must become of it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::exec::Exec;
use super::xfrm::{Policy, State};

/// One flow of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Name in reports: `udp h1 > 10.0.2.100` where the file gives none.
    pub name: String,
    pub traffic: Traffic,
    /// What must become of this flow, beside what the step says of all its flows.
    pub outcome: Outcome,
}

/// What a flow sends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Traffic {
    Ping(Ping),
    Udp(Udp),
    Tcp(Tcp),
    Raw(Raw),
    Esp(Box<EspFlow>),
    Again(Again),
    Exec(Exec),
    Keepalive(Keepalive),
}

impl Traffic {
    /// Node that sends.
    pub fn from(&self) -> &str {
        match self {
            Self::Ping(ping) => &ping.from,
            Self::Udp(udp) => &udp.from,
            Self::Tcp(tcp) => &tcp.from,
            Self::Raw(raw) => &raw.from,
            Self::Esp(esp) => &esp.from,
            Self::Again(again) => &again.from,
            Self::Exec(exec) => &exec.at,
            Self::Keepalive(keepalive) => &keepalive.from,
        }
    }

    /// The key under which a file writes it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ping(_) => "ping",
            Self::Udp(_) => "udp",
            Self::Tcp(_) => "tcp",
            Self::Raw(_) => "raw",
            Self::Esp(flow) => flow.state.proto.word(),
            Self::Again(_) => "again",
            Self::Exec(_) => "exec",
            Self::Keepalive(_) => "keepalive",
        }
    }

    /// The options of its sending socket and where that sends, for those that have any.
    pub fn socket(&self) -> Option<(&SocketOptions, IpAddr)> {
        match self {
            Self::Ping(ping) => Some((&ping.socket, ping.to)),
            Self::Udp(udp) => Some((&udp.socket, udp.to)),
            Self::Tcp(tcp) => Some((&tcp.socket, tcp.to)),
            Self::Raw(_) | Self::Esp(_) | Self::Again(_) | Self::Exec(_) | Self::Keepalive(_) => {
                None
            }
        }
    }

    /// How many packets it sends; a TCP transfer counts as one.
    pub fn count(&self) -> usize {
        match self {
            Self::Ping(ping) => usize::from(ping.count),
            Self::Udp(udp) => usize::from(udp.count),
            Self::Tcp(_) => 1,
            Self::Raw(raw) => usize::from(raw.count),
            Self::Esp(esp) => esp.seqs.len(),
            Self::Again(again) => again.packets.len(),
            Self::Exec(_) => 0,
            Self::Keepalive(keepalive) => usize::from(keepalive.count),
        }
    }

    /// Whether a receiver of the harness tells what arrives.
    pub fn is_received(&self) -> bool {
        match self {
            Self::Ping(_) | Self::Raw(_) | Self::Again(_) | Self::Exec(_) | Self::Keepalive(_) => {
                false
            }
            Self::Udp(udp) => udp.listen,
            Self::Tcp(tcp) => tcp.peer == TcpPeer::Receive,
            Self::Esp(_) => true,
        }
    }
}

/// What must become of a flow. `None` asserts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether every echo request was answered.
    pub reply: Option<bool>,
    /// What the receiver must have got.
    pub delivered: Option<Delivered>,
    /// What the sender must have been told: words that one line of what it was told has,
    /// `EMSGSIZE`, `ECONNREFUSED icmp 3/3`; `none` for nothing at all.
    pub error: Option<String>,
}

/// What a receiver must have got, byte for byte as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delivered {
    /// Everything, once.
    All,
    Nothing,
    /// So many of the packets, each once.
    Packets(u16),
}

/// Options of a sending socket. `None` and 0 leave the kernel's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SocketOptions {
    /// Source address to bind.
    pub src: Option<IpAddr>,
    /// `SO_MARK`.
    pub mark: u32,
    pub ttl: Option<u8>,
    pub tos: Option<u8>,
    /// Whether packets may not be fragmented: path MTU discovery on or off.
    pub df: Option<bool>,
    /// `SO_BINDTODEVICE`: a device or a VRF.
    pub device: Option<String>,
    /// Policies of the socket itself (`IP_XFRM_POLICY`, `IPV6_XFRM_POLICY`).
    #[serde(default)]
    pub policies: Vec<Policy>,
}

/// ICMP or ICMPv6 echo, sent in process and answered by the other end's kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ping {
    /// Node that sends.
    pub from: String,
    pub to: IpAddr,
    /// Echo requests, one after the other: the next goes out when the answer to
    /// the one before has come or the lab is quiet.
    pub count: u16,
    /// Bytes of ICMP payload.
    pub size: u16,
    /// ICMP identifier, derived from the flow's place so that two flows differ.
    pub ident: u16,
    pub socket: SocketOptions,
}

/// UDP datagrams to a receiver of the harness, or to a port where nobody listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Udp {
    /// Node that sends.
    pub from: String,
    pub to: IpAddr,
    /// Node in which the receiver is opened, on `dport` of every address.
    pub at: String,
    /// Whether the sending socket is connected.
    #[serde(default)]
    pub connected: bool,
    /// Devices that join the group `to`, as node and device; each node has a receiver in place of that in `at`.
    #[serde(default)]
    pub join: Vec<(String, String)>,
    /// Whether there is a receiver.
    pub listen: bool,
    pub sport: u16,
    pub dport: u16,
    /// Datagrams, one after the other: the next goes out when the one before has come
    /// or the lab is quiet.
    pub count: u16,
    /// Bytes of payload.
    pub size: u16,
    pub socket: SocketOptions,
}

/// A TCP connection and a transfer of so many bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tcp {
    /// Node that connects and sends.
    pub from: String,
    pub to: IpAddr,
    /// Node of the other end.
    pub at: String,
    pub peer: TcpPeer,
    pub sport: u16,
    pub dport: u16,
    /// Bytes to transfer.
    pub bytes: u32,
    pub socket: SocketOptions,
}

/// What the other end of a TCP connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TcpPeer {
    /// Takes everything and compares its checksum.
    Receive,
    /// Nobody listens.
    Closed,
    /// Takes the connection and resets it when the first bytes have come.
    Reset,
}

/// Packets as they stand, made of bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raw {
    /// Node that sends.
    pub from: String,
    pub count: u16,
    pub how: RawHow,
    pub bytes: Vec<u8>,
}

/// Where a raw packet enters the node's network stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RawHow {
    /// At a device (`AF_PACKET`), from the link-layer header on; no hook sees it leave.
    Device(String),
    /// Where local packets enter (`IP_HDRINCL`), from the IP header on; with this mark.
    Routed { to: IpAddr, mark: u32 },
}

/// ESP sealed by the harness, one packet for each sequence number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EspFlow {
    /// Node that sends.
    pub from: String,
    /// The SA that the packets claim to be of, with its keys.
    pub state: State,
    /// Sequence numbers in order of sending; the high half counts with ESN only.
    pub seqs: Vec<u64>,
    /// The datagram inside.
    pub inner: Datagram,
    /// Node that owns the datagram's destination.
    pub at: String,
    pub wrong: Option<Wrong>,
}

/// A UDP datagram by its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Datagram {
    pub src: IpAddr,
    pub dst: IpAddr,
    pub sport: u16,
    pub dport: u16,
    /// Bytes of payload.
    pub size: u16,
}

/// What is wrong about sealed packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wrong {
    /// The last bit of the ICV is flipped.
    Icv,
    /// Padding of zeros instead of 1, 2, 3, ...; the ICV is right.
    Padding,
    /// A pad length beyond the beginning of the packet; the ICV is right.
    PadLength,
    /// A next header of 253, which nothing answers to (RFC 3692); the ICV is right.
    NextHeader,
    /// An SPI that differs in its highest bit; the ICV is right for the wrong one.
    Spi,
    /// The last four bytes are missing.
    Truncated,
}

/// Frames that were captured earlier, sent again at the device that sent them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// Node that sends.
    pub from: String,
    pub device: String,
    /// Numbers, from 1, among the IP packets that the device has sent by then, in all steps.
    pub packets: Vec<u64>,
}

/// NAT keepalives from an encapsulation socket (RFC 3948 section 2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keepalive {
    /// Node that sends.
    pub from: String,
    pub to: IpAddr,
    /// Port of the socket that sends.
    pub sport: u16,
    pub dport: u16,
    pub count: u16,
}
