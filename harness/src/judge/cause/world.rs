//! Owns what the file says of a node, as far as causes need it: routes, devices, settings, templates.
//! It never says what happened.

use std::net::IpAddr;

use ipnet::IpNet;

use super::evidence::Evidence;
use crate::names::IfId;
use crate::plan::{
    DeviceKind, Dir, Node, Plan, Route, RouteKind, State, Template, Tunnel, TunnelKind, What,
};

/// The main routing table.
const MAIN: u32 = 254;

/// The address of an endpoint: `10.0.1.100`, or with a port behind it, `10.0.1.100.4500`.
pub(crate) fn address(endpoint: &str) -> Option<IpAddr> {
    let bare = || endpoint.rsplit_once('.').and_then(|(a, _)| a.parse().ok());
    endpoint.parse().ok().or_else(bare)
}

/// Devices of a node that are down in a step: made so, or set down since.
pub(crate) fn down(plan: &Plan, node: &str, step: u32) -> Vec<String> {
    let mut out: Vec<String> = plan
        .node(node)
        .iter()
        .flat_map(|n| n.devices.iter())
        .filter(|d| !d.up)
        .map(|d| d.name.clone())
        .collect();
    let steps = plan.steps.iter().take(step as usize + 1);
    for change in steps.flat_map(|s| &s.changes).filter(|c| c.node == node) {
        match &change.what {
            What::Down(device) => out.push(device.clone()),
            What::Up(device) => out.retain(|d| d != device),
            _ => {}
        }
    }
    out
}

/// The VTIs of a node.
pub(crate) fn vtis<'a>(plan: &'a Plan, node: &str) -> Vec<(&'a str, &'a Tunnel)> {
    let devices = plan.node(node).map_or(&[][..], |n| &n.devices);
    let vti = |d: &'a crate::plan::Device| match &d.kind {
        DeviceKind::Tunnel(t) if matches!(t.kind, TunnelKind::Vti | TunnelKind::Vti6) => {
            Some((d.name.as_str(), t))
        }
        _ => None,
    };
    devices.iter().filter_map(vti).collect()
}

/// Whether an XFRM interface of the node takes packets of this `if_id`.
pub(crate) fn has_interface(node: &Node, id: IfId) -> bool {
    node.devices.iter().any(|d| match &d.kind {
        DeviceKind::Xfrm {
            if_id, external, ..
        } => *external || *if_id == Some(id),
        _ => false,
    })
}

/// Value of a numeric setting of a node in a step.
pub(crate) fn sysctl(plan: &Plan, node: &str, step: u32, key: &str) -> Option<u32> {
    let first = plan.node(node)?.sysctls.iter();
    let steps = plan.steps.iter().take(step as usize + 1);
    let changes = steps.flat_map(|s| &s.changes).filter(|c| c.node == node);
    let later = changes.filter_map(|c| match &c.what {
        What::Sysctl(sysctl) => Some(sysctl),
        _ => None,
    });
    first
        .chain(later)
        .rfind(|s| s.key.replace('/', ".") == key)
        .and_then(|s| s.value.parse().ok())
}

/// The route of the file that a destination takes, connected networks aside.
pub(crate) fn route<'a>(plan: &'a Plan, node: &str, dst: IpAddr) -> Option<&'a Route> {
    let routes = plan.node(node)?.routes.iter();
    let best = routes
        .filter(|r| r.table == MAIN && r.dst.contains(&dst))
        .max_by_key(|r| r.dst.prefix_len())?;
    let connected = connected(plan, node, dst).map_or(0, |(_, prefix)| prefix);
    (best.dst.prefix_len() >= connected).then_some(best)
}

/// The device through which a node reaches an address.
pub(crate) fn device_to(plan: &Plan, node: &str, dst: IpAddr) -> Option<String> {
    match route(plan, node, dst) {
        Some(route) if route.kind != RouteKind::Unicast => None,
        Some(route) => match (&route.dev, route.via) {
            (Some(dev), _) => Some(dev.clone()),
            (None, via) => connected(plan, node, via?).map(|(device, _)| device),
        },
        None => connected(plan, node, dst).map(|(device, _)| device),
    }
}

/// The device on whose network an address is, and the length of that network's prefix.
fn connected(plan: &Plan, node: &str, dst: IpAddr) -> Option<(String, u8)> {
    let ends = plan.links.iter().flat_map(|l| &l.ends);
    let ends = ends
        .filter(|e| e.node == node)
        .map(|e| (&e.device, &e.addresses));
    let devices = plan.node(node)?.devices.iter();
    let devices = devices.map(|d| (&d.name, &d.addresses));
    let all = ends
        .chain(devices)
        .flat_map(|(name, list)| list.iter().map(move |a| (name, a)));
    let fits = all.filter(|(_, a)| {
        IpNet::new(a.address, a.prefix).is_ok_and(|network| network.contains(&dst))
    });
    fits.max_by_key(|(_, a)| a.prefix)
        .map(|(name, a)| (name.clone(), a.prefix))
}

/// In what the SA that opened a packet is not what the templates of its policies ask for.
pub(crate) fn template_in(e: &Evidence<'_>) -> Option<String> {
    let node = e.plan.node(e.node)?;
    let states: Vec<&State> = e.decoded_states().collect();
    // Policies of the other direction may fit, and were not asked.
    [Dir::Fwd, Dir::In].into_iter().find_map(|dir| {
        let policies = node.policies.iter().filter(|p| p.dir == dir);
        let templates = policies.flat_map(|p| p.templates.iter().map(move |t| (p.if_id, t)));
        let all = templates.flat_map(|(id, t)| states.iter().map(move |s| differs(id, t, s)));
        nearest(all)
    })
}

/// In what the SAs to a template's peer are not what the template asks for.
pub(crate) fn template_out(e: &Evidence<'_>) -> Option<String> {
    let node = e.plan.node(e.node)?;
    let policies = node.policies.iter().filter(|p| p.dir == Dir::Out);
    let templates = policies.flat_map(|p| p.templates.iter().map(move |t| (p.if_id, t)));
    let all = templates.flat_map(|(id, t)| {
        let near = node.states.iter().filter(|s| s.dst == t.dst);
        near.map(move |s| differs(id, t, s))
    });
    nearest(all)
}

/// Of several comparisons the one with the fewest differences; none where one has no difference.
fn nearest(all: impl Iterator<Item = Vec<String>>) -> Option<String> {
    let least = all.min_by_key(Vec::len)?;
    (!least.is_empty()).then(|| least.join(", "))
}

/// As `xfrm_state_ok` compares (`net/xfrm/xfrm_policy.c`, Linux 6.12).
fn differs(policy_if_id: Option<IfId>, template: &Template, state: &State) -> Vec<String> {
    let mut out = Vec::new();
    let mut compare = |what: &str, asked: String, has: String| {
        if asked != has {
            out.push(format!("{what} {has}, asked for {asked}"));
        }
    };
    compare(
        "protocol",
        template.proto.word().into(),
        state.proto.word().into(),
    );
    compare(
        "mode",
        template.mode.word().into(),
        state.mode.word().into(),
    );
    if template.reqid.0 != 0 {
        compare("reqid", template.reqid.to_string(), state.reqid.to_string());
    }
    if template.spi.0 != 0 {
        compare("SPI", template.spi.to_string(), state.spi.to_string());
    }
    if template.mode != crate::plan::Mode::Transport {
        for (what, asked, has) in [
            ("source address", template.src, state.src),
            ("destination address", template.dst, state.dst),
        ] {
            if !asked.is_unspecified() {
                compare(what, asked.to_string(), has.to_string());
            }
        }
    }
    if let Some(asked) = policy_if_id {
        let has = state
            .if_id
            .map_or_else(|| "none".to_owned(), |i| i.to_string());
        compare("if_id", asked.to_string(), has);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut State), expected: &str) {
        let text = include_str!("../../../../topologies/seeds/gateway-pair.toml");
        let source = crate::spec::Source::new("gateway-pair.toml", text);
        let document = crate::spec::parse(&source).unwrap();
        let plan = crate::spec::resolve(&document, None, &[]).unwrap();
        let node = plan.node("r2").unwrap();
        let template = node
            .policies
            .iter()
            .find(|p| p.dir == Dir::Fwd)
            .map(|p| p.templates[0].clone())
            .unwrap();
        let mut state = State {
            src: template.src,
            dst: template.dst,
            proto: template.proto,
            mode: template.mode,
            reqid: template.reqid,
            ..node.states[0].clone()
        };
        change(&mut state);
        assert_eq!(differs(None, &template, &state).join("; "), expected);
    }

    #[test]
    fn what_differs_is_told_apart() {
        check(|_| {}, "");
        check(
            |s| s.mode = crate::plan::Mode::Transport,
            "mode transport, asked for tunnel",
        );
        check(
            |s| s.proto = crate::plan::Proto::Ah,
            "protocol ah, asked for esp",
        );
    }

    #[test]
    fn endpoints_have_ports_or_not() {
        assert_eq!(address("10.0.1.100"), "10.0.1.100".parse().ok());
        assert_eq!(address("10.0.1.100.4500"), "10.0.1.100".parse().ok());
        assert_eq!(address("fd00::1.4500"), "fd00::1".parse().ok());
        assert_eq!(address("*"), None);
    }
}
