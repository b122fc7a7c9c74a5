//! Owns the network half of resolving: nodes, devices, links, routes.

use super::{
    derive, devices,
    draft::{Draft, DraftNode, Findings},
    impair,
    names::{self, addresses, bind_node, owns},
    segment, sysctls,
};
use crate::{
    plan::{DefaultPolicy, End, Link, Offloads, PolicyAction, Route, RouteKind, SpdSettings},
    spec::{
        lint::Lint,
        schema::{
            file::FileSpec,
            lines::{EndLine, check_name},
            network::{LinkSpec, NodeSpec},
            spd::DefaultAction,
        },
        source::{Span, Spanned},
    },
};

/// Nodes with everything that names no other node.
pub(crate) fn nodes(spec: &FileSpec, draft: &mut Draft, findings: &mut Findings) {
    for (name, node) in spec.nodes.iter().flat_map(|n| n.value.0.iter()) {
        if let Err(wrong) = check_name(name, "node") {
            findings.error(name.span, wrong.message).hint = wrong.hint;
        }
        draft.nodes.push(DraftNode {
            name: name.value.clone(),
            sysctls: sysctls::settings(node),
            devices: devices::own(name, node, findings),
            neighbours: node
                .neighbours
                .iter()
                .flat_map(|n| n.value.clone())
                .collect(),
            rules: node.rules.iter().flat_map(|r| r.value.clone()).collect(),
            spd: spd(node),
            routes: node.routes.iter().flat_map(|r| r.value.clone()).collect(),
            encap_sockets: node.encap.iter().flat_map(|e| e.value.0.clone()).collect(),
            nft: node.nft.iter().flat_map(|n| n.value.0.clone()).collect(),
            iptables: node
                .iptables
                .iter()
                .flat_map(|t| t.value.0.clone())
                .collect(),
            ip6tables: node
                .ip6tables
                .iter()
                .flat_map(|t| t.value.0.clone())
                .collect(),
            ..DraftNode::default()
        });
    }
}

/// What holds for all policies of a node.
pub(super) fn spd(node: &NodeSpec) -> SpdSettings {
    let default = node.setdefault.as_ref().map(|d| {
        let action = |a: &Option<Spanned<DefaultAction>>| {
            a.as_ref().map_or(PolicyAction::Allow, |a| a.value.0)
        };
        DefaultPolicy {
            r#in: action(&d.r#in),
            fwd: action(&d.fwd),
            out: action(&d.out),
            refused: d.refused.as_ref().map(|r| r.value.0.clone()),
        }
    });
    SpdSettings {
        default,
        hthresh4: node.hthresh4.as_ref().map(|t| t.value.0.clone()),
        hthresh6: node.hthresh6.as_ref().map(|t| t.value.0.clone()),
    }
}

/// Links, each end bound to its node.
pub(crate) fn links(spec: &FileSpec, draft: &mut Draft, findings: &mut Findings) {
    let mut segments = 0;
    for link in spec.links.iter().flat_map(|l| l.value.iter()) {
        let Some(ends) = &link.ends else { continue };
        for end in &ends.list {
            bind_node(draft, &end.node, end.span, findings);
        }
        if ends.written < 2 {
            let message = format!("link has {} ends", ends.written);
            findings
                .error(ends.span, message)
                .hint("a link has two, a shared segment more");
        }
        if ends.written > 2 {
            segments += 1;
            segment::expand(link, ends, segments, draft, findings);
            continue;
        }
        if let Some(name) = &link.name {
            findings
                .error(name.span, "a link of two ends has no name")
                .hint("a shared segment of more ends has");
        }
        let [first, second] = ends.list.as_slice() else {
            continue;
        };
        impair::check_ends(link, &[&first.node, &second.node], findings);
        let ends = [
            self::end(link, first, findings),
            self::end(link, second, findings),
        ];
        let plan = Link {
            ends,
            mtu: link.mtu.as_ref().map(|m| m.0),
            refused: link.refused.as_ref().map(|r| r.value.0.clone()),
        };
        if plan.refused.is_some() {
            draft.refused_links.push(plan);
            continue;
        }
        draft.links.push(Spanned::new(
            plan,
            link.ends.as_ref().map_or(link.span, |e| e.span),
        ));
    }
    duplicates(spec, findings);
}

pub(crate) fn end(link: &LinkSpec, line: &EndLine, findings: &mut Findings) -> End {
    let mut masters = link.master_at.iter().flat_map(|m| m.value.0.iter());
    let master = masters.rfind(|(name, _)| name.value == line.node);
    End {
        node: line.node.clone(),
        device: line.device.clone(),
        mac: line
            .mac
            .unwrap_or_else(|| derive::mac(&line.node, &line.device)),
        addresses: line.addresses.clone(),
        master: master.map(|(_, m)| m.0.clone()),
        netem: impair::netem(link, &line.node, &line.device, findings),
        offloads: offloads(link, &line.node, findings).unwrap_or_default(),
    }
}

/// The offloads of the end in a node, as its own key says or else the link's.
pub(crate) fn offloads(link: &LinkSpec, node: &str, findings: &mut Findings) -> Option<Offloads> {
    let mut own = link.offloads_at.iter().flat_map(|o| o.value.0.iter());
    let (offloads, span) = match own.rfind(|(name, _)| name.value == node) {
        Some((name, offloads)) => (&offloads.0, name.span),
        None => link.offloads.as_ref().map(|o| (&o.value.0, o.span))?,
    };
    if let Offloads::Only(on) = offloads {
        for feature in on {
            for other in feature.needs().iter().filter(|other| !on.contains(other)) {
                let message = format!("`{}` needs `{}`", feature.word(), other.word());
                findings.error(span, message);
            }
        }
    }
    Some(offloads.clone())
}

/// Device names that a node has twice, and addresses that stand in two places.
fn duplicates(spec: &FileSpec, findings: &mut Findings) {
    let nodes = || spec.nodes.iter().flat_map(|n| n.value.0.iter());
    let own = nodes().flat_map(|(node, n)| {
        n.devices
            .iter()
            .flat_map(|d| d.value.0.iter())
            .map(move |(device, _)| (format!("{}:{}", node.value, device.value), device.span))
    });
    let ends = || {
        let links = spec.links.iter().flat_map(|l| l.value.iter());
        links
            .flat_map(|l| l.ends.iter())
            .flat_map(|e| e.list.iter())
    };
    let of_links = ends().map(|e| (format!("{}:{}", e.node, e.device), e.span));
    for (name, span, first) in twice(own.chain(of_links)) {
        findings
            .error(span, format!("device `{name}` is there twice"))
            .related(first, "first here");
    }
    let own = nodes().flat_map(|(_, n)| n.devices.iter().flat_map(|d| d.value.0.iter()));
    let own = own.flat_map(|(_, d)| d.addresses.iter().flat_map(|a| a.value.iter()));
    let own = own.map(|a| (a.address.to_string(), a.span));
    let of_links = ends().flat_map(|e| e.addresses.iter().map(|a| (a.address.to_string(), e.span)));
    for (address, span, first) in twice(own.chain(of_links)) {
        findings
            .lint(
                Lint::DuplicateAddress,
                span,
                format!("address `{address}` is there twice"),
            )
            .related(first, "first here");
    }
}

/// Names that came before, with the place of the first.
pub(crate) fn twice(
    names: impl Iterator<Item = (String, Span)>,
) -> impl Iterator<Item = (String, Span, Span)> {
    let mut seen = std::collections::HashMap::new();
    names.filter_map(move |(name, span)| match seen.entry(name) {
        std::collections::hash_map::Entry::Occupied(first) => {
            Some((first.key().clone(), span, *first.get()))
        }
        std::collections::hash_map::Entry::Vacant(slot) => {
            slot.insert(span);
            None
        }
    })
}

/// Routes against the addresses and devices of their node.
pub(crate) fn check_routes(draft: &Draft, findings: &mut Findings) {
    for node in &draft.nodes {
        for route in &node.routes {
            check_route(draft, &node.name, route, findings);
        }
    }
}

/// A route against the addresses and devices of its node.
pub(super) fn check_route(
    draft: &Draft,
    node: &str,
    route: &Spanned<Route>,
    findings: &mut Findings,
) {
    let link_dev = route.encap.as_ref().and_then(|e| e.link_dev.as_ref());
    for dev in route.dev.iter().chain(link_dev) {
        let known = names::devices(draft, node);
        if !known.contains(&dev.as_str()) {
            findings
                .error(route.span, format!("node `{node}` has no device `{dev}`"))
                .suggest(dev, &known);
            return;
        }
    }
    if let Some(src) = route.src
        && !owns(draft, node, src)
    {
        findings.error(
            route.span,
            format!("`src {src}` is not an address of node `{node}`"),
        );
    }
    let Some(via) = route.via else { return };
    let fits = |dev: &str| route.dev.as_deref().is_none_or(|d| d == dev);
    let connected = addresses(draft, node)
        .any(|(dev, a)| fits(dev) && a.net().is_some_and(|net| net.contains(&via)));
    let on_link = draft
        .nodes
        .iter()
        .filter(|n| n.name == node)
        .flat_map(|n| &n.routes)
        .any(|r| {
            let direct = r.via.is_none() && r.kind == RouteKind::Unicast;
            direct && r.dev.as_deref().is_some_and(fits) && r.dst.contains(&via)
        });
    let link_local =
        matches!(via, std::net::IpAddr::V6(a) if a.is_unicast_link_local()) && route.dev.is_some();
    let refused = route.refused.is_some();
    if !(connected || on_link || link_local || route.onlink || refused) {
        let message = format!("`via {via}` is in no network of node `{node}`");
        findings.lint(Lint::UnreachableVia, route.span, message);
    }
}
