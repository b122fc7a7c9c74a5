//! Owns the resolving of objects that a step adds, deletes and flushes, apart from SAs and policies.

use super::{
    alter, devices,
    draft::{Draft, Findings},
    names::{self, bind_node},
    network,
    select::{Found, objects},
    sysctls,
};
use crate::{
    plan::{Device, Object, Sysctl, What},
    spec::{
        schema::{lines::EndLine, network::NodeSpec},
        source::Spanned,
    },
};

/// What `flush` knows beside SAs, policies and conntrack: the objects of the file, as selectors name their kind.
pub(super) const FLUSHED: [(&str, &str); 6] = [
    ("addresses", "address"),
    ("routes", "route"),
    ("rules", "rule"),
    ("neighbours", "neighbour"),
    ("devices", "device"),
    ("encap", "encap"),
];

/// What a node gets, in the order in which it can be made; what must be refused may be wrong.
pub(super) fn added(
    name: &str,
    spec: &NodeSpec,
    refused: bool,
    draft: &mut Draft,
    findings: &mut Findings,
) -> Vec<What> {
    let mut list = Vec::new();
    for (key, value) in spec.sysctl.iter().flat_map(|s| s.value.0.iter()) {
        list.push(What::Sysctl(Sysctl::new(key, value)));
    }
    let spd = network::spd(spec);
    list.extend(spd.default.map(What::SetDefault));
    for (v6, thresholds) in [(false, spd.hthresh4), (true, spd.hthresh6)] {
        list.extend(thresholds.map(|thresholds| What::SetHashThresholds { v6, thresholds }));
    }
    for made in devices::own(name, spec, findings) {
        let known = names::devices(draft, name);
        if known.contains(&made.name.as_str()) {
            let message = format!("node `{name}` has a device `{}` already", made.name);
            findings.error(made.span, message);
            continue;
        }
        if made.born.is_some() {
            findings
                .error(
                    made.span,
                    "a device that is added in a step is born where it is",
                )
                .hint("`move` takes it to another node");
        }
        if let Some(node) = draft.node_mut(name) {
            node.devices.push(made.clone());
        }
        devices::check_one(draft, name, &made, findings);
        list.extend(device(&made, spec));
    }
    let Some(index) = draft.nodes.iter().position(|n| n.name == name) else {
        return list;
    };
    for neighbour in spec.neighbours.iter().flat_map(|n| n.value.iter()) {
        list.push(What::Add(Object::Neighbour(neighbour.value.clone())));
        draft.nodes[index].neighbours.push(neighbour.clone());
        devices::check_neighbour(draft, name, neighbour, findings);
    }
    for route in spec.routes.iter().flat_map(|r| r.value.iter()) {
        list.push(What::Add(Object::Route(route.value.clone())));
        draft.nodes[index].routes.push(route.clone());
        if !refused {
            network::check_route(draft, name, route, findings);
        }
    }
    for rule in spec.rules.iter().flat_map(|r| r.value.iter()) {
        list.push(What::Add(Object::Rule(rule.value.clone())));
        draft.nodes[index].rules.push(rule.clone());
    }
    for socket in spec.encap.iter().flat_map(|e| e.value.0.iter()) {
        list.push(What::Add(Object::Encap(socket.value.clone())));
        draft.nodes[index].encap_sockets.push(socket.clone());
    }
    list
}

/// A device with what belongs to it.
fn device(made: &Device, spec: &NodeSpec) -> Vec<What> {
    let mut list = vec![What::Add(Object::Device(Box::new(made.clone())))];
    let bodies = spec.devices.iter().flat_map(|d| d.value.0.iter());
    for (_, body) in bodies.filter(|(name, _)| name.value == made.name) {
        list.extend(
            sysctls::of_device(&made.name, body)
                .map(|(key, value)| What::Sysctl(Sysctl::new(&key, &value))),
        );
    }
    list.extend(made.master.clone().map(|master| What::SetMaster {
        device: made.name.clone(),
        master,
    }));
    list.extend(made.addresses.iter().map(|address| {
        What::Add(Object::Address {
            device: made.name.clone(),
            address: address.clone(),
        })
    }));
    list.extend(made.up.then(|| What::Up(made.name.clone())));
    list
}

/// `NODE:DEVICE ADDRESS/PREFIX...`: addresses that a device gets.
pub(super) fn addresses(
    line: &Spanned<EndLine>,
    draft: &mut Draft,
    findings: &mut Findings,
) -> Vec<What> {
    if !bind_node(draft, &line.node, line.span, findings) {
        return Vec::new();
    }
    if line.mac.is_some() || line.addresses.is_empty() {
        findings
            .error(line.span, "a device gets addresses here, and nothing else")
            .hint("`NODE:DEVICE ADDRESS/PREFIX...`");
    }
    let Some(slot) = names::addresses_of(draft, &line.node, &line.device) else {
        let known = names::devices(draft, &line.node);
        let message = format!("node `{}` has no device `{}`", line.node, line.device);
        findings
            .error(line.span, message)
            .suggest(&line.device, &known);
        return Vec::new();
    };
    slot.extend(line.addresses.iter().cloned());
    let object = |address: &crate::plan::IfAddress| {
        What::Add(Object::Address {
            device: line.device.clone(),
            address: address.clone(),
        })
    };
    line.addresses.iter().map(object).collect()
}

/// What is deleted; the draft has it no more after the call. `None` for what a step cannot delete.
pub(super) fn deleted(found: Found, draft: &mut Draft) -> Option<What> {
    let node = &draft.nodes[found.node];
    let index = found.index;
    let object = match found.kind {
        "route" => Object::Route(node.routes[index].value.clone()),
        "rule" => Object::Rule(node.rules[index].value.clone()),
        "neighbour" => Object::Neighbour(node.neighbours[index].value.clone()),
        "device" => Object::Device(Box::new(node.devices[index].value.clone())),
        "encap" => Object::Encap(node.encap_sockets[index].value.clone()),
        "address" => {
            let (device, address) = names::addresses(draft, &node.name).nth(index)?;
            Object::Address {
                device: device.to_owned(),
                address: address.clone(),
            }
        }
        _ => return None,
    };
    alter::remove(draft, &[found]);
    Some(What::Delete(object))
}

/// Every object of one kind that a node has, deleted; the last one first.
pub(super) fn flushed(node: &str, kind: &'static str, draft: &mut Draft) -> Vec<What> {
    let all = objects(draft, node, kind);
    let all: Vec<Found> = all.into_iter().rev().map(|(found, _)| found).collect();
    let gone = all.into_iter();
    gone.filter_map(|found| deleted(found, draft)).collect()
}
