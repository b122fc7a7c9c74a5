//! Owns what a captured frame shows when our codec opens it. It knows no formula.

use std::net::IpAddr;

use xfrmlab::{
    observe::{Direction, Observations},
    plan::Plan,
    wire::{
        AhIcv, Checksum, Detail, Esp, EspBody, Inner, Packet, SaTable, UdpBody, Upper,
        decode_frame, envelopes,
        esp::{self, Suite},
        line,
    },
};

use crate::formula::Shape;

/// A protected frame.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) shape: Shape,
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    /// The SA whose key opened it, or whose key the ICV of AH fits.
    pub(crate) sa: String,
    /// Nodes that hold that key.
    pub(crate) nodes: Vec<String>,
    /// Ports, and the state of the checksum, where UDP is around it.
    pub(crate) udp: Option<(u16, u16, Checksum)>,
    /// What ESP or AH carries, byte for byte.
    pub(crate) payload: Vec<u8>,
    /// From SPI or AH header on, as it stands on the wire.
    pub(crate) raw: Vec<u8>,
}

/// The IP packets that a device sent in a step, without what IPv6 and ARP say for themselves.
pub(crate) fn sent<'o>(
    observations: &'o Observations,
    plan: &Plan,
    step: usize,
    node: &str,
    device: &str,
) -> Vec<(&'o [u8], Packet)> {
    let sas = SaTable::from_plan(plan);
    observations
        .frames
        .iter()
        .filter(|f| f.step as usize == step && f.node == node && f.device == device)
        .filter(|f| f.direction == Direction::Out)
        .map(|f| (&f.bytes[..], decode_frame(&f.bytes, &sas).packet))
        .filter(|(_, packet)| match packet {
            Packet::Arp(_) => false,
            Packet::Ip(ip) => !of_the_link(&ip.upper),
            Packet::Unknown { .. } => true,
        })
        .collect()
}

/// Listener reports and neighbour discovery. In transport mode over IPv6 a unicast advertisement falls
/// under the policy like any packet between the two, and is sealed (seen on 6.12); solicitations go
/// to a multicast address, and do not.
fn of_the_link(upper: &Upper) -> bool {
    let inner = match upper {
        Upper::Icmp(icmp) => return icmp.v6 && matches!(icmp.kind, 130..=137 | 143),
        Upper::Esp(Esp {
            body: EspBody::Opened(opened),
            ..
        }) => &opened.inner,
        Upper::Ah(ah) => &ah.inner,
        _ => return false,
    };
    matches!(inner, Inner::Transport { upper, .. } if of_the_link(upper))
}

/// Sequence numbers of all that a gateway's device sealed, neighbour discovery too, in order.
pub(crate) fn sequence(
    observations: &Observations,
    plan: &Plan,
    node: &str,
    device: &str,
) -> Vec<u32> {
    let sas = SaTable::from_plan(plan);
    observations
        .frames
        .iter()
        .filter(|f| f.node == node && f.device == device && f.direction == Direction::Out)
        .flat_map(|f| envelopes(&decode_frame(&f.bytes, &sas).packet))
        .map(|envelope| envelope.seq)
        .collect()
}

/// Opens the one packet that a device sent in a step.
#[track_caller]
pub(crate) fn sealed(
    observations: &Observations,
    plan: &Plan,
    step: usize,
    node: &str,
    device: &str,
) -> Sealed {
    let packets = sent(observations, plan, step, node, device);
    let [(bytes, packet)] = &packets[..] else {
        let lines: Vec<String> = packets.iter().map(|p| line(&p.1, Detail::Full)).collect();
        panic!("{node}:{device} sent in step {step}\n{}", lines.join("\n"));
    };
    let ip = packet.ip().expect("only IP is left");
    let header = if ip.header.src.is_ipv4() { 20 } else { 40 };
    assert_eq!((ip.header.options, &ip.header.extensions[..]), (0, &[][..]));
    assert_eq!(ip.header.total_len, bytes.len() - 14, "padded frame");
    let mut udp = None;
    let mut at = 14 + header;
    let (shape, sa, nodes, payload) = match &ip.upper {
        Upper::Esp(esp) => opened(esp, bytes, at, plan),
        Upper::Udp(datagram) => {
            let UdpBody::Esp(esp) = &datagram.body else {
                panic!("UDP without ESP: {datagram:?}");
            };
            udp = Some((datagram.sport, datagram.dport, datagram.checksum));
            at += 8;
            opened(esp, bytes, at, plan)
        }
        Upper::Ah(ah) => {
            let AhIcv::Ok { nodes, .. } = &ah.icv else {
                panic!("the ICV does not fit: {ah:?}");
            };
            let payload = bytes[at + 12 + ah.icv_len..].to_vec();
            let shape = Shape {
                frame: bytes.len(),
                at,
                protocol: ip.header.protocol,
                iv: 0,
                icv: ah.icv_len,
                pad: 0,
                next_header: ah.next_header,
                inner: payload.len(),
            };
            let sa = ah.sa.clone().expect("an ICV fits with the key of an SA");
            (shape, sa, nodes.clone(), payload)
        }
        other => panic!("neither ESP nor AH: {other:?}"),
    };
    Sealed {
        shape: Shape {
            protocol: ip.header.protocol,
            ..shape
        },
        src: ip.header.src,
        dst: ip.header.dst,
        sa,
        nodes,
        udp,
        payload,
        raw: bytes[at..].to_vec(),
    }
}

/// Opened twice: as a layer of the decoded frame, and by itself for the bytes inside.
#[track_caller]
fn opened(
    esp: &Esp,
    bytes: &[u8],
    at: usize,
    plan: &Plan,
) -> (Shape, String, Vec<String>, Vec<u8>) {
    let EspBody::Opened(opened) = &esp.body else {
        panic!("not opened: {esp:?}");
    };
    assert!(!opened.disputed && opened.tfc == 0, "{opened:?}");
    let sa = esp.sa.clone().expect("an opened packet has an SA");
    let (_, state) = plan
        .states()
        .find(|(_, state)| state.name == sa)
        .expect("the SA is the plan's");
    let suite = Suite::of(&state.algorithms).expect("the codec knows what it opened with");
    let plain = esp::open(&bytes[at..], &suite, &[]).expect("what opened once opens again");
    let shape = Shape {
        frame: bytes.len(),
        at,
        protocol: 50,
        iv: opened.iv_len,
        icv: opened.icv_len,
        pad: usize::from(opened.pad_len),
        next_header: opened.next_header,
        inner: opened.payload.len(),
    };
    (shape, sa, opened.nodes.clone(), plain.payload)
}
