//! Owns the sending of one window of a flow: its packets go out one behind the other, and what became of each is known
//! when nothing is under way any more.

use std::{collections::HashMap, io};

use super::{ping, receiver::Receiver, told, udp, wait};
use crate::{
    lab::{
        error::{LabError, errno_name},
        node::Nodes,
        watch::Watch,
    },
    observe::{FlowRecord, PacketOutcome},
    plan::{Flow, Ping, Traffic, Udp},
};

/// Packets between two emptyings of what watches. A node that encrypts makes a dozen trace events and captures of each,
/// a kilobyte in a receive buffer apiece, and an ordinary user's buffers hold 416 KiB.
const AT_ONCE: usize = 16;

/// Sends the packets behind number `sent`, which is of the last one of the window before.
pub(in crate::lab) fn run(
    flow: &Flow,
    sent: u32,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<FlowRecord, LabError> {
    let count = u32::try_from(flow.traffic.count()).unwrap_or(u32::MAX);
    let numbers = sent + 1..=sent + count;
    let broken =
        |e: io::Error| LabError::new("send a window", flow.traffic.from(), &flow.name).io(&e);
    let mut ends = Ends::open(flow, nodes)?;
    let mut burst = Burst::default();
    for number in numbers {
        let sent_ns = wait::now();
        let (tells, refused) = ends.send(number);
        let place = burst.packets.len();
        burst.places.insert(tells, place);
        burst.packets.push(PacketOutcome {
            seq: number,
            sent_ns,
            send_error: refused,
            ..PacketOutcome::default()
        });
        if place == 0 {
            // The first one may have to wait for an address to be resolved, and those behind it would be queued.
            wait::quiet(nodes, watch)?;
        }
        if (place + 1).is_multiple_of(AT_ONCE) {
            watch.drain(nodes)?;
            burst.take(&mut ends).map_err(broken)?;
        }
    }
    wait::quiet(nodes, watch)?;
    burst.take(&mut ends).map_err(broken)?;
    Ok(FlowRecord {
        packets: burst.packets,
        strays: burst.strays,
        ..FlowRecord::default()
    })
}

/// What is known of the packets of a window.
#[derive(Default)]
struct Burst {
    packets: Vec<PacketOutcome>,
    /// Which packet something that comes is: by what tells it.
    places: HashMap<Vec<u8>, usize>,
    strays: u32,
}

impl Burst {
    /// Takes everything that has come.
    fn take(&mut self, ends: &mut Ends<'_>) -> io::Result<()> {
        let now = wait::now();
        for came in ends.came()? {
            let Some(packet) = self.places.get(&came).map(|&at| &mut self.packets[at]) else {
                self.strays += 1;
                continue;
            };
            packet.copies += 1;
            packet
                .took_ns
                .get_or_insert(now.saturating_sub(packet.sent_ns));
        }
        let told = ends.told()?;
        if let Some(last) = self.packets.last_mut() {
            last.told.extend(told);
        }
        Ok(())
    }
}

/// The sockets of a flow.
enum Ends<'p> {
    Ping(&'p Ping, ping::Socket),
    Udp(&'p Udp, udp::Socket, Option<Receiver>),
}

impl<'p> Ends<'p> {
    fn open(flow: &'p Flow, nodes: &Nodes) -> Result<Self, LabError> {
        let wrong = |e: &io::Error| {
            LabError::new("open the socket of", flow.traffic.from(), &flow.name).io(e)
        };
        let node = nodes.get(flow.traffic.from());
        match &flow.traffic {
            Traffic::Ping(ping) => {
                let opened = node.namespace.enter(|| ping::Socket::open(ping))?;
                Ok(Self::Ping(ping, opened.map_err(|e| wrong(&e))?))
            }
            Traffic::Udp(udp) => {
                let listen = || Receiver::open(nodes.get(&udp.at), udp.to.is_ipv4(), udp.dport);
                let receiver = udp.listen.then(listen).transpose()?;
                let opened = node.namespace.enter(|| udp::Socket::open(udp))?;
                Ok(Self::Udp(udp, opened.map_err(|e| wrong(&e))?, receiver))
            }
            _ => Err(wrong(&io::Error::other("windows are of `ping` or `udp`"))),
        }
    }

    /// Sends packet `number`. Gives what tells it where it comes, and the errno of a refused send.
    fn send(&self, number: u32) -> (Vec<u8>, Option<String>) {
        let (tells, sent) = match self {
            Self::Ping(ping, socket) => socket.send(ping, number),
            Self::Udp(udp, socket, _) => socket.send(udp, number),
        };
        (tells, sent.err().map(|errno| errno_name(errno as i32)))
    }

    /// What tells each packet that has come since the last call.
    fn came(&mut self) -> io::Result<Vec<Vec<u8>>> {
        match self {
            Self::Ping(ping, socket) => socket.answers(ping),
            Self::Udp(_, _, Some(receiver)) => receiver.take(),
            Self::Udp(_, _, None) => Ok(Vec::new()),
        }
    }

    fn told(&self) -> io::Result<Vec<crate::observe::SocketError>> {
        match self {
            Self::Ping(_, socket) => told::drain(&socket.0),
            Self::Udp(_, socket, _) => told::drain(&socket.0),
        }
    }
}
