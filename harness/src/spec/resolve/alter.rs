//! Owns what a variant changes in, and leaves out of, the objects that its file became. It never adds one.

use super::{
    devices,
    draft::{Draft, DraftNode, Findings},
    impair, network, policies,
    select::{Found, select},
    states,
};
use crate::{
    plan::{IfAddress, Neighbour, Route, Rule, Sysctl},
    spec::{
        decode::{Decoder, FromToml, Patch},
        schema::{
            device::DeviceSpec,
            network::{LinkSpec, setting},
            transform::{PolicySpec, StateSpec},
            variant::VariantSpec,
        },
        source::{Source, Spanned},
        value::Value,
    },
};

/// Changes and removals, once everything is expanded.
pub(crate) fn alter(
    draft: &mut Draft,
    variant: &VariantSpec,
    sources: &[Source],
    findings: &mut Findings,
) {
    for (selector, raw) in variant.change.iter().flat_map(|c| c.value.0.iter()) {
        let found = select(draft, selector, findings);
        if let Some(first) = found.first()
            && first.kind == "address"
            && found.len() > 1
        {
            let message = format!("{} addresses cannot all become one", found.len());
            findings.error(selector.span, message);
            continue;
        }
        for found in found {
            let mut cx = Decoder::new(sources);
            change(draft, found, &raw.0.0, &mut cx, findings);
            findings.problems.list.append(&mut cx.problems.list);
        }
    }
    let mut gone = Vec::new();
    for selector in variant.remove.iter().flat_map(|r| r.value.iter()) {
        gone.extend(select(draft, selector, findings));
    }
    remove(draft, &gone);
}

/// Changes one object to what `value` says.
fn change(
    draft: &mut Draft,
    found: Found,
    value: &Value,
    cx: &mut Decoder<'_>,
    findings: &mut Findings,
) {
    /// Puts a new value where an object was.
    fn put<T: FromToml>(slot: &mut Spanned<T>, value: &Value, cx: &mut Decoder<'_>) {
        if let Some(new) = T::from_toml(value, cx) {
            *slot = Spanned::new(new, value.span);
        }
    }
    if found.kind == "link" {
        link(draft, found.index, value, cx, findings);
        return;
    }
    if found.kind == "address" {
        if let Some(new) = IfAddress::from_toml(value, cx)
            && let Some(slot) = addresses(draft, found.node).nth(found.index)
        {
            *slot = new;
        }
        return;
    }
    let node = &mut draft.nodes[found.node];
    let index = found.index;
    match found.kind {
        "state" => {
            if let Some(patch) = Patch::<StateSpec>::from_toml(value, cx) {
                states::apply(&mut node.states[index].value, &patch.0, findings);
            }
        }
        "policy" => {
            if let Some(patch) = Patch::<PolicySpec>::from_toml(value, cx) {
                policies::change(&mut node.policies[index].value, &patch.0, findings);
            }
        }
        "device" => {
            if let Some(patch) = Patch::<DeviceSpec>::from_toml(value, cx) {
                device(node, index, &patch.0, findings);
            }
        }
        "route" => put::<Route>(&mut node.routes[index], value, cx),
        "rule" => put::<Rule>(&mut node.rules[index], value, cx),
        "neighbour" => put::<Neighbour>(&mut node.neighbours[index], value, cx),
        "encap" => put(&mut node.encap_sockets[index], value, cx),
        "sysctl" => {
            if let Some(text) = setting(value, cx) {
                let slot = &mut node.sysctls[index].value;
                *slot = Sysctl::new(&slot.key, &text);
            }
        }
        "iptables" => put(&mut node.iptables[index], value, cx),
        "ip6tables" => put(&mut node.ip6tables[index], value, cx),
        _ => {
            put(&mut node.nft[index], value, cx);
        }
    }
}

fn device(node: &mut DraftNode, index: usize, spec: &DeviceSpec, findings: &mut Findings) {
    devices::change(&mut node.devices[index].value, spec, findings);
    let name = node.devices[index].name.clone();
    for (key, value) in super::sysctls::of_device(&name, spec) {
        let sysctl = Sysctl::new(&key, &value);
        node.sysctls.retain(|s| s.key != sysctl.key);
        node.sysctls.push(Spanned::new(sysctl, key.span));
    }
}

fn link(
    draft: &mut Draft,
    index: usize,
    value: &Value,
    cx: &mut Decoder<'_>,
    findings: &mut Findings,
) {
    let Some(Patch(spec)) = Patch::<LinkSpec>::from_toml(value, cx) else {
        return;
    };
    if let Some(ends) = &spec.ends {
        findings
            .error(ends.span, "the ends of a link cannot be changed")
            .hint("`set.\"links.0.ends.1\"`, or `change` its addresses");
    }
    if let Some(refused) = &spec.refused {
        findings
            .error(
                refused.span,
                "a link that is there cannot become one that is refused",
            )
            .hint("`set.\"links.0.refused\"`");
    }
    let link = &mut draft.links[index].value;
    let names: Vec<String> = link.ends.iter().map(|e| e.node.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    impair::check_ends(&spec, &names, findings);
    if let Some(mtu) = &spec.mtu {
        link.mtu = Some(mtu.0);
    }
    for end in &mut link.ends {
        if let Some(offloads) = network::offloads(&spec, &end.node, findings) {
            end.offloads = offloads;
        }
        if let Some(netem) = impair::netem(&spec, &end.node, &end.device, findings) {
            end.netem = Some(netem);
        }
        let mut masters = spec.master_at.iter().flat_map(|m| m.value.0.iter());
        if let Some((_, master)) = masters.rfind(|(name, _)| name.value == end.node) {
            end.master = Some(master.0.clone());
        }
    }
}

/// Addresses of a node, those of its link ends first, as selectors number them.
fn addresses(draft: &mut Draft, node: usize) -> impl Iterator<Item = &mut IfAddress> {
    lists(draft, node).flatten()
}

fn lists(draft: &mut Draft, node: usize) -> impl Iterator<Item = &mut Vec<IfAddress>> {
    let Draft { nodes, links, .. } = draft;
    let (name, devices) = match nodes.get_mut(node) {
        Some(node) => (node.name.clone(), node.devices.as_mut_slice()),
        None => (String::new(), [].as_mut_slice()),
    };
    let ends = links.iter_mut().flat_map(|l| l.value.ends.iter_mut());
    let ends = ends.filter(move |e| e.node == name);
    ends.map(|e| &mut e.addresses)
        .chain(devices.iter_mut().map(|d| &mut d.value.addresses))
}

/// Takes objects out of a draft.
pub(super) fn remove(draft: &mut Draft, gone: &[Found]) {
    /// Keeps what is not named; `index` numbers what was looked at.
    fn drop_from<T>(list: &mut Vec<T>, index: &mut usize, gone: impl Fn(usize) -> bool) {
        list.retain(|_| {
            *index += 1;
            !gone(*index - 1)
        });
    }
    for node in 0..draft.nodes.len() {
        let is =
            |kind: &'static str| move |index: usize| gone.contains(&Found { node, kind, index });
        let mut seen = 0;
        for list in lists(draft, node) {
            drop_from(list, &mut seen, is("address"));
        }
        let body = &mut draft.nodes[node];
        drop_from(&mut body.states, &mut 0, is("state"));
        drop_from(&mut body.policies, &mut 0, is("policy"));
        drop_from(&mut body.routes, &mut 0, is("route"));
        drop_from(&mut body.rules, &mut 0, is("rule"));
        drop_from(&mut body.neighbours, &mut 0, is("neighbour"));
        drop_from(&mut body.encap_sockets, &mut 0, is("encap"));
        drop_from(&mut body.sysctls, &mut 0, is("sysctl"));
        drop_from(&mut body.devices, &mut 0, is("device"));
        drop_from(&mut body.nft, &mut 0, is("nft"));
        drop_from(&mut body.iptables, &mut 0, is("iptables"));
        drop_from(&mut body.ip6tables, &mut 0, is("ip6tables"));
    }
    drop_from(&mut draft.links, &mut 0, |index| {
        gone.iter().any(|f| f.kind == "link" && f.index == index)
    });
}
