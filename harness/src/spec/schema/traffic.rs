//! Owns the tables of traffic: what a step sends, flow by flow.

use std::net::IpAddr;

use super::exec::ExecSpec;
use super::number::{
    Count, Key, PacketMark, PayloadSize, Port, SequenceNumber, Tos, TransferSize, Ttl,
};
use super::transform::PolicySpec;
use crate::{
    plan::{Delivered, TcpPeer, Wrong},
    spec::{
        decode::{Decoder, FromToml, Many},
        meta::Kind,
        scalar::words,
        source::Spanned,
        table::table,
        value::{Data, Value},
    },
};

table! {
    /// What is sent; each key is a flow of its own.
    pub(crate) struct TrafficSpec in "TRAFFIC" {
        /// Echo requests from a node.
        "ping" => ping: PingSpec, default "none", example "{ from = \"h1\", to = \"10.0.2.100\" }";
        /// UDP datagrams from a node to a receiver that the harness opens.
        "udp" => udp: UdpSpec, default "none", example "{ from = \"h1\", to = \"10.0.2.100\", dport = 5000 }";
        /// A TCP connection and a transfer.
        "tcp" => tcp: TcpSpec, default "none", example "{ from = \"h1\", to = \"10.0.2.100\", dport = 80, bytes = 100000 }";
        /// Packets as they stand, byte by byte.
        "raw" => raw: RawSpec, default "none", example "{ from = \"r1\", device = \"eth1\", hex = \"0x020000000001\" }";
        /// Packets that were captured earlier, sent again.
        "again" => again: AgainSpec, default "none", example "{ from = \"r1:eth1\", packet = 3 }";
        /// NAT keepalives from a node's encapsulation socket.
        "keepalive" => keepalive: KeepaliveSpec, default "none", example "{ from = \"r1\", to = \"5.0.0.1\" }";
        /// AH made by the harness's own encoder.
        "ah" => ah: AhSpec, default "none", example "{ from = \"r1\", sa = \"site:left>right\", seq = [1, 1] }";
        /// A command that runs in a node, with `--allow-exec` only.
        "exec" => exec: ExecSpec, default "none", example "{ at = \"r1\", run = [\"ip\", \"xfrm\", \"state\"] }";
        /// ESP sealed by the harness's own encoder.
        "esp" => esp: EspSpec, default "none",
            example "{ from = \"r1\", sa = \"site:left>right\", seq = [1, 1], inner = { src = \"10.0.1.100\", dst = \"10.0.2.100\" } }";
    }
}

table! {
    /// Packets that were captured earlier, sent again as they were: a replay.
    pub(crate) struct AgainSpec in "steps.again" {
        /// Device that sent them, `NODE:DEVICE`, and sends them again past everything that its node would do to them.
        "from" => from: String, required, example "\"r1:eth1\"";
        /// Numbers, from 1, among the IP packets that the device has sent before this flow, in all steps.
        "packet" => packet: Many<SequenceNumber>, default "1", example "[3, 3]";
    }
}

table! {
    /// One of several flows of a step.
    pub(crate) struct FlowSpec in "steps.flows" {
        include traffic: TrafficSpec;
        /// Name of the flow in reports.
        "name" => name: String, default "what it sends and whereto", example "\"the blocked port\"";
        /// What must become of this flow.
        "expect" => expect: OutcomeSpec, default "what the step says of all its flows", example "{ delivered = false }";
    }
}

table! {
    /// What must become of a flow.
    pub(crate) struct OutcomeSpec in "OUTCOME" {
        /// Whether every echo request is answered.
        "reply" => reply: bool, default "not asserted", example "true";
        /// What the receiver gets, byte for byte as it was sent: everything once, nothing, or
        /// so many of the packets.
        "delivered" => delivered: Delivered, default "not asserted", example "2";
        /// What the sender is told, by a refused send or its socket's error queue: words of one
        /// line such as `EMSGSIZE local mtu=1400` or `ECONNREFUSED icmp 3/3 from 10.0.2.100`;
        /// `none` for nothing.
        "error" => error: String, default "not asserted", example "\"ECONNREFUSED icmp 3/3\"";
    }
}

table! {
    /// Options of the sending socket.
    pub(crate) struct SocketSpec in "SOCKET" {
        /// Source address.
        "src" => src: IpAddr, default "the kernel's choice", example "\"10.0.1.100\"",
            limit "an address of `from`, of the family of `to`";
        /// Mark of the sending socket (`SO_MARK`).
        "mark" => mark: PacketMark, default "0", example "0x1";
        /// TTL or hop limit.
        "ttl" => ttl: Ttl, default "the kernel's", example "1";
        /// TOS or traffic class byte.
        "tos" => tos: Tos, default "0", example "0x10";
        /// Whether packets may not be fragmented: with `true` what exceeds the path's MTU is refused
        /// with EMSGSIZE, with `false` it is fragmented and DF is not set.
        "df" => df: bool, default "the kernel's: DF set, fragmented by the sender where needed", example "true";
        /// Device or VRF that the socket is bound to (`SO_BINDTODEVICE`).
        "device" => device: String, default "none", example "\"eth0\"";
        /// Policies of the socket itself (`IP_XFRM_POLICY`, `IPV6_XFRM_POLICY`): what it sends and receives is held
        /// against them alone. An IKE daemon's are bypass policies: `allow` without `tmpl`. One that is `refused` is tried
        /// before its step sends anything.
        "policies" => policies: Vec<Spanned<PolicySpec>>, default "none", example "[{ dir = \"out\" }, { dir = \"in\" }]",
            limit "`in` or `out`; without `mark`, `if_id`, `ptype`, `dev`, `ctx` and `offload`";
    }
}

table! {
    /// ICMP or ICMPv6 echo.
    pub(crate) struct PingSpec in "steps.ping" {
        include socket: SocketSpec;
        /// Node that sends.
        "from" => from: String, required, example "\"h1\"";
        /// Destination.
        "to" => to: IpAddr, required, example "\"10.0.2.100\"";
        /// Echo requests, each after the answer to the one before.
        "count" => count: Count, default "1", example "3";
        /// ICMP payload in bytes.
        "size" => size: PayloadSize, default "56", example "1400";
    }
}

table! {
    /// UDP datagrams, each sent when the one before has come or the lab is quiet.
    pub(crate) struct UdpSpec in "steps.udp" {
        include socket: SocketSpec;
        /// Node that sends.
        "from" => from: String, required, example "\"h1\"";
        /// Destination.
        "to" => to: IpAddr, required, example "\"10.0.2.100\"";
        /// Node with the receiver.
        "at" => at: String, default "the node that has the address `to`", example "\"h2\"";
        /// Whether the sender connects its socket: what an ICMP message reports is then the errno of a later send, and
        /// its error queue stays empty.
        "connected" => connected: bool, default "false", example "true";
        /// Devices that join the group `to`, `NODE:DEVICE`; each of these nodes has a receiver, and what is delivered is
        /// what all of them get.
        "join" => join: Many<String>, default "none", example "[\"b:eth0\", \"c:eth0\"]", limit "with a multicast `to`";
        /// Whether there is a receiver.
        "listen" => listen: bool, default "true", example "false";
        /// Source port.
        "sport" => sport: Port, default "40000, one more for each flow of the file", example "5000";
        /// Destination port.
        "dport" => dport: Port, required, example "5000";
        /// Datagrams.
        "count" => count: Count, default "1", example "3";
        /// Payload in bytes.
        "size" => size: PayloadSize, default "56", example "1400";
    }
}

table! {
    /// A TCP connection: connect, transfer, close.
    pub(crate) struct TcpSpec in "steps.tcp" {
        include socket: SocketSpec;
        /// Node that connects and sends.
        "from" => from: String, required, example "\"h1\"";
        /// Destination.
        "to" => to: IpAddr, required, example "\"10.0.2.100\"";
        /// Node of the other end.
        "at" => at: String, default "the node that has the address `to`", example "\"h2\"";
        /// What the other end does: `receive` everything and compare its checksum, `closed` where nobody
        /// listens, `reset` when the first bytes have come.
        "peer" => peer: TcpPeer, default "receive", example "\"reset\"";
        /// Source port.
        "sport" => sport: Port, default "40000, one more for each flow of the file", example "5000";
        /// Destination port.
        "dport" => dport: Port, required, example "80";
        /// Bytes to transfer.
        "bytes" => bytes: TransferSize, default "1", example "100000";
    }
}

table! {
    /// Packets as they stand: a frame at a device, or a packet at the place where local ones start.
    pub(crate) struct RawSpec in "steps.raw" {
        /// Node that sends.
        "from" => from: String, required, example "\"h1\"";
        /// Device that sends the bytes as a frame, from the Ethernet header on.
        "device" => device: String, default "the bytes are a packet from the IP header on, and are routed", example "\"eth1\"";
        /// The bytes.
        "hex" => hex: Key, default "made of the fields", example "\"0x4500\"";
        /// Packets.
        "count" => count: Count, default "1", example "3";
        /// Mark of the sending socket (`SO_MARK`).
        "mark" => mark: PacketMark, default "0", example "0x1";
        /// Source address of a packet that is made of fields.
        "src" => src: IpAddr, default "required without `hex`", example "\"10.9.9.9\"";
        /// Destination address.
        "dst" => dst: IpAddr, default "required without `hex`", example "\"10.0.2.100\"";
        /// Upper-layer protocol number.
        "proto" => proto: Tos, default "253", example "50";
        /// TTL or hop limit.
        "ttl" => ttl: Ttl, default "64", example "1";
        /// TOS or traffic class byte.
        "tos" => tos: Tos, default "0", example "0x10";
        /// What follows the IP header.
        "payload" => payload: Key, default "nothing", example "\"0x0000100000000001\"";
    }
}

table! {
    /// ESP sealed with an SA's keys by the harness's own encoder, around a UDP datagram; one
    /// packet for each sequence number.
    pub(crate) struct EspSpec in "steps.esp" {
        /// Node that sends. The packet starts where local ones do, past the node's policies.
        "from" => from: String, required, example "\"r1\"";
        /// Name of the SA.
        "sa" => sa: String, required, example "\"site:left>right\"";
        /// Sequence numbers in order of sending; with ESN the high half counts too.
        "seq" => seq: Many<SequenceNumber>, default "1", example "[1, 2, 2, 40, 1]";
        /// The datagram inside.
        "inner" => inner: DatagramSpec, default "one between the SA's own addresses",
            example "{ src = \"10.0.1.100\", dst = \"10.0.2.100\", dport = 5000 }";
        /// Node with the receiver.
        "at" => at: String, default "the node that has the datagram's destination", example "\"h2\"";
        /// What is wrong about the packets: `icv`, `padding` (zeros instead of 1, 2, 3), `pad-length`,
        /// `next-header`, `spi`, `truncated`.
        "wrong" => wrong: Wrong, default "nothing", example "\"icv\"";
    }
}

table! {
    /// NAT keepalives: a byte 0xff in UDP each, sent by an encapsulation socket of the node (RFC 3948 section 2.3).
    pub(crate) struct KeepaliveSpec in "steps.keepalive" {
        /// Node that sends.
        "from" => from: String, required, example "\"r1\"";
        /// Destination.
        "to" => to: IpAddr, required, example "\"5.0.0.1\"";
        /// Port of the socket.
        "sport" => sport: Port, default "4500", example "4501", limit "one of the node's encapsulation sockets";
        /// Destination port.
        "dport" => dport: Port, default "4500", example "4501";
        /// Keepalives.
        "count" => count: Count, default "1", example "3";
    }
}

table! {
    /// AH made with an SA's key by the harness's own encoder, around a UDP datagram; one packet for each sequence
    /// number.
    pub(crate) struct AhSpec in "steps.ah" {
        /// Node that sends. The packet starts where local ones do, past the node's policies.
        "from" => from: String, required, example "\"r1\"";
        /// Name of the SA.
        "sa" => sa: String, required, example "\"site:left>right\"";
        /// Sequence numbers in order of sending; with ESN the high half counts too.
        "seq" => seq: Many<SequenceNumber>, default "1", example "[1, 2, 2, 40, 1]";
        /// The datagram inside.
        "inner" => inner: DatagramSpec, default "one between the SA's own addresses",
            example "{ src = \"10.0.1.100\", dst = \"10.0.2.100\" }";
        /// Node with the receiver.
        "at" => at: String, default "the node that has the datagram's destination", example "\"h2\"";
        /// What is wrong about the packets: `icv`, `next-header`, `spi`, `truncated`.
        "wrong" => wrong: Wrong, default "nothing", example "\"icv\"";
    }
}

table! {
    /// A UDP datagram by its fields.
    pub(crate) struct DatagramSpec in "steps.esp.inner" {
        /// Source address.
        "src" => src: IpAddr, default "the SA's", example "\"10.0.1.100\"";
        /// Destination address.
        "dst" => dst: IpAddr, default "the SA's", example "\"10.0.2.100\"";
        /// Source port.
        "sport" => sport: Port, default "40000, one more for each flow of the file", example "5000";
        /// Destination port.
        "dport" => dport: Port, default "9", example "5000";
        /// Payload in bytes.
        "size" => size: PayloadSize, default "56", example "1400";
    }
}

words!(TcpPeer, "peer", {
    "receive" => TcpPeer::Receive,
    "closed" => TcpPeer::Closed,
    "reset" => TcpPeer::Reset,
});
words!(Wrong, "fault", {
    "icv" => Wrong::Icv,
    "padding" => Wrong::Padding,
    "pad-length" => Wrong::PadLength,
    "next-header" => Wrong::NextHeader,
    "spi" => Wrong::Spi,
    "truncated" => Wrong::Truncated,
});

impl FromToml for Delivered {
    const KIND: Kind = Kind::Either(&[
        Kind::Boolean,
        Kind::Integer {
            name: "count of packets",
            min: 0,
            max: 1000,
        },
    ]);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        match value.data {
            Data::Boolean(true) => Some(Self::All),
            Data::Boolean(false) => Some(Self::Nothing),
            Data::Integer(Some(n @ 0..=1000)) => Some(Self::Packets(n as u16)),
            _ => {
                cx.mismatch(value, "a boolean or a count of packets, 0 to 1000");
                None
            }
        }
    }
}

/// The sequence numbers of a list.
pub(crate) fn numbers(list: Option<&Spanned<Many<SequenceNumber>>>) -> Vec<u64> {
    match list {
        Some(list) => list.value.0.iter().map(|n| n.value.0).collect(),
        None => vec![1],
    }
}
