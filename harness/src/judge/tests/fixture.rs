//! Owns the gateway pair as it would be recorded: h1 - r1 - rt - r2 - h2, one echo
//! request and its reply through a tunnel, every hook and every frame.

use super::packets::{self, echo, esp, ethernet};
pub(crate) use super::world::*;
use crate::judge::passes::LAB_TABLE;
use crate::observe::{
    CounterSample, Direction, FlowRecord, Frame, KernelInfo, LinkType, Observations, PacketOutcome,
    SaSample, StepRecord, Trace, TraceKind, Verdict,
};
use crate::plan::State;

pub(crate) const H1: &str = "10.0.1.100";
pub(crate) const H2: &str = "10.0.2.100";
pub(super) const NODES: [&str; 5] = ["h1", "r1", "rt", "r2", "h2"];

/// `site:left>right`.
pub(crate) fn there() -> State {
    packets::sa("site:left>right", "3.0.0.1", "5.0.0.1", 0x1001)
}

/// `site:right>left`.
pub(crate) fn back() -> State {
    packets::sa("site:right>left", "5.0.0.1", "3.0.0.1", 0x2002)
}

/// A recording under construction: its clock ticks with every event.
pub(crate) struct Recorder {
    pub(crate) obs: Observations,
    clock: u64,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        let kernel = KernelInfo {
            release: "6.12.0-test".to_owned(),
            version: "#1".to_owned(),
            place: "hand-made".to_owned(),
        };
        let obs = Observations {
            kernel,
            ..Observations::default()
        };
        Self {
            obs,
            clock: 1_000_000,
        }
    }

    /// One traversal of a hook, entry and exit.
    pub(crate) fn hook(&mut self, node: &str, hook: &str, devices: (&str, &str), packet: &[u8]) {
        self.hook_nat(node, hook, devices, packet, packet);
    }

    /// A traversal in which the packet changes.
    pub(crate) fn hook_nat(
        &mut self,
        node: &str,
        hook: &str,
        (iif, oif): (&str, &str),
        packet: &[u8],
        after: &[u8],
    ) {
        for (side, packet) in [("in", packet), ("out", after)] {
            let event = self.event(node, &format!("{hook}_{side}"), (iif, oif), packet);
            self.obs.traces.push(event);
        }
    }

    pub(crate) fn event(
        &mut self,
        node: &str,
        chain: &str,
        (iif, oif): (&str, &str),
        packet: &[u8],
    ) -> Trace {
        self.clock += 1000;
        let device = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        Trace {
            step: 0,
            node: node.to_owned(),
            id: 7,
            nfproto: 2,
            family: "inet".to_owned(),
            table: LAB_TABLE.to_owned(),
            chain: chain.to_owned(),
            kind: TraceKind::Rule,
            verdict: Verdict::Accept,
            handle: Some(1),
            iif: device(iif),
            oif: device(oif),
            mark: 0,
            network: packet[..20].to_vec(),
            transport: packet[20..40].to_vec(),
        }
    }

    pub(crate) fn frame(&mut self, at: (&str, &str), direction: Direction, bytes: &[u8]) {
        self.clock += 1000;
        self.obs.frames.push(Frame {
            step: 0,
            node: at.0.to_owned(),
            device: at.1.to_owned(),
            direction,
            ts_ns: self.clock,
            mark: Some(0),
            link: LinkType::Ethernet,
            bytes: bytes.to_vec(),
        });
    }

    /// A frame over a link, seen at both ends.
    pub(crate) fn link(&mut self, from: (&str, &str), to: (&str, &str), packet: &[u8]) {
        self.frame(from, Direction::Out, &ethernet(packet));
        self.frame(to, Direction::In, &ethernet(packet));
    }

    /// The sending host's half.
    fn send(&mut self, host: &str, gateway: &str, packet: &[u8]) {
        self.hook(host, "output", ("", "eth0"), packet);
        self.hook(host, "postrouting", ("", "eth0"), packet);
        self.link((host, "eth0"), (gateway, "eth0"), packet);
    }

    /// The way of one packet through both gateways.
    pub(crate) fn tunnelled(&mut self, way: &Way<'_>, seq: u32) {
        let inner = |ttl| echo(way.src, way.dst, way.request, seq as u16, ttl);
        self.send(way.nodes[0], way.nodes[1], &inner(64));
        self.encode(way, seq);
        self.transit(way, seq);
        self.decode(way, seq);
    }

    /// Into the first gateway in clear, out of it in ESP.
    pub(crate) fn encode(&mut self, way: &Way<'_>, seq: u32) {
        let gateway = way.nodes[1];
        let inner = |ttl| echo(way.src, way.dst, way.request, seq as u16, ttl);
        let sealed = esp(&way.sa, seq, &inner(63), 64);
        self.hook(gateway, "prerouting", ("eth0", ""), &inner(64));
        self.hook(gateway, "forward", ("eth0", "eth1"), &inner(63));
        self.hook(gateway, "postrouting", ("", "eth1"), &inner(63));
        self.hook(gateway, "output", ("", "eth1"), &sealed);
        self.hook(gateway, "postrouting", ("", "eth1"), &sealed);
    }

    /// From the first gateway over the router to the second.
    pub(crate) fn transit(&mut self, way: &Way<'_>, seq: u32) {
        let inner = echo(way.src, way.dst, way.request, seq as u16, 63);
        let sealed = |ttl| esp(&way.sa, seq, &inner, ttl);
        let (near, far) = if way.request {
            ("eth0", "eth1")
        } else {
            ("eth1", "eth0")
        };
        self.link((way.nodes[1], "eth1"), ("rt", near), &sealed(64));
        self.hook("rt", "prerouting", (near, ""), &sealed(64));
        self.hook("rt", "forward", (near, far), &sealed(63));
        self.hook("rt", "postrouting", ("", far), &sealed(63));
        self.link(("rt", far), (way.nodes[3], "eth1"), &sealed(63));
    }

    /// Into the second gateway in ESP.
    pub(crate) fn arrive(&mut self, way: &Way<'_>, seq: u32) {
        let inner = echo(way.src, way.dst, way.request, seq as u16, 63);
        let sealed = esp(&way.sa, seq, &inner, 63);
        self.hook(way.nodes[3], "prerouting", ("eth1", ""), &sealed);
        self.hook(way.nodes[3], "input", ("eth1", ""), &sealed);
    }

    /// Into the second gateway in ESP, out of it in clear, and to the host.
    pub(crate) fn decode(&mut self, way: &Way<'_>, seq: u32) {
        let inner = |ttl| echo(way.src, way.dst, way.request, seq as u16, ttl);
        let (gateway, host) = (way.nodes[3], way.nodes[4]);
        self.arrive(way, seq);
        self.frame((gateway, "eth1"), Direction::In, &ethernet(&inner(63)));
        self.hook(gateway, "prerouting", ("eth1", ""), &inner(63));
        self.hook(gateway, "forward", ("eth1", "eth0"), &inner(62));
        self.hook(gateway, "postrouting", ("", "eth0"), &inner(62));
        self.link((gateway, "eth0"), (host, "eth0"), &inner(62));
        self.hook(host, "prerouting", ("eth0", ""), &inner(62));
        self.hook(host, "input", ("eth0", ""), &inner(62));
    }

    /// Counters before and after the step; `moved` after it.
    pub(crate) fn finish(mut self, moved: &[(&str, &str, u64)], answered: bool) -> Observations {
        for (after_steps, on) in [(0, 0), (1, 1)] {
            for node in NODES {
                let value = |name: &str| {
                    moved
                        .iter()
                        .find(|m| m.0 == node && m.1 == name)
                        .map_or(0, |m| m.2 * on)
                };
                let names = ["XfrmInNoStates", "XfrmInStateProtoError", "XfrmInNoPols"];
                let others = moved.iter().map(|m| m.1).filter(|n| !names.contains(n));
                let values = names.iter().copied().chain(others);
                let values = values.map(|n| (n.to_owned(), value(n))).collect();
                self.obs.counters.push(CounterSample {
                    after_steps,
                    node: node.to_owned(),
                    values,
                });
            }
        }
        let took_ns = answered.then_some(5);
        let ping = PacketOutcome {
            seq: 1,
            took_ns,
            ..PacketOutcome::default()
        };
        self.obs.steps.push(StepRecord {
            windows: None,
            on: Vec::new(),
            name: STEP.to_owned(),
            changes: Vec::new(),
            flows: vec![FlowRecord {
                packets: vec![ping],
                ..FlowRecord::default()
            }],
        });
        self.obs
    }
}

/// One direction through the tunnel.
pub(crate) struct Way<'a> {
    pub(crate) nodes: [&'a str; 5],
    pub(crate) src: &'a str,
    pub(crate) dst: &'a str,
    pub(crate) request: bool,
    pub(crate) sa: State,
}

/// From h1 to h2.
pub(crate) fn request() -> Way<'static> {
    Way {
        nodes: NODES,
        src: H1,
        dst: H2,
        request: true,
        sa: there(),
    }
}

/// From h2 to h1.
pub(crate) fn reply() -> Way<'static> {
    Way {
        nodes: ["h2", "r2", "rt", "r1", "h1"],
        src: H2,
        dst: H1,
        request: false,
        sa: back(),
    }
}

/// A run in which all went well.
pub(crate) fn good() -> Observations {
    let mut r = Recorder::new();
    r.frame(("r1", "eth0"), Direction::Out, &packets::arp());
    r.tunnelled(&request(), 1);
    r.tunnelled(&reply(), 1);
    r.finish(&[], true)
}

/// An SA sample.
pub(crate) fn sa_sample(node: &str, sa: &State, after_steps: u32) -> SaSample {
    SaSample {
        after_steps,
        node: node.to_owned(),
        dst: sa.dst,
        proto: 50,
        spi: sa.spi,
        mark: sa.mark,
        bytes: 0,
        packets: 0,
        replay_window: 0,
        replay: 0,
        integrity_failed: 0,
    }
}
