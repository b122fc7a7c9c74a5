//! Owns the plan of the gateway pair, with everything about it stated.

use std::net::IpAddr;

use super::fixture::{H2, NODES, back, there};
use crate::plan::{
    Block, BlockLine, CapturePoint, CounterExpect, CounterRule, End, Expect, Flow, Link, Node,
    Observe, Offloads, Outcome, Ping, Plan, SocketOptions, Step, Traffic, Way, WireBlock,
};

pub(super) const STEP: &str = "echo through the tunnel";

/// The block of r1, stated completely.
pub(crate) const AT_R1: &str = "
prerouting   in eth0            icmp echo-request 10.0.1.100 > 10.0.2.100
forward      in eth0  out eth1  icmp echo-request 10.0.1.100 > 10.0.2.100
postrouting           out eth1  icmp echo-request 10.0.1.100 > 10.0.2.100
encode       site:left>right
output                out eth1  esp 3.0.0.1 > 5.0.0.1 site:left>right
postrouting           out eth1  esp 3.0.0.1 > 5.0.0.1 site:left>right
prerouting   in eth1            esp 5.0.0.1 > 3.0.0.1 site:right>left
input        in eth1            esp 5.0.0.1 > 3.0.0.1 site:right>left
decode       site:right>left
prerouting   in eth1            icmp echo-reply 10.0.2.100 > 10.0.1.100
forward      in eth1  out eth0  icmp echo-reply 10.0.2.100 > 10.0.1.100
postrouting           out eth0  icmp echo-reply 10.0.2.100 > 10.0.1.100
";

/// The block of r2, stated completely.
pub(crate) const AT_R2: &str = "
prerouting   in eth1            esp 3.0.0.1 > 5.0.0.1 site:left>right
input        in eth1            esp 3.0.0.1 > 5.0.0.1 site:left>right
decode       site:left>right
prerouting   in eth1            icmp echo-request 10.0.1.100 > 10.0.2.100
forward      in eth1  out eth0  icmp echo-request 10.0.1.100 > 10.0.2.100
postrouting           out eth0  icmp echo-request 10.0.1.100 > 10.0.2.100
prerouting   in eth0            icmp echo-reply 10.0.2.100 > 10.0.1.100
forward      in eth0  out eth1  icmp echo-reply 10.0.2.100 > 10.0.1.100
postrouting           out eth1  icmp echo-reply 10.0.2.100 > 10.0.1.100
encode       site:right>left
output                out eth1  esp 5.0.0.1 > 3.0.0.1 site:right>left
postrouting           out eth1  esp 5.0.0.1 > 3.0.0.1 site:right>left
";

/// What r1 sends to the router.
pub(crate) const R1_TO_RT: &str = "
esp 3.0.0.1 > 5.0.0.1 site:left>right seq=1 ttl=64 { icmp echo-request 10.0.1.100 > 10.0.2.100 seq=1 ttl=63 }
";

/// The plan of the gateway pair with these expectations.
pub(crate) fn plan() -> Plan {
    let link = |a: (&str, &str), b: (&str, &str)| Link {
        ends: [end(a), end(b)],
        mtu: None,
        refused: None,
    };
    let expect = Expect {
        outcome: Outcome {
            reply: Some(true),
            ..Outcome::default()
        },
        nodes: vec![
            ("r1".to_owned(), block(AT_R1)),
            ("r2".to_owned(), block(AT_R2)),
        ],
        wires: vec![wire_block(("r1", "eth1"), ("rt", "eth0"), R1_TO_RT)],
        clear: Vec::new(),
        counters: ["r1", "r2"].map(unchanged).to_vec(),
        ..Expect::default()
    };
    Plan {
        title: "ESP between two gateways".to_owned(),
        source: None,
        variant: None,
        nodes: NODES.iter().map(|name| node(name)).collect(),
        observe: Observe::All,
        links: vec![
            link(("h1", "eth0"), ("r1", "eth0")),
            link(("r1", "eth1"), ("rt", "eth0")),
            link(("rt", "eth1"), ("r2", "eth1")),
            link(("r2", "eth0"), ("h2", "eth0")),
        ],
        refused_links: Vec::new(),
        guarded: vec![1, 2],
        steps: vec![Step {
            on: Vec::new(),
            name: STEP.to_owned(),
            changes: Vec::new(),
            flows: vec![ping()],
            expect,
        }],
        needs: Vec::new(),
        fails: None,
    }
}

/// `expect.counters.NODE = "unchanged"`.
pub(crate) fn unchanged(node: &str) -> CounterExpect {
    CounterExpect {
        node: node.to_owned(),
        rule: CounterRule::Unchanged,
        line: 1,
    }
}

fn ping() -> Flow {
    Flow {
        name: "ping h1 > 10.0.2.100".to_owned(),
        traffic: Traffic::Ping(Ping {
            from: "h1".to_owned(),
            to: H2.parse::<IpAddr>().unwrap(),
            count: 1,
            size: 24,
            ident: 0x1234,
            socket: SocketOptions::default(),
        }),
        outcome: Outcome::default(),
    }
}

fn node(name: &str) -> Node {
    let states = if matches!(name, "r1" | "r2") {
        vec![there(), back()]
    } else {
        Vec::new()
    };
    Node {
        name: name.to_owned(),
        sysctls: Vec::new(),
        devices: Vec::new(),
        neighbours: Vec::new(),
        routes: Vec::new(),
        rules: Vec::new(),
        encap_sockets: Vec::new(),
        spd: crate::plan::SpdSettings::default(),
        states,
        policies: Vec::new(),
        nft: String::new(),
        nft_places: Vec::new(),
        iptables: Vec::new(),
        refused_rules: Vec::new(),
    }
}

fn end((node, device): (&str, &str)) -> End {
    End {
        node: node.to_owned(),
        device: device.to_owned(),
        mac: [0; 6],
        addresses: Vec::new(),
        master: None,
        netem: None,
        offloads: Offloads::default(),
    }
}

/// A block of these lines.
pub(crate) fn block(text: &str) -> Block {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty());
    Block {
        lines: lines
            .map(|(at, l)| BlockLine {
                text: l.trim().to_owned(),
                line: at as u32,
            })
            .collect(),
    }
}

/// A block of a wire.
pub(crate) fn wire_block(from: (&str, &str), to: (&str, &str), text: &str) -> WireBlock {
    WireBlock {
        point: CapturePoint {
            node: from.0.to_owned(),
            device: from.1.to_owned(),
            way: Way::To(to.0.to_owned(), to.1.to_owned()),
        },
        block: block(text),
    }
}
