//! Owns the expansion of `tunnels`: one table to the states and encapsulation sockets of two gateways, and to
//! what `tunnel_policies.rs` and `via.rs` make of it.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    derive,
    draft::{Draft, Findings},
    names::{addresses, bind_node, family, owns},
    states::{any, apply, blank, check_word},
    tunnel_policies,
    via::{self, mode},
};
use crate::{
    names::Reqid,
    plan::{EncapSocket, Mode, Proto},
    spec::{
        decode::FromTable as _,
        diagnostic::list_words,
        lint::Lint,
        schema::{
            encap::EncapLine,
            file::FileSpec,
            sa::{TunnelBody, TunnelEnd},
            transform::{AlgSpec, AlgTable, StateSpec},
        },
        source::{Span, Spanned},
    },
};

/// Networks behind one gateway: each pair of networks makes six policies.
const MAX_NETS: usize = 64;

/// One gateway as an SA needs it: as it is, and as the other one sees it.
pub(super) struct Side<'s> {
    pub(super) name: &'s str,
    pub(super) node: &'s str,
    pub(super) own: (IpAddr, u16),
    pub(super) seen: (IpAddr, u16),
    pub(super) nets: Vec<Spanned<IpNet>>,
}

/// A tunnel between two gateways, whichever table describes it.
pub(crate) struct Pair<'s> {
    pub(crate) name: &'s Spanned<String>,
    pub(crate) body: &'s TunnelBody,
    /// What the names of the SAs call the ends, and the ends.
    pub(crate) left: (&'s str, &'s Spanned<TunnelEnd>),
    pub(crate) right: (&'s str, &'s Spanned<TunnelEnd>),
    /// What stands before `LEFT>RIGHT` in the names of the SAs.
    pub(crate) sa: &'s str,
    /// What differs in the SAs from left to right, and from right to left.
    pub(crate) differs: [Option<&'s StateSpec>; 2],
}

/// Expands all tunnels.
pub(crate) fn expand(spec: &FileSpec, draft: &mut Draft, findings: &mut Findings) {
    for (name, tunnel) in spec.tunnels.iter().flat_map(|t| t.value.0.iter()) {
        if !check_word(name, "name of a tunnel", name.span, findings) {
            continue;
        }
        let (Some(left), Some(right)) = (&tunnel.left, &tunnel.right) else {
            continue;
        };
        let pair = Pair {
            name,
            body: &tunnel.body,
            left: ("left", left),
            right: ("right", right),
            sa: name,
            differs: [&tunnel.left_right, &tunnel.right_left]
                .map(|patch| patch.as_ref().map(|p| &p.value.0)),
        };
        expand_pair(&pair, draft, findings);
    }
}

/// Expands one tunnel.
pub(crate) fn expand_pair(pair: &Pair<'_>, draft: &mut Draft, findings: &mut Findings) {
    let (name, tunnel) = (pair.name, pair.body);
    let encap = tunnel.encap.as_ref();
    let left = side(pair.left, encap.map(|p| p.sport), draft, findings);
    let right = side(pair.right, encap.map(|p| p.dport), draft, findings);
    let (Some(left), Some(right)) = (left, right) else {
        return;
    };
    if left.own.0.is_ipv4() != right.own.0.is_ipv4() {
        let span = pair.right.1.outer.as_ref().map_or(name.span, |o| o.span);
        let (l, r) = (family(left.own.0), family(right.own.0));
        let message = format!("`{}` is {l} outside, `{}` is {r}", left.name, right.name);
        findings.error(span, message);
        return;
    }
    draft
        .pairs
        .push((left.node.to_owned(), right.node.to_owned()));
    states(pair, &left, &right, draft, findings);
    tunnel_policies::policies(name, tunnel, &left, &right, draft, findings);
    for (end, here, there) in [(pair.left.1, &left, &right), (pair.right.1, &right, &left)] {
        let gateway = via::Gateway {
            node: here.node,
            outer: here.own.0,
            peer: there.seen.0,
            nets: &there.nets,
        };
        via::device(name, tunnel, end, &gateway, draft, findings);
    }
    if tunnel.encap.is_some() {
        sockets(&left, name.span, draft);
        sockets(&right, name.span, draft);
    }
}

fn side<'s>(
    (name, end): (&'s str, &'s Spanned<TunnelEnd>),
    port: Option<u16>,
    draft: &Draft,
    findings: &mut Findings,
) -> Option<Side<'s>> {
    let node = end.node.as_ref();
    let bound = node.is_some_and(|n| bind_node(draft, n, n.span, findings));
    let (node, outer) = (node?, end.outer.as_ref()?);
    if bound && !owns(draft, node, outer.value) {
        let known: Vec<String> = addresses(draft, node)
            .map(|(_, a)| a.address.to_string())
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let message = format!(
            "`{}` is not an address of node `{}`",
            outer.value, node.value
        );
        let problem = findings.lint(Lint::ForeignOuter, outer.span, message);
        if !known.is_empty() {
            problem.hint(format!("it has {}", list_words(&known)));
        }
    }
    let mut seen = (outer.value, port.unwrap_or(0));
    if let Some(given) = &end.seen_as {
        if given.address.is_ipv4() != outer.is_ipv4() {
            let message = format!(
                "`seen_as` is {}, `outer` is {}",
                family(given.address),
                family(outer.value)
            );
            findings.error(given.span, message);
        }
        if given.port.is_some() && port.is_none() {
            findings.error(
                given.span,
                "`seen_as` has a port, but the tunnel has no `encap`",
            );
        }
        seen = (given.address, given.port.unwrap_or(seen.1));
    }
    let mut nets = end
        .nets
        .as_ref()
        .map(|n| n.value.clone())
        .unwrap_or_default();
    if nets.len() > MAX_NETS {
        let message = format!(
            "{} networks at `{name}` are more than {MAX_NETS}",
            nets.len()
        );
        findings.error(nets[MAX_NETS].span, message);
        nets.truncate(MAX_NETS);
    }
    bound.then_some(Side {
        name,
        node,
        own: (outer.value, port.unwrap_or(0)),
        seen,
        nets,
    })
}

/// The SA of one direction at both gateways, for both directions.
fn states(
    pair: &Pair<'_>,
    left: &Side<'_>,
    right: &Side<'_>,
    draft: &mut Draft,
    findings: &mut Findings,
) {
    let (name, tunnel) = (pair.name, pair.body);
    // An SA without a selector takes the family of its outer addresses for that of the inner ones
    // (xfrm_init_state() in net/xfrm/xfrm_state.c), unless it is told to take any.
    let nets = || left.nets.iter().chain(&right.nets);
    let other = nets().any(|n| n.addr().is_ipv4() != left.own.0.is_ipv4());
    let any_family = other && mode(tunnel) != Mode::Transport;
    let [there, back] = pair.differs;
    for (from, to, patch) in [(left, right, there), (right, left, back)] {
        let sa = format!("{}:{}>{}", pair.sa, from.name, to.name);
        // What each gateway knows: its own address as it is, the other's as it is seen.
        let views = [(from.node, from.own, to.seen), (to.node, from.seen, to.own)];
        for (node, src, dst) in views {
            let mut state = blank(sa.clone(), src.0, dst.0, derive::spi(&sa));
            state.reqid = reqid(name, tunnel);
            state.mode = mode(tunnel);
            state.replay_window = 32;
            let mut spec = fields(name, tunnel);
            if let Some(encap) = &tunnel.encap {
                let line = EncapLine {
                    sport: src.1,
                    dport: dst.1,
                    ..encap.value
                };
                spec.encap = Some(Spanned::new(line, encap.span));
            }
            if let Some(patch) = patch {
                spec.overlay(patch.clone());
            }
            apply(&mut state, &spec, findings);
            if any_family
                && state.selector.is_none()
                && !state.flags.iter().any(|f| f == "af-unspec")
            {
                state.flags.push("af-unspec".to_owned());
            }
            if let Some(node) = draft.node_mut(node) {
                node.states.push(Spanned::new(state, tunnel.span));
            }
        }
    }
}

/// What a tunnel says about its states.
fn fields(name: &str, tunnel: &TunnelBody) -> StateSpec {
    let bare = tunnel.enc.is_none() && tunnel.auth.is_none() && tunnel.auth_trunc.is_none();
    let esp = tunnel.proto.as_ref().is_none_or(|p| p.value == Proto::Esp);
    let default = || {
        let alg = Some(Spanned::new("rfc4106(gcm(aes))".to_owned(), tunnel.span));
        Spanned::new(
            AlgSpec(AlgTable {
                span: tunnel.span,
                alg,
                ..AlgTable::default()
            }),
            tunnel.span,
        )
    };
    StateSpec {
        span: tunnel.span,
        proto: tunnel.proto.clone(),
        aead: tunnel.aead.clone().or_else(|| (bare && esp).then(default)),
        enc: tunnel.enc.clone(),
        auth: tunnel.auth.clone(),
        auth_trunc: tunnel.auth_trunc.clone(),
        mark: via::mark(name, tunnel),
        output_mark: tunnel.output_mark.clone(),
        if_id: via::if_id(name, tunnel),
        replay_window: tunnel.replay_window.clone(),
        flag: tunnel.flag.clone(),
        ..StateSpec::default()
    }
}

pub(super) fn reqid(name: &str, tunnel: &TunnelBody) -> Reqid {
    tunnel
        .reqid
        .as_ref()
        .map_or_else(|| derive::reqid(name), |r| r.value)
}

/// The socket without which a gateway takes ESP in UDP for plain UDP.
fn sockets(side: &Side<'_>, span: Span, draft: &mut Draft) {
    let socket = EncapSocket {
        address: any(side.own.0),
        port: side.own.1,
        refused: None,
    };
    if let Some(node) = draft.node_mut(side.node)
        && !node.encap_sockets.iter().any(|s| s.value == socket)
    {
        node.encap_sockets.push(Spanned::new(socket, span));
    }
}
