//! Owns the sending of bytes as they stand: frames at a device, packets where local ones start.

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsRawFd as _, OwnedFd},
};

use nix::{
    errno::Errno,
    sys::socket::{
        AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, sendto, socket,
    },
};

use super::{socket, told, wait};
use crate::{
    lab::{
        capture,
        error::{LabError, errno_name},
        node::Nodes,
        watch::Watch,
    },
    observe::{FlowRecord, PacketOutcome},
    plan::{Raw, RawHow, SocketOptions},
};

/// Sends the packets of a flow, each when nothing of the one before is under way any more.
pub(super) fn run(raw: &Raw, nodes: &mut Nodes, watch: &mut Watch) -> Result<FlowRecord, LabError> {
    let wrong = |e: &io::Error| LabError::new("open the raw socket", &raw.from, "").io(e);
    let fd = match &raw.how {
        RawHow::Device(device) => {
            let node = nodes.get_mut(&raw.from);
            let index = node
                .index(device)
                .map_err(|r| r.of("find the device", &raw.from, device))?;
            node.namespace.enter(|| packet_socket(index))?
        }
        RawHow::Routed { to, mark } => {
            let node = nodes.get(&raw.from);
            node.namespace.enter(|| open(to.is_ipv4(), *mark))?
        }
    };
    let fd = fd.map_err(|e| wrong(&e))?;
    let mut record = FlowRecord::default();
    for seq in 1..=u32::from(raw.count) {
        let sent_ns = wait::now();
        let sent = match &raw.how {
            RawHow::Device(_) => nix::unistd::write(&fd, &raw.bytes),
            RawHow::Routed { to, .. } => send(&fd, *to, &raw.bytes),
        };
        wait::quiet(nodes, watch)?;
        let told = match &raw.how {
            RawHow::Device(_) => Vec::new(),
            RawHow::Routed { .. } => told::drain(&fd).map_err(|e| wrong(&e))?,
        };
        record.packets.push(PacketOutcome {
            seq,
            sent_ns,
            send_error: sent.err().map(|errno| errno_name(errno as i32)),
            told,
            ..PacketOutcome::default()
        });
        watch.came(seq, nodes)?;
    }
    Ok(record)
}

/// A socket for whole packets: `IPPROTO_RAW` means that the header is the sender's.
pub(super) fn open(v4: bool, mark: u32) -> io::Result<OwnedFd> {
    let fd = socket::open(v4, SockType::Raw, SockProtocol::Raw)?;
    told::listen(&fd, v4)?;
    let options = SocketOptions {
        mark,
        ..SocketOptions::default()
    };
    socket::prepare(&fd, v4, &options, 0)?;
    Ok(fd)
}

/// Sends one whole packet.
pub(super) fn send(fd: &OwnedFd, to: std::net::IpAddr, bytes: &[u8]) -> Result<usize, Errno> {
    let target = SockaddrStorage::from(SocketAddr::new(to, 0));
    sendto(fd.as_raw_fd(), bytes, &target, MsgFlags::empty())
}

pub(super) fn packet_socket(index: u32) -> io::Result<OwnedFd> {
    let fd = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK,
        None,
    )?;
    capture::bind(&fd, index)?;
    Ok(fd)
}
