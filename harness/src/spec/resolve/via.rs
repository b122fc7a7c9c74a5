//! Owns what a tunnel through a device adds to its gateways: the device, its routes and
//! settings, and the mark or interface id that ties policies and states to it.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::{
    derive,
    draft::{Draft, Findings},
};
use crate::{
    names::{IfId, Mark},
    plan::{Device, DeviceKind, IfAddress, Mode, Route, RouteKind, Sysctl, Tunnel, TunnelKind},
    spec::{
        schema::{
            lines::check_name,
            sa::{TunnelBody, TunnelEnd, Via},
        },
        source::{Span, Spanned},
    },
};

/// Which way packets take into a tunnel.
pub(crate) fn via(tunnel: &TunnelBody) -> Via {
    tunnel.via.as_ref().map_or(Via::Policy, |v| v.value)
}

/// Mode of states and templates: GRE brings addresses of its own, the rest makes them.
pub(crate) fn mode(tunnel: &TunnelBody) -> Mode {
    let default = if via(tunnel) == Via::Gre {
        Mode::Transport
    } else {
        Mode::Tunnel
    };
    tunnel.mode.as_ref().map_or(default, |m| m.value)
}

/// The mark of policies and states: with a VTI its key.
pub(crate) fn mark(name: &str, tunnel: &TunnelBody) -> Option<Spanned<Mark>> {
    let key = || {
        let value = derive::reqid(name).0;
        Spanned::new(
            Mark {
                value,
                mask: u32::MAX,
            },
            tunnel.span,
        )
    };
    tunnel
        .mark
        .clone()
        .or_else(|| (via(tunnel) == Via::Vti).then(key))
}

/// The interface id of policies and states.
pub(crate) fn if_id(name: &str, tunnel: &TunnelBody) -> Option<Spanned<IfId>> {
    let own = || Spanned::new(IfId(derive::reqid(name).0), tunnel.span);
    tunnel
        .if_id
        .clone()
        .or_else(|| (via(tunnel) == Via::Xfrm).then(own))
}

/// Networks of the policies where routes choose: everything, in the families that are routed.
pub(crate) fn everything(nets: &[Spanned<IpNet>], outer: IpAddr) -> Vec<IpNet> {
    let v4 = nets.iter().any(|n| n.addr().is_ipv4()) || (nets.is_empty() && outer.is_ipv4());
    let v6 = nets.iter().any(|n| n.addr().is_ipv6()) || (nets.is_empty() && outer.is_ipv6());
    let v4 = v4.then(|| IpNet::from(Ipv4Net::default()));
    let v6 = v6.then(|| IpNet::from(Ipv6Net::default()));
    v4.into_iter().chain(v6).collect()
}

/// One gateway, as its device needs it.
pub(crate) struct Gateway<'s> {
    pub(crate) node: &'s str,
    pub(crate) outer: IpAddr,
    /// The other gateway, as this one sees it.
    pub(crate) peer: IpAddr,
    /// Networks behind the other gateway.
    pub(crate) nets: &'s [Spanned<IpNet>],
}

/// Adds the device of a tunnel to one gateway, with its addresses and routes.
pub(crate) fn device(
    name: &Spanned<String>,
    tunnel: &TunnelBody,
    end: &TunnelEnd,
    gateway: &Gateway<'_>,
    draft: &mut Draft,
    findings: &mut Findings,
) {
    let Some(kind) = kind(name, tunnel, gateway) else {
        unused(end, findings);
        return;
    };
    let device = end.dev.as_ref().unwrap_or(name);
    if let Err(wrong) = check_name(device, "device") {
        findings.error(device.span, wrong.message).hint = wrong.hint;
        return;
    }
    let vti = via(tunnel) == Via::Vti;
    let addresses: Vec<IfAddress> = end
        .addresses
        .iter()
        .flat_map(|a| a.value.iter())
        .map(|a| a.value.clone())
        .collect();
    let Some(node) = draft.node_mut(gateway.node) else {
        return;
    };
    if node.devices.iter().any(|d| d.name == device.value) {
        let message = format!("device `{}:{}` is there twice", gateway.node, device.value);
        findings
            .error(device.span, message)
            .hint("`dev = \"NAME\"` at this end of the tunnel");
        return;
    }
    let span: Span = name.span;
    for net in gateway.nets {
        node.routes
            .push(Spanned::new(route(net.value, device), span));
    }
    if vti {
        // Decapsulated packets meet the `in` policies with the key as their mark. The check of forwarding would
        // look for policies with the packet's own mark, and find none.
        for family in ["ipv4", "ipv6"] {
            let wanted = |net: &IpNet| net.addr().is_ipv6() == (family == "ipv6");
            if family == "ipv4" || gateway.nets.iter().any(|n| wanted(&n.value)) {
                let key = format!("net.{family}.conf.{}.disable_policy", device.value);
                node.sysctls
                    .push(Spanned::new(Sysctl::new(&key, "1"), span));
            }
        }
    }
    node.devices.push(Spanned::new(
        Device {
            name: device.value.clone(),
            kind,
            mac: None,
            mtu: None,
            master: None,
            born: None,
            addresses,
            up: true,
            refused: None,
        },
        span,
    ));
}

fn kind(name: &str, tunnel: &TunnelBody, gateway: &Gateway<'_>) -> Option<DeviceKind> {
    let v6 = gateway.outer.is_ipv6();
    let ends = |kind, key: Option<u32>| {
        DeviceKind::Tunnel(Tunnel {
            kind,
            local: Some(gateway.outer),
            remote: Some(gateway.peer),
            dev: None,
            ikey: key,
            okey: key,
            fwmark: None,
            ttl: None,
            tos: None,
            pmtudisc: None,
        })
    };
    Some(match via(tunnel) {
        Via::Policy => return None,
        Via::Vti => {
            let kind = if v6 {
                TunnelKind::Vti6
            } else {
                TunnelKind::Vti
            };
            ends(kind, mark(name, tunnel).map(|m| m.value.value))
        }
        Via::Xfrm => DeviceKind::Xfrm {
            if_id: if_id(name, tunnel).map(|i| i.value),
            dev: None,
            external: false,
        },
        Via::Gre => {
            let kind = if v6 {
                TunnelKind::Ip6gre
            } else {
                TunnelKind::Gre
            };
            ends(kind, None)
        }
    })
}

fn unused(end: &TunnelEnd, findings: &mut Findings) {
    let dev = end.dev.as_ref().map(|d| ("dev", d.span));
    let addresses = end.addresses.as_ref().map(|a| ("addresses", a.span));
    for (key, span) in dev.into_iter().chain(addresses) {
        findings.error(span, format!("`{key}` needs a tunnel with `via`"));
    }
}

fn route(dst: IpNet, device: &str) -> Route {
    Route {
        kind: RouteKind::Unicast,
        dst,
        via: None,
        dev: Some(device.to_owned()),
        src: None,
        table: 254,
        metric: None,
        mtu: None,
        onlink: false,
        scope: None,
        encap: None,
        refused: None,
    }
}
