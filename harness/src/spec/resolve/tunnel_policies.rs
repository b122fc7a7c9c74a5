//! Owns the policies of a tunnel: those of both gateways for their networks.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    draft::{Draft, Findings},
    tunnels::{Side, reqid},
    via::{self, mode},
};
use crate::{
    names::Spi,
    plan::{Dir, Level, Lifetime, Mode, Policy, PolicyAction, Proto, Selector, Template},
    spec::{
        schema::sa::{TunnelBody, Via},
        source::Spanned,
    },
};

/// IP protocol number of GRE (RFC 2784).
const GRE: u8 = 47;

/// The policies of both gateways for every pair of networks of one family.
pub(super) fn policies(
    name: &str,
    tunnel: &TunnelBody,
    left: &Side<'_>,
    right: &Side<'_>,
    draft: &mut Draft,
    findings: &mut Findings,
) {
    let way = via::via(tunnel);
    let transport = mode(tunnel) == Mode::Transport;
    for (here, there) in [(left, right), (right, left)] {
        for net in &here.nets {
            let partner = there.nets.is_empty()
                || there
                    .nets
                    .iter()
                    .any(|n| n.addr().is_ipv4() == net.addr().is_ipv4());
            if transport && way != Via::Gre {
                let message = format!("network `{}` has no meaning in transport mode", net.value);
                findings
                    .error(net.span, message)
                    .hint("the outer addresses are its ends");
            } else if !partner {
                let message = format!(
                    "network `{}` has none of its family at `{}`",
                    net.value, there.name
                );
                findings.error(net.span, message);
            }
        }
        // The far end of transport mode is what is seen; a tunnel's inner addresses are nobody's NAT.
        let far = if transport { there.seen.0 } else { there.own.0 };
        for near in nets(here, here.own.0, transport, way) {
            for far in nets(there, far, transport, way) {
                if near.addr().is_ipv4() == far.addr().is_ipv4() {
                    pair(name, tunnel, here, there, (near, far), draft);
                }
            }
        }
    }
}

fn nets(side: &Side<'_>, alone: IpAddr, transport: bool, way: Via) -> Vec<IpNet> {
    if matches!(way, Via::Vti | Via::Xfrm) && !transport {
        return via::everything(&side.nets, alone);
    }
    if transport || side.nets.is_empty() {
        return vec![IpNet::from(alone)];
    }
    side.nets.iter().map(|n| n.value).collect()
}

/// `out`, `in` and, where packets can be forwarded after decapsulation, `fwd`.
fn pair(
    name: &str,
    tunnel: &TunnelBody,
    here: &Side<'_>,
    there: &Side<'_>,
    (near, far): (IpNet, IpNet),
    draft: &mut Draft,
) {
    let Some(node) = draft.node_mut(here.node) else {
        return;
    };
    let all = [Dir::Out, Dir::In, Dir::Fwd];
    let way = via::via(tunnel);
    // A VTI's device switches the check of forwarded packets off.
    let dirs = if mode(tunnel) == Mode::Transport || way == Via::Vti {
        &all[..2]
    } else {
        &all[..]
    };
    for dir in dirs {
        let out = *dir == Dir::Out;
        let (src, dst) = if out { (near, far) } else { (far, near) };
        let (outer_src, outer_dst) = if out {
            (here.own.0, there.seen.0)
        } else {
            (there.seen.0, here.own.0)
        };
        let policy = Policy {
            name: name.to_owned(),
            dir: *dir,
            selector: Selector {
                src,
                dst,
                proto: (way == Via::Gre).then_some(GRE),
                sport: None,
                dport: None,
                dev: None,
                uid: 0,
            },
            action: PolicyAction::Allow,
            priority: tunnel.priority.as_ref().map_or(0, |p| p.0),
            mark: via::mark(name, tunnel).map(|m| m.value),
            if_id: via::if_id(name, tunnel).map(|i| i.value),
            index: 0,
            templates: vec![Template {
                src: outer_src,
                dst: outer_dst,
                proto: tunnel.proto.as_ref().map_or(Proto::Esp, |p| p.value),
                spi: Spi(0),
                reqid: reqid(name, tunnel),
                mode: mode(tunnel),
                level: Level::Required,
            }],
            flags: Vec::new(),
            sub: false,
            lifetime: Lifetime::default(),
            ctx: None,
            offload: None,
            update: false,
            refused: None,
        };
        node.policies.push(Spanned::new(policy, tunnel.span));
    }
}
