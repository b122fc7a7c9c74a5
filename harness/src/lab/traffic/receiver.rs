//! Owns the receiver of datagrams: a UDP socket in a node, and what has come to it.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
};

use super::socket;
use crate::{
    lab::{error::LabError, node::Node, port},
    observe::{FlowRecord, PacketOutcome},
};

/// An open receiver.
pub(super) struct Receiver {
    pub(super) socket: UdpSocket,
    got: Vec<Vec<u8>>,
}

impl Receiver {
    /// Opens one on `port` of every address of the node.
    pub(super) fn open(node: &Node, v4: bool, port: u16) -> Result<Self, LabError> {
        let open = || -> io::Result<UdpSocket> {
            let address = SocketAddr::new(socket::any(v4), port);
            let socket = port::bound(|| UdpSocket::bind(address))?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let socket = node.namespace.enter(open)?.map_err(|e| {
            LabError::new("open the receiver", &node.name, format!("udp port {port}")).io(&e)
        })?;
        Ok(Self {
            socket,
            got: Vec::new(),
        })
    }

    /// Takes everything that has come, and counts those with exactly this payload.
    pub(super) fn count(&mut self, payload: &[u8]) -> io::Result<usize> {
        let came = self.take()?;
        self.got.extend(came);
        Ok(self.got.iter().filter(|g| *g == payload).count())
    }

    /// Takes everything that has come, without keeping it.
    pub(super) fn take(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let mut buffer = vec![0; 66 * 1024];
        let mut came = Vec::new();
        loop {
            match self.socket.recv(&mut buffer) {
                Ok(length) => came.push(buffer[..length].to_vec()),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(came),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Tells which packets came how often; `payloads` are those of the packets.
    pub(super) fn account(self, packets: Vec<PacketOutcome>, payloads: &[Vec<u8>]) -> FlowRecord {
        account(&self.got, packets, payloads)
    }
}

fn account(got: &[Vec<u8>], mut packets: Vec<PacketOutcome>, payloads: &[Vec<u8>]) -> FlowRecord {
    let mut strays = 0;
    for datagram in got {
        let alike = || (0..packets.len()).filter(|&i| payloads.get(i) == Some(datagram));
        // Of packets that are alike the one whose coming was seen is taken.
        let place = alike()
            .find(|&i| packets[i].copies == 0 && packets[i].took_ns.is_some())
            .or_else(|| alike().next());
        match place {
            Some(i) => packets[i].copies += 1,
            None => strays += 1,
        }
    }
    FlowRecord {
        packets,
        strays,
        bytes: 0,
        command: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(took: &[bool]) -> Vec<PacketOutcome> {
        took.iter()
            .map(|t| PacketOutcome {
                took_ns: t.then_some(1),
                ..PacketOutcome::default()
            })
            .collect()
    }

    #[test]
    fn copies_strays_and_losses_are_told_apart() {
        let sent = [vec![1], vec![2], vec![1]];
        let got = [vec![1], vec![1], vec![9]];
        let record = account(&got, packets(&[true, false, true]), &sent);
        let copies: Vec<u16> = record.packets.iter().map(|p| p.copies).collect();
        assert_eq!((copies, record.strays), (vec![1, 0, 1], 1));
        let record = account(&got[..2], packets(&[true, false, false]), &sent);
        let copies: Vec<u16> = record.packets.iter().map(|p| p.copies).collect();
        assert_eq!(copies, vec![2, 0, 0]);
    }
}
