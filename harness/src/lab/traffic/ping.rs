//! Owns the sending of ICMP echo requests and the waiting for their answers.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
};

use etherparse::{IcmpEchoHeader, Icmpv4Header, Icmpv4Type};
use nix::{
    errno::Errno,
    sys::socket::{MsgFlags, SockProtocol, SockType, SockaddrStorage, recv, sendto},
};

use super::{payload::payload, socket, told, wait};
use crate::{
    lab::{
        error::{LabError, errno_name},
        node::Nodes,
        watch::Watch,
    },
    observe::{FlowRecord, PacketOutcome},
    plan::Ping,
};

/// Sends the requests of one flow, one after the other.
pub(super) fn run(
    ping: &Ping,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<FlowRecord, LabError> {
    let node = nodes.get(&ping.from);
    let wrong = |e: &io::Error| {
        LabError::new("open the ping socket", &ping.from, ping.to.to_string()).io(e)
    };
    let socket = node
        .namespace
        .enter(|| Socket::open(ping))?
        .map_err(|e| wrong(&e))?;
    let packets: Result<Vec<_>, LabError> = (1..=u32::from(ping.count))
        .map(|seq| {
            let packet = one(ping, seq, &socket, nodes, watch)?;
            watch.came(seq, nodes)?;
            Ok(packet)
        })
        .collect();
    Ok(FlowRecord {
        packets: packets?,
        ..FlowRecord::default()
    })
}

/// One request, until it is answered or nothing is under way any more.
fn one(
    ping: &Ping,
    seq: u32,
    socket: &Socket,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<PacketOutcome, LabError> {
    let mut packet = PacketOutcome {
        seq,
        sent_ns: wait::now(),
        ..PacketOutcome::default()
    };
    let (tells, sent) = socket.send(ping, seq);
    match sent {
        Ok(()) => {
            let answered = || Ok(socket.answers(ping)?.contains(&tells));
            packet.took_ns = wait::until(socket.0.as_fd(), nodes, watch, answered)?;
        }
        Err(errno) => {
            packet.send_error = Some(errno_name(errno as i32));
            wait::quiet(nodes, watch)?;
        }
    }
    packet.told = told::drain(&socket.0).map_err(|e| {
        LabError::new("read the socket's errors", &ping.from, ping.to.to_string()).io(&e)
    })?;
    packet.copies = u16::from(packet.took_ns.is_some());
    Ok(packet)
}

/// The socket that asks, and hears the answers.
pub(super) struct Socket(pub(super) OwnedFd);

impl Socket {
    /// Opens it in the namespace of the calling thread.
    pub(super) fn open(ping: &Ping) -> io::Result<Self> {
        let (v4, protocol) = match ping.to {
            IpAddr::V4(_) => (true, SockProtocol::Icmp),
            IpAddr::V6(_) => (false, SockProtocol::IcmpV6),
        };
        let fd = socket::open(v4, SockType::Raw, protocol)?;
        told::listen(&fd, v4)?;
        socket::prepare(&fd, v4, &ping.socket, 0)?;
        Ok(Self(fd))
    }

    /// Sends request `number`; gives what tells its answer, and the errno where the kernel refused to send.
    pub(super) fn send(&self, ping: &Ping, number: u32) -> (Vec<u8>, Result<(), Errno>) {
        let target = SockaddrStorage::from(SocketAddr::new(ping.to, 0));
        let request = request(ping, number);
        let sent = sendto(self.0.as_raw_fd(), &request, &target, MsgFlags::empty());
        (request[4..8].to_vec(), sent.map(drop))
    }

    /// Identifier and sequence number of every answer that the socket has received.
    pub(super) fn answers(&self, ping: &Ping) -> io::Result<Vec<Vec<u8>>> {
        let mut buffer = vec![0; 66 * 1024];
        let mut answers = Vec::new();
        loop {
            let length = match recv(self.0.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(length) => length,
                Err(Errno::EAGAIN) => return Ok(answers),
                Err(Errno::EINTR) => continue,
                // With errors queued, a pending one is reported once here as well.
                Err(errno) if is_told(errno) => continue,
                Err(errno) => return Err(errno.into()),
            };
            let bytes = &buffer[..length];
            // A raw IPv4 socket gives the IP header too, a raw ICMPv6 socket does not.
            let icmp = match ping.to {
                IpAddr::V4(_) => bytes
                    .first()
                    .and_then(|b| bytes.get(usize::from(b & 0xf) * 4..)),
                IpAddr::V6(_) => Some(bytes),
            };
            let echo_reply = if ping.to.is_ipv4() { 0 } else { 129 };
            let answer = icmp.filter(|m| m.first() == Some(&echo_reply));
            let tells = answer.and_then(|m| m.get(4..8));
            answers.extend(
                tells
                    .filter(|t| t[..2] == ping.ident.to_be_bytes())
                    .map(<[u8]>::to_vec),
            );
        }
    }
}

/// The ICMP message. The kernel fills the checksum of ICMPv6 in, but not that of ICMP.
fn request(ping: &Ping, number: u32) -> Vec<u8> {
    let payload = payload(ping.ident, number, ping.size);
    let seq = number as u16;
    let mut bytes = match ping.to {
        IpAddr::V4(_) => {
            let echo = IcmpEchoHeader {
                id: ping.ident,
                seq,
            };
            Icmpv4Header::with_checksum(Icmpv4Type::EchoRequest(echo), &payload)
                .to_bytes()
                .to_vec()
        }
        IpAddr::V6(_) => {
            let [id, number] = [ping.ident.to_be_bytes(), seq.to_be_bytes()];
            vec![128, 0, 0, 0, id[0], id[1], number[0], number[1]]
        }
    };
    bytes.extend(payload);
    bytes
}

/// Whether an errno of a receive is one that an ICMP message or the sending caused: it is in the
/// socket's error queue too.
fn is_told(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::EMSGSIZE
            | Errno::ECONNREFUSED
            | Errno::EHOSTUNREACH
            | Errno::ENETUNREACH
            | Errno::EACCES
            | Errno::EPROTO
            | Errno::EOPNOTSUPP
            | Errno::ENOPROTOOPT
            | Errno::EHOSTDOWN
            | Errno::ENONET
    )
}
