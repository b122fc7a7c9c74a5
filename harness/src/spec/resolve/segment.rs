//! Owns links of more than two ends: a bridge in a node of its own, and a link from each end to it. So
//! what each end sends and receives is captured like that of any link.

use super::{
    derive,
    draft::{Draft, DraftNode, Findings},
    impair, network, sysctls,
};
use crate::{
    plan::{Device, DeviceKind, End, Link},
    spec::{
        schema::{
            lines::check_name,
            network::{Ends, LinkSpec, NodeSpec},
        },
        source::Spanned,
    },
};

/// Name of the bridge in the node of a segment.
const BRIDGE: &str = "br0";

/// Adds the node, its bridge and the links of the `number`th segment.
pub(crate) fn expand(
    link: &LinkSpec,
    ends: &Spanned<Ends>,
    number: usize,
    draft: &mut Draft,
    findings: &mut Findings,
) {
    let name = match &link.name {
        Some(name) => name.clone(),
        None => Spanned::new(format!("lan{number}"), ends.span),
    };
    if let Err(wrong) = check_name(&name, "segment") {
        findings.error(name.span, wrong.message).hint = wrong.hint;
        return;
    }
    if draft.nodes.iter().any(|n| n.name == name.value) {
        let message = format!("segment `{}` has the name of a node", name.value);
        findings.error(name.span, message).hint("`name = \"...\"`");
        return;
    }
    let mut nodes: Vec<&str> = ends.list.iter().map(|e| e.node.as_str()).collect();
    nodes.push(&name);
    impair::check_ends(link, &nodes, findings);
    let bridge = Device {
        name: BRIDGE.to_owned(),
        kind: DeviceKind::Bridge,
        mac: Some(derive::mac(&name, BRIDGE)),
        mtu: link.mtu.as_ref().map(|m| m.0),
        master: None,
        born: None,
        addresses: Vec::new(),
        up: true,
        refused: None,
    };
    draft.nodes.push(DraftNode {
        name: name.value.clone(),
        sysctls: sysctls::settings(&NodeSpec::default()),
        devices: vec![Spanned::new(bridge, name.span)],
        ..DraftNode::default()
    });
    let mut ports: Vec<String> = Vec::new();
    for line in &ends.list {
        let port = port(&line.node, &ports);
        ports.push(port.clone());
        let far = End {
            mac: derive::mac(&name, &port),
            netem: impair::netem(link, &name, &port, findings),
            node: name.value.clone(),
            device: port,
            addresses: Vec::new(),
            master: Some(BRIDGE.to_owned()),
            offloads: network::offloads(link, &name, findings).unwrap_or_default(),
        };
        let plan = Link {
            ends: [network::end(link, line, findings), far],
            mtu: link.mtu.as_ref().map(|m| m.0),
            refused: link.refused.as_ref().map(|r| r.value.0.clone()),
        };
        if plan.refused.is_some() {
            draft.refused_links.push(plan);
        } else {
            draft.links.push(Spanned::new(plan, line.span));
        }
    }
}

/// The port to a node has its name; a second one to the same node a number behind it.
fn port(node: &str, taken: &[String]) -> String {
    let free = |name: &String| !taken.contains(name) && !["lo", BRIDGE].contains(&name.as_str());
    let names = (2..).map(|n: usize| {
        let mut short = node.to_owned();
        short.truncate(12);
        format!("{short}{n}")
    });
    let mut names = std::iter::once(node.to_owned()).chain(names);
    names.find(free).expect("the numbers do not end")
}
