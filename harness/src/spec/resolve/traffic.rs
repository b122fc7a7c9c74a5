//! Owns the resolving of traffic: every flow bound to its nodes, its receiver found, its
//! bytes or keys ready. It never looks at expectations other than a flow's own.

mod injected;
mod sealed;
mod sender;

use std::net::IpAddr;

use sealed::as_esp;

use super::{
    draft::{Draft, Findings},
    names::{bind_node, devices, owner},
};
use crate::{
    plan::{Flow, Outcome, Ping, Proto, RawHow, Tcp, TcpPeer, Traffic, Udp},
    spec::{
        schema::traffic::{OutcomeSpec, PingSpec, TcpSpec, TrafficSpec, UdpSpec},
        source::{Span, Spanned},
    },
};

/// ICMP identifier of the first flow; each further flow has the next one.
const FIRST_IDENT: u16 = 0x1000;
/// Source port of the first flow; likewise.
const FIRST_PORT: u16 = 40000;
/// Port of ESP in UDP (RFC 3948 section 2).
const NAT_PORT: u16 = 4500;

/// What flows are bound to.
pub(crate) struct Binding<'a> {
    pub(crate) draft: &'a Draft,
    pub(crate) findings: &'a mut Findings,
    /// Flows so far in the whole file.
    pub(crate) number: u16,
}

impl Binding<'_> {
    /// The flows that a table names, in the order of its keys.
    pub(crate) fn flows(
        &mut self,
        spec: &TrafficSpec,
        name: Option<&Spanned<String>>,
        outcome: &Outcome,
    ) -> Vec<Flow> {
        let mut list = Vec::new();
        list.extend(spec.ping.as_ref().and_then(|s| self.ping(s)));
        list.extend(spec.udp.as_ref().and_then(|s| self.udp(s)));
        list.extend(spec.tcp.as_ref().and_then(|s| self.tcp(s)));
        list.extend(spec.raw.as_ref().and_then(|s| self.raw(s)));
        let keepalive = spec.keepalive.as_ref();
        list.extend(keepalive.and_then(|s| self.keepalive(s)));
        let exec = spec.exec.as_ref();
        list.extend(exec.and_then(|s| super::exec::exec(s, self.draft, self.findings)));
        list.extend(spec.again.as_ref().and_then(|s| self.again(s)));
        list.extend(spec.esp.as_ref().and_then(|s| self.sealed(s, Proto::Esp)));
        let ah = spec.ah.as_ref().map(|s| as_esp(s));
        list.extend(ah.and_then(|s| self.sealed(&s, Proto::Ah)));
        let named = |traffic: Traffic| Flow {
            name: name.map_or_else(|| describe(&traffic), |n| n.value.clone()),
            outcome: outcome.clone(),
            traffic,
        };
        list.into_iter().map(named).collect()
    }

    fn count(&mut self) -> u16 {
        self.number = self.number.wrapping_add(1);
        self.number.wrapping_sub(1)
    }

    fn ping(&mut self, spec: &PingSpec) -> Option<Traffic> {
        let number = self.count();
        let socket = self.socket(&spec.socket, spec.from.as_ref(), spec.to.as_ref())?;
        Some(Traffic::Ping(Ping {
            from: spec.from.as_ref()?.value.clone(),
            to: spec.to.as_ref()?.value,
            count: spec.count.as_ref().map_or(1, |c| c.0),
            size: spec.size.as_ref().map_or(56, |s| s.0),
            ident: FIRST_IDENT.wrapping_add(number),
            socket,
        }))
    }

    fn udp(&mut self, spec: &UdpSpec) -> Option<Traffic> {
        let number = self.count();
        let socket = self.socket(&spec.socket, spec.from.as_ref(), spec.to.as_ref());
        let to = spec.to.as_ref()?;
        let listen = spec.listen.as_ref().is_none_or(|l| l.value);
        let from = spec.from.as_ref()?;
        let join = self.members(spec, to);
        let needed = listen && join.is_empty();
        let at = self.receiver(spec.at.as_ref(), to.value, to.span, needed, from)?;
        Some(Traffic::Udp(Udp {
            connected: spec.connected.as_ref().is_some_and(|c| c.value),
            join,
            from: from.value.clone(),
            to: to.value,
            at,
            listen,
            sport: spec.sport.as_ref().map_or(FIRST_PORT + number, |p| p.0),
            dport: spec.dport.as_ref()?.0,
            count: spec.count.as_ref().map_or(1, |c| c.0),
            size: spec.size.as_ref().map_or(56, |s| s.0),
            socket: socket?,
        }))
    }

    /// Who joins the group that a flow sends to.
    fn members(&mut self, spec: &UdpSpec, to: &Spanned<IpAddr>) -> Vec<(String, String)> {
        let mut list = Vec::new();
        for place in spec.join.iter().flat_map(|j| j.value.0.iter()) {
            if !to.is_multicast() {
                let message = format!("`{}` is no group that a device can join", to.value);
                self.findings.error(place.span, message);
            }
            let (node, device) = place.split_once(':').unwrap_or((place, ""));
            if bind_node(self.draft, node, place.span, self.findings) {
                let device = Spanned::new(device.to_owned(), place.span);
                let device = self.device(node, &device);
                list.extend(device.map(|device| (node.to_owned(), device)));
            }
        }
        let listens = spec.listen.as_ref().is_none_or(|l| l.value);
        if to.is_multicast() && list.is_empty() && listens && spec.join.is_none() {
            self.findings
                .error(to.span, "nobody joins the group")
                .hint("`join = [\"b:eth0\"]`, or `listen = false`");
        }
        list
    }

    fn tcp(&mut self, spec: &TcpSpec) -> Option<Traffic> {
        let number = self.count();
        let socket = self.socket(&spec.socket, spec.from.as_ref(), spec.to.as_ref());
        let to = spec.to.as_ref()?;
        let peer = spec.peer.as_ref().map_or(TcpPeer::Receive, |p| p.value);
        let from = spec.from.as_ref()?;
        let needed = peer != TcpPeer::Closed;
        let at = self.receiver(spec.at.as_ref(), to.value, to.span, needed, from)?;
        Some(Traffic::Tcp(Tcp {
            from: from.value.clone(),
            to: to.value,
            at,
            peer,
            sport: spec.sport.as_ref().map_or(FIRST_PORT + number, |p| p.0),
            dport: spec.dport.as_ref()?.0,
            bytes: spec.bytes.as_ref().map_or(1, |b| b.0),
            socket: socket?,
        }))
    }

    /// The node in which a receiver is opened.
    fn receiver(
        &mut self,
        at: Option<&Spanned<String>>,
        to: IpAddr,
        span: Span,
        needed: bool,
        from: &str,
    ) -> Option<String> {
        if let Some(at) = at {
            return bind_node(self.draft, at, at.span, self.findings).then(|| at.value.clone());
        }
        match owner(self.draft, to) {
            Some(node) => Some(node.to_owned()),
            // Nothing is opened there, so it does not matter where it is not.
            None if !needed => Some(from.to_owned()),
            None => {
                self.findings
                    .error(span, format!("no node has the address `{to}`"))
                    .hint("`at = \"NODE\"` names the node with the receiver");
                None
            }
        }
    }

    fn device(&mut self, node: &str, device: &Spanned<String>) -> Option<String> {
        let known = devices(self.draft, node);
        if known.contains(&device.as_str()) {
            return Some(device.value.clone());
        }
        let message = format!("node `{node}` has no device `{}`", device.value);
        self.findings
            .error(device.span, message)
            .suggest(device, &known);
        None
    }
}

/// What must become of a flow.
pub(crate) fn outcome(spec: &OutcomeSpec) -> Outcome {
    Outcome {
        reply: spec.reply.as_ref().map(|r| r.value),
        delivered: spec.delivered.as_ref().map(|d| d.value),
        error: spec.error.as_ref().map(|e| e.value.clone()),
    }
}

/// `udp h1 > 10.0.2.100:5000`.
fn describe(traffic: &Traffic) -> String {
    let (word, from) = (traffic.word(), traffic.from());
    let port = |to: IpAddr, port: u16| std::net::SocketAddr::new(to, port);
    match traffic {
        Traffic::Ping(ping) => format!("{word} {from} > {}", ping.to),
        Traffic::Udp(udp) => format!("{word} {from} > {}", port(udp.to, udp.dport)),
        Traffic::Tcp(tcp) => format!("{word} {from} > {}", port(tcp.to, tcp.dport)),
        Traffic::Keepalive(alive) => format!("{word} {from} > {}", port(alive.to, alive.dport)),
        Traffic::Exec(exec) => format!("{word} {from}: {}", exec.argv.join(" ")),
        Traffic::Again(again) => format!("{word} {from}:{}", again.device),
        Traffic::Raw(raw) => match &raw.how {
            RawHow::Device(device) => format!("{word} {from}:{device}"),
            RawHow::Routed { to, .. } => format!("{word} {from} > {to}"),
        },
        Traffic::Esp(esp) => format!("{word} {from} > {} {}", esp.state.dst, esp.state.name),
    }
}
