//! Owns the sending of UDP datagrams and the waiting for them at their receivers.

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd as _, AsRawFd as _, OwnedFd},
};

use nix::{
    errno::Errno,
    sys::socket::{MsgFlags, SockProtocol, SockType, SockaddrStorage, connect, send, sendto},
};

use super::{multicast, payload::payload, receiver::Receiver, socket, told, wait};
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
    let target = SocketAddr::new(udp.to, udp.dport);
    let wrong =
        |e: &io::Error| LabError::new("open the UDP socket", &udp.from, target.to_string()).io(e);
    let mut receivers = receivers(udp, nodes)?;
    if !udp.join.is_empty() {
        // Joining a group may make the kernel speak.
        wait::quiet(nodes, watch)?;
    }
    let opened = nodes.get(&udp.from).namespace.enter(|| Socket::open(udp))?;
    let sender = opened.map_err(|e| wrong(&e))?;
    let mut packets = Vec::new();
    let mut payloads = Vec::new();
    for seq in 1..=u32::from(udp.count) {
        let payload = payload(udp.sport, seq, udp.size);
        let mut before = Vec::new();
        for receiver in &mut receivers {
            before.push(receiver.count(&payload).map_err(|e| wrong(&e))?);
        }
        let mut packet = PacketOutcome {
            seq,
            sent_ns: wait::now(),
            ..PacketOutcome::default()
        };
        match (sender.send(udp, seq).1, receivers.last()) {
            (Ok(()), Some(last)) => {
                let socket = last.socket.try_clone().map_err(|e| wrong(&e))?;
                packet.took_ns = wait::until(socket.as_fd(), nodes, watch, || {
                    let mut all = true;
                    for (receiver, before) in receivers.iter_mut().zip(&before) {
                        all &= receiver.count(&payload)? > *before;
                    }
                    Ok(all)
                })?;
            }
            (Ok(()), None) => {
                wait::until(sender.0.as_fd(), nodes, watch, || Ok(false))?;
            }
            (Err(errno), _) => {
                packet.send_error = Some(errno_name(errno as i32));
                wait::quiet(nodes, watch)?;
            }
        }
        packet.told = told::drain(&sender.0).map_err(|e| wrong(&e))?;
        watch.came(seq, nodes)?;
        packets.push(packet);
        payloads.push(payload);
    }
    let records = receivers
        .into_iter()
        .map(|r| r.account(packets.clone(), &payloads));
    Ok(records
        .reduce(|one, other| together(one, &other))
        .unwrap_or(FlowRecord {
            packets,
            ..FlowRecord::default()
        }))
}

/// One receiver, or one for each member of the group.
fn receivers(udp: &Udp, nodes: &mut Nodes) -> Result<Vec<Receiver>, LabError> {
    let v4 = udp.to.is_ipv4();
    if !udp.listen {
        return Ok(Vec::new());
    }
    if udp.join.is_empty() {
        return Ok(vec![Receiver::open(nodes.get(&udp.at), v4, udp.dport)?]);
    }
    let mut list = Vec::new();
    for (node, device) in &udp.join {
        let node = nodes.get_mut(node);
        let index = node
            .index(device)
            .map_err(|r| r.of("find the device", &node.name, device))?;
        let receiver = Receiver::open(node, v4, udp.dport)?;
        multicast::join(&receiver.socket, udp.to, index).map_err(|e| {
            LabError::new("join the group", &node.name, format!("{} {device}", udp.to)).io(&e)
        })?;
        list.push(receiver);
    }
    Ok(list)
}

/// What all receivers got: a packet counts as often as the one got it that got it least, or twice where one did.
fn together(one: FlowRecord, other: &FlowRecord) -> FlowRecord {
    let pairs = one.packets.into_iter().zip(&other.packets);
    let packets = pairs.map(|(mut packet, second)| {
        let (least, most) = (
            packet.copies.min(second.copies),
            packet.copies.max(second.copies),
        );
        packet.copies = if least == 0 { 0 } else { most };
        packet
    });
    FlowRecord {
        packets: packets.collect(),
        strays: one.strays + other.strays,
        ..FlowRecord::default()
    }
}

/// The sending socket.
pub(super) struct Socket(pub(super) OwnedFd);

impl Socket {
    /// Opens it in the namespace of the calling thread.
    pub(super) fn open(udp: &Udp) -> io::Result<Self> {
        let v4 = udp.to.is_ipv4();
        let fd = socket::open(v4, SockType::Datagram, SockProtocol::Udp)?;
        // Whoever reads the error queue gets no errno from a send.
        if !udp.connected {
            told::listen(&fd, v4)?;
        }
        socket::prepare(&fd, v4, &udp.socket, udp.sport)?;
        if udp.to.is_multicast() {
            multicast::prepare(&fd, v4, udp.socket.ttl)?;
        }
        if udp.connected {
            let to = SockaddrStorage::from(SocketAddr::new(udp.to, udp.dport));
            connect(fd.as_raw_fd(), &to)?;
        }
        Ok(Self(fd))
    }

    /// Sends datagram `number`; gives its payload, and the errno where the kernel refused to send.
    pub(super) fn send(&self, udp: &Udp, number: u32) -> (Vec<u8>, Result<(), Errno>) {
        let payload = payload(udp.sport, number, udp.size);
        let (fd, to) = (self.0.as_raw_fd(), SocketAddr::new(udp.to, udp.dport));
        let sent = if udp.connected {
            send(fd, &payload, MsgFlags::empty())
        } else {
            sendto(fd, &payload, &SockaddrStorage::from(to), MsgFlags::empty())
        };
        (payload, sent.map(drop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(copies: &[u16]) -> FlowRecord {
        let packet = |&copies: &u16| PacketOutcome {
            copies,
            ..PacketOutcome::default()
        };
        FlowRecord {
            packets: copies.iter().map(packet).collect(),
            ..FlowRecord::default()
        }
    }

    #[test]
    fn what_one_member_lacks_is_not_delivered() {
        let both = together(record(&[1, 1, 1, 0]), &record(&[1, 0, 2, 0]));
        let copies: Vec<u16> = both.packets.iter().map(|p| p.copies).collect();
        assert_eq!(copies, [1, 0, 2, 0]);
    }
}
