//! Owns the sending of ICMP echo requests and the waiting for their answers.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
};

use etherparse::{IcmpEchoHeader, Icmpv4Header, Icmpv4Type};
use nix::sys::socket::{MsgFlags, SockProtocol, SockType, SockaddrStorage, recv, sendto};

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
    let fd = node
        .namespace
        .enter(|| open(ping))?
        .map_err(|e| wrong(&e))?;
    let packets: Result<Vec<_>, LabError> = (1..=ping.count)
        .map(|seq| {
            let packet = one(ping, seq, &fd, nodes, watch)?;
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
    seq: u16,
    fd: &OwnedFd,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<PacketOutcome, LabError> {
    let target = SockaddrStorage::from(SocketAddr::new(ping.to, 0));
    let mut packet = PacketOutcome {
        seq,
        sent_ns: wait::now(),
        ..PacketOutcome::default()
    };
    let request = request(ping, seq);
    match sendto(fd.as_raw_fd(), &request, &target, MsgFlags::empty()) {
        Ok(_) => {
            let answered = || answered(ping, seq, fd);
            packet.took_ns = wait::until(fd.as_fd(), nodes, watch, answered)?;
        }
        Err(errno) => {
            packet.send_error = Some(errno_name(errno as i32));
            wait::quiet(nodes, watch)?;
        }
    }
    packet.told = told::drain(fd).map_err(|e| {
        LabError::new("read the socket's errors", &ping.from, ping.to.to_string()).io(&e)
    })?;
    packet.copies = u16::from(packet.took_ns.is_some());
    Ok(packet)
}

fn open(ping: &Ping) -> io::Result<OwnedFd> {
    let (v4, protocol) = match ping.to {
        IpAddr::V4(_) => (true, SockProtocol::Icmp),
        IpAddr::V6(_) => (false, SockProtocol::IcmpV6),
    };
    let fd = socket::open(v4, SockType::Raw, protocol)?;
    told::listen(&fd, v4)?;
    socket::prepare(&fd, v4, &ping.socket, 0)?;
    Ok(fd)
}

/// The ICMP message. The kernel fills the checksum of ICMPv6 in, but not that of ICMP.
fn request(ping: &Ping, seq: u16) -> Vec<u8> {
    let payload = payload(ping.ident, seq, ping.size);
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

/// Whether the answer to request `seq` is among what the socket has received.
fn answered(ping: &Ping, seq: u16, fd: &OwnedFd) -> io::Result<bool> {
    let mut buffer = vec![0; 66 * 1024];
    loop {
        let length = match recv(fd.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(length) => length,
            Err(nix::errno::Errno::EAGAIN) => return Ok(false),
            Err(nix::errno::Errno::EINTR) => continue,
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
        let [id, number] = [ping.ident.to_be_bytes(), seq.to_be_bytes()];
        if icmp.is_some_and(|m| {
            m.first() == Some(&echo_reply)
                && m.get(4..8) == Some(&[id[0], id[1], number[0], number[1]][..])
        }) {
            return Ok(true);
        }
    }
}

/// Whether an errno of a receive is one that an ICMP message or the sending caused: it is in the
/// socket's error queue too.
fn is_told(errno: nix::errno::Errno) -> bool {
    use nix::errno::Errno;
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
