//! Owns the resolving of traffic: every flow bound to its nodes, its receiver found, its
//! bytes or keys ready. It never looks at expectations other than a flow's own.

use std::net::IpAddr;

use super::{
    draft::{Draft, Findings},
    names::{addresses, bind_node, devices, family, owner, owns},
    packet, policies,
};
use crate::{
    plan::{
        Again, Datagram, Dir, EspFlow, Flow, Keepalive, Outcome, Ping, Policy, Proto, Raw, RawHow,
        SocketOptions, State, Tcp, TcpPeer, Traffic, Udp, Wrong,
    },
    spec::{
        schema::{
            traffic::{
                AgainSpec, AhSpec, EspSpec, KeepaliveSpec, OutcomeSpec, PingSpec, RawSpec,
                SocketSpec, TcpSpec, TrafficSpec, UdpSpec, numbers,
            },
            transform::PolicySpec,
        },
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

    fn raw(&mut self, spec: &RawSpec) -> Option<Traffic> {
        self.count();
        let from = spec.from.as_ref()?;
        if !bind_node(self.draft, from, from.span, self.findings) {
            return None;
        }
        let (how, bytes) = if let Some(device) = &spec.device {
            self.device(from, device)?;
            let Some(hex) = &spec.hex else {
                let message = "a frame at a device needs `hex`";
                self.findings.error(device.span, message);
                return None;
            };
            (RawHow::Device(device.value.clone()), hex.0.clone())
        } else {
            let bytes = packet::of_fields(spec, from.span, self.findings)?;
            let Some(to) = packet::destination(&bytes) else {
                let span = spec.hex.as_ref().map_or(from.span, |h| h.span);
                let message = "the bytes are no IP packet";
                self.findings
                    .error(span, message)
                    .hint("`device` sends them as a frame");
                return None;
            };
            let mark = spec.mark.as_ref().map_or(0, |m| m.0);
            (RawHow::Routed { to, mark }, bytes)
        };
        Some(Traffic::Raw(Raw {
            from: from.value.clone(),
            count: spec.count.as_ref().map_or(1, |c| c.0),
            how,
            bytes,
        }))
    }

    fn keepalive(&mut self, spec: &KeepaliveSpec) -> Option<Traffic> {
        self.count();
        let (from, to) = (spec.from.as_ref()?, spec.to.as_ref()?);
        if !bind_node(self.draft, from, from.span, self.findings) {
            return None;
        }
        let sport = spec.sport.as_ref().map_or(NAT_PORT, |p| p.0);
        let sockets = self.draft.nodes.iter().filter(|n| n.name == from.value);
        let mut sockets = sockets.flat_map(|n| &n.encap_sockets);
        if !sockets.any(|s| s.port == sport && (s.address.is_ipv6() || to.is_ipv4())) {
            let message = format!(
                "node `{}` has no encapsulation socket on port {sport} for {}",
                from.value,
                family(to.value)
            );
            self.findings.error(from.span, message);
        }
        Some(Traffic::Keepalive(Keepalive {
            from: from.value.clone(),
            to: to.value,
            sport,
            dport: spec.dport.as_ref().map_or(NAT_PORT, |p| p.0),
            count: spec.count.as_ref().map_or(1, |c| c.0),
        }))
    }

    fn again(&mut self, spec: &AgainSpec) -> Option<Traffic> {
        self.count();
        let place = spec.from.as_ref()?;
        let (node, device) = place.split_once(':').unwrap_or((place, ""));
        if !bind_node(self.draft, node, place.span, self.findings) {
            return None;
        }
        let device = Spanned::new(device.to_owned(), place.span);
        Some(Traffic::Again(Again {
            from: node.to_owned(),
            device: self.device(node, &device)?,
            packets: numbers(spec.packet.as_ref()),
        }))
    }

    /// Packets of an SA, made by the harness.
    fn sealed(&mut self, spec: &EspSpec, proto: Proto) -> Option<Traffic> {
        let number = self.count();
        let (from, sa) = (spec.from.as_ref()?, spec.sa.as_ref()?);
        if !bind_node(self.draft, from, from.span, self.findings) {
            return None;
        }
        let state = self.sa(from, sa)?;
        if state.proto != proto {
            let (is, other) = (state.proto.word(), proto.word());
            let message = format!("SA `{}` is of {is}, not of {other}", sa.value);
            self.findings.error(sa.span, message);
            return None;
        }
        if let (Proto::Ah, Some(wrong)) = (proto, &spec.wrong)
            && matches!(wrong.value, Wrong::Padding | Wrong::PadLength)
        {
            self.findings
                .error(wrong.span, "AH has no padding that could be wrong")
                .hint("`icv`, `next-header`, `spi` or `truncated`");
        }
        let inner = spec.inner.as_ref().map(|i| i.value.clone());
        let inner = inner.unwrap_or_default();
        let inner = Datagram {
            src: inner.src.map_or(state.src, |a| a.value),
            dst: inner.dst.as_ref().map_or(state.dst, |a| a.value),
            sport: inner.sport.map_or(FIRST_PORT + number, |p| p.0),
            dport: inner.dport.map_or(9, |p| p.0),
            size: inner.size.map_or(56, |s| s.0),
        };
        if inner.src.is_ipv4() != inner.dst.is_ipv4() {
            let message = "`inner` has addresses of two families";
            self.findings.error(sa.span, message);
            return None;
        }
        let at = self.receiver(spec.at.as_ref(), inner.dst, sa.span, true, from)?;
        Some(Traffic::Esp(Box::new(EspFlow {
            from: from.value.clone(),
            seqs: numbers(spec.seq.as_ref()),
            wrong: spec.wrong.as_ref().map(|w| w.value),
            state,
            inner,
            at,
        })))
    }

    /// The SA of that name as the sender has it, or else as any node has it.
    fn sa(&mut self, from: &str, name: &Spanned<String>) -> Option<State> {
        let all = || {
            self.draft
                .nodes
                .iter()
                .flat_map(|n| n.states.iter().map(move |s| (n.name.as_str(), &s.value)))
        };
        let called = || all().filter(|(_, s)| s.name == name.value);
        let found = called()
            .find(|(node, _)| *node == from)
            .or_else(|| called().next());
        if let Some((_, state)) = found {
            return Some(state.clone());
        }
        let mut known: Vec<&str> = all().map(|(_, s)| s.name.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        self.findings
            .error(name.span, format!("no SA `{}`", name.value))
            .suggest(name, &known);
        None
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

    /// The policies of a socket.
    fn policies(
        &mut self,
        spec: Option<&Spanned<Vec<Spanned<PolicySpec>>>>,
        v6: bool,
    ) -> Vec<Policy> {
        let mut list = Vec::new();
        for spec in spec.into_iter().flat_map(|p| p.value.iter()) {
            let Some(policy) = policies::policy(spec, self.findings) else {
                continue;
            };
            // setsockopt() takes a policy and its templates; there is no place for attributes.
            let beyond = [
                (policy.mark.is_some(), "mark"),
                (policy.if_id.is_some(), "if_id"),
                (policy.sub, "ptype"),
                (policy.selector.dev.is_some(), "dev"),
                (policy.ctx.is_some(), "ctx"),
                (policy.offload.is_some(), "offload"),
                (policy.update, "update"),
                (policy.dir == Dir::Fwd, "dir = \"fwd\""),
            ];
            for (_, key) in beyond.into_iter().filter(|(is, _)| *is) {
                let message = format!("a socket's policy has no `{key}`");
                self.findings.error(spec.span, message);
            }
            list.push(policies::of_family(policy, v6));
        }
        list
    }

    /// Checks where a flow comes from and goes to; `None` where the sender is no node.
    fn socket(
        &mut self,
        spec: &SocketSpec,
        from: Option<&Spanned<String>>,
        to: Option<&Spanned<IpAddr>>,
    ) -> Option<SocketOptions> {
        let from = from?;
        if !bind_node(self.draft, from, from.span, self.findings) {
            return None;
        }
        let to = to?;
        if let Some(src) = &spec.src {
            if src.is_ipv4() != to.is_ipv4() {
                let message = format!(
                    "`src` is {}, `to` is {}",
                    family(src.value),
                    family(to.value)
                );
                self.findings.error(src.span, message);
            } else if !owns(self.draft, from, src.value) {
                let message = format!("`{}` is not an address of node `{}`", src.value, from.value);
                self.findings.error(src.span, message);
            }
        } else if !addresses(self.draft, from).any(|(_, a)| a.address.is_ipv4() == to.is_ipv4()) {
            let message = format!(
                "`to` is {}, but node `{}` has no such address",
                family(to.value),
                from.value
            );
            self.findings.error(to.span, message);
        }
        let device = match &spec.device {
            Some(device) => Some(self.device(from, device)?),
            None => None,
        };
        Some(SocketOptions {
            src: spec.src.as_ref().map(|s| s.value),
            mark: spec.mark.as_ref().map_or(0, |m| m.0),
            ttl: spec.ttl.as_ref().map(|t| t.0),
            tos: spec.tos.as_ref().map(|t| t.0),
            df: spec.df.as_ref().map(|d| d.value),
            device,
            policies: self.policies(spec.policies.as_ref(), to.is_ipv6()),
        })
    }
}

/// The keys of AH are those of ESP.
fn as_esp(spec: &AhSpec) -> EspSpec {
    EspSpec {
        from: spec.from.clone(),
        sa: spec.sa.clone(),
        seq: spec.seq.clone(),
        inner: spec.inner.clone(),
        at: spec.at.clone(),
        wrong: spec.wrong.clone(),
        ..EspSpec::default()
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
