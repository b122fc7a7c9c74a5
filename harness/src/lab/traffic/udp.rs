//! Owns the sending of UDP datagrams and the waiting for them at their receiver.

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
};

use nix::sys::socket::{MsgFlags, SockProtocol, SockType, SockaddrStorage, sendto};

use super::{payload::payload, receiver::Receiver, socket, told, wait};
use crate::{
    lab::{
        error::{LabError, errno_name},
        node::Nodes,
        watch::Watch,
    },
    observe::{FlowRecord, PacketOutcome},
    plan::Udp,
};

/// Sends the datagrams of a flow, one after the other.
pub(super) fn run(udp: &Udp, nodes: &mut Nodes, watch: &mut Watch) -> Result<FlowRecord, LabError> {
    let v4 = udp.to.is_ipv4();
    let target = SocketAddr::new(udp.to, udp.dport);
    let wrong =
        |e: &io::Error| LabError::new("open the UDP socket", &udp.from, target.to_string()).io(e);
    let mut receiver = if udp.listen {
        Some(Receiver::open(nodes.get(&udp.at), v4, udp.dport)?)
    } else {
        None
    };
    let open = || -> io::Result<OwnedFd> {
        let fd = socket::open(v4, SockType::Datagram, SockProtocol::Udp)?;
        told::listen(&fd, v4)?;
        socket::prepare(&fd, v4, &udp.socket, udp.sport)?;
        Ok(fd)
    };
    let sender = nodes.get(&udp.from).namespace.enter(open)?;
    let sender = sender.map_err(|e| wrong(&e))?;
    let target = SockaddrStorage::from(target);
    let mut packets = Vec::new();
    let mut payloads = Vec::new();
    for seq in 1..=udp.count {
        let payload = payload(udp.sport, seq, udp.size);
        let before = match &mut receiver {
            Some(receiver) => receiver.count(&payload).map_err(|e| wrong(&e))?,
            None => 0,
        };
        let mut packet = PacketOutcome {
            seq,
            sent_ns: wait::now(),
            ..PacketOutcome::default()
        };
        let sent = sendto(sender.as_raw_fd(), &payload, &target, MsgFlags::empty());
        match (sent, &mut receiver) {
            (Ok(_), Some(receiver)) => {
                let socket = receiver.socket.try_clone().map_err(|e| wrong(&e))?;
                packet.took_ns = wait::until(socket.as_fd(), nodes, watch, || {
                    Ok(receiver.count(&payload)? > before)
                })?;
            }
            (Ok(_), None) => {
                wait::until(sender.as_fd(), nodes, watch, || Ok(false))?;
            }
            (Err(errno), _) => {
                packet.send_error = Some(errno_name(errno as i32));
                wait::quiet(nodes, watch)?;
            }
        }
        packet.told = told::drain(&sender).map_err(|e| wrong(&e))?;
        watch.came(seq, nodes)?;
        packets.push(packet);
        payloads.push(payload);
    }
    Ok(match receiver {
        Some(receiver) => receiver.account(packets, &payloads),
        None => FlowRecord {
            packets,
            ..FlowRecord::default()
        },
    })
}
