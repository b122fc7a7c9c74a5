//! Owns what a case expects of a world that ran: every frame as computed, and inside it what was sent.

use std::net::IpAddr;

use xfrmlab::{
    plan::{Ping, Traffic},
    wire::Checksum,
};

use crate::{
    differences::differences,
    echo,
    formula::shape,
    lab::Ran,
    seen::{Sealed, sealed, sent, sequence},
    world::{Encap, Mode, World},
};

/// Requests as r1 sends them, replies as r2 does, each against the formula and against what was sent.
#[track_caller]
pub(crate) fn every_frame_is_as_computed(world: &World, ran: &Ran) {
    for step in 0..ran.sizes.len() {
        for way in WAYS {
            one(world, ran, step, &way);
        }
    }
    for way in WAYS {
        // From 1 on, each once (RFC 4303 section 3.3.3).
        let numbers = sequence(&ran.observations, &ran.plan, way.gateway, "eth1");
        let counted: Vec<u32> = (1..=numbers.len() as u32).collect();
        assert_eq!(numbers, counted, "{}, {}", world.title(), way.sa);
        assert!(numbers.len() >= ran.sizes.len());
    }
}

/// One direction through the world.
#[derive(Clone, Copy)]
struct Way {
    request: bool,
    sa: &'static str,
    gateway: &'static str,
    host: &'static str,
    /// Ports as the gateway sends them without NAT between, and with.
    ports: [(u16, u16); 2],
}

const WAYS: [Way; 2] = [
    Way {
        request: true,
        sa: "site:left>right",
        gateway: "r1",
        host: "h1",
        ports: [(4500, 4500), (4500, 4500)],
    },
    Way {
        request: false,
        sa: "site:right>left",
        gateway: "r2",
        host: "h2",
        ports: [(4500, 4500), (4500, 40500)],
    },
];

#[track_caller]
fn one(world: &World, ran: &Ran, step: usize, way: &Way) {
    let size = ran.sizes[step];
    let place = format!("{}, {size} bytes, {}", world.title(), way.sa);
    let Ran {
        observations, plan, ..
    } = ran;
    let frame = sealed(observations, plan, step, way.gateway, "eth1");
    let computed = shape(world, usize::from(size));
    assert_eq!(differences(&computed, &frame.shape), [""; 0], "{place}");
    assert_eq!(frame.sa, way.sa, "{place}");
    let nat = world.encap == Encap::UdpBehindNat;
    // Behind NAT the two ends know the SA by different addresses; the packet has the sender's.
    let holders: &[&str] = if nat { &[way.gateway] } else { &["r1", "r2"] };
    assert_eq!(frame.nodes, holders, "{place}");
    let udp = (world.encap != Encap::None).then(|| {
        let (sport, dport) = way.ports[usize::from(nat)];
        // RFC 3948 section 2.1: a checksum of zero over IPv4.
        (sport, dport, Checksum::Absent)
    });
    assert_eq!(frame.udp, udp, "{place}");
    if nat {
        translated(ran, step, way, &frame, &place);
    }
    let expected = inside(world, ran, step, way, &frame);
    assert!(
        frame.payload == expected,
        "{place}: inside is\n{:02x?}\ninstead of\n{expected:02x?}",
        frame.payload
    );
}

/// Behind the router the ports differ, and nothing from the SPI on.
#[track_caller]
fn translated(ran: &Ran, step: usize, way: &Way, frame: &Sealed, place: &str) {
    let (device, ports) = if way.request {
        ("wan", (40500, 4500))
    } else {
        ("lan", (4500, 4500))
    };
    let beyond = sealed(&ran.observations, &ran.plan, step, "nat", device);
    let (sport, dport, _) = beyond.udp.expect("UDP stays UDP");
    assert_eq!((sport, dport), ports, "{place}");
    assert_eq!(beyond.raw, frame.raw, "{place}");
    assert_ne!((beyond.src, beyond.dst), (frame.src, frame.dst), "{place}");
}

/// What must be inside: in tunnel mode what the host sent, forwarded once, in transport mode the
/// message alone.
#[track_caller]
fn inside(world: &World, ran: &Ran, step: usize, way: &Way, frame: &Sealed) -> Vec<u8> {
    let [flow] = &ran.plan.steps[step].flows[..] else {
        panic!("a step sends one flow");
    };
    let Traffic::Ping(ping) = &flow.traffic else {
        panic!("not an echo: {flow:?}");
    };
    if world.mode == Mode::Transport {
        return message(ping, way, frame.src, frame.dst);
    }
    let packets = sent(&ran.observations, &ran.plan, step, way.host, "eth0");
    let [(bytes, packet)] = &packets[..] else {
        panic!("{} sent {} packets", way.host, packets.len());
    };
    let (src, dst) = packet.addresses().expect("only IP is left");
    let header = if src.is_ipv4() { 20 } else { 40 };
    let clear = &bytes[14..];
    assert_eq!(clear[header..], message(ping, way, src, dst));
    echo::forwarded(clear)
}

fn message(ping: &Ping, way: &Way, src: IpAddr, dst: IpAddr) -> Vec<u8> {
    echo::message(ping, way.request, src, dst)
}
