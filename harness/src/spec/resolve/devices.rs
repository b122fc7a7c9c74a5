//! Owns the resolving of devices: which keys belong to which type, and the nodes and devices
//! that they name. It never touches links.

use std::net::IpAddr;

use super::{
    derive,
    draft::{Draft, Findings},
    names::{bind_node, devices},
};
use crate::{
    plan::{Device, DeviceKind, Neighbour, Tunnel, TunnelKind},
    spec::{
        diagnostic::list_words,
        schema::{
            device::{DeviceSpec, DeviceType},
            lines::check_name,
            network::NodeSpec,
        },
        source::{Span, Spanned},
    },
};

/// Devices that a node lists, in the order of the file.
pub(crate) fn own(node: &str, spec: &NodeSpec, findings: &mut Findings) -> Vec<Spanned<Device>> {
    let mut list = Vec::new();
    for (name, spec) in spec.devices.iter().flat_map(|d| d.value.0.iter()) {
        if let Err(wrong) = check_name(name, "device") {
            findings.error(name.span, wrong.message).hint = wrong.hint;
        }
        if let Some(device) = device(node, name, spec, findings) {
            list.push(Spanned::new(device, name.span));
        }
    }
    list
}

fn device(
    node: &str,
    name: &Spanned<String>,
    spec: &DeviceSpec,
    findings: &mut Findings,
) -> Option<Device> {
    let kind_spec = spec.kind.as_ref()?;
    let foreign = foreign_keys(spec, kind_spec.value);
    for (key, span) in &foreign {
        let word = word(kind_spec.value);
        findings.error(*span, format!("a device of type `{word}` has no `{key}`"));
    }
    let kind = kind(name, spec, kind_spec, findings)?;
    let derived = !matches!(kind, DeviceKind::Vlan { .. });
    let mac = match &spec.mac {
        Some(mac) => Some(mac.0),
        // A VLAN takes over the address of the device below.
        None => (kind.has_mac() && derived).then(|| derive::mac(node, name)),
    };
    let addresses = spec.addresses.iter().flat_map(|a| a.value.iter());
    Some(Device {
        name: name.value.clone(),
        kind,
        mac,
        mtu: spec.mtu.as_ref().map(|m| m.0),
        master: spec.master.as_ref().map(|m| m.value.clone()),
        born: spec.born.as_ref().map(|b| b.value.clone()),
        addresses: addresses.map(|a| a.value.clone()).collect(),
        up: spec.up.as_ref().is_none_or(|u| u.value),
        refused: spec.refused.as_ref().map(|r| r.value.0.clone()),
    })
}

/// The word of a type.
fn word(kind: DeviceType) -> &'static str {
    match kind {
        DeviceType::Dummy => "dummy",
        DeviceType::Bridge => "bridge",
        DeviceType::Vrf => "vrf",
        DeviceType::Vlan => "vlan",
        DeviceType::Xfrm => "xfrm",
        DeviceType::Tunnel(kind) => kind.word(),
    }
}

/// Keys that are given and do not belong to the type.
fn foreign_keys(spec: &DeviceSpec, kind: DeviceType) -> Vec<(&'static str, Span)> {
    /// The place of a key, if it is given.
    fn at<T>(value: Option<&Spanned<T>>) -> Option<Span> {
        value.map(|v| v.span)
    }
    let tunnel = match kind {
        DeviceType::Tunnel(kind) => Some(kind),
        _ => None,
    };
    let keys = tunnel.is_some_and(TunnelKind::has_keys);
    let header = tunnel.is_some_and(|k| !k.is_vti());
    let is = |other: DeviceType| kind == other;
    let has_mac = match kind {
        DeviceType::Dummy | DeviceType::Bridge | DeviceType::Vrf | DeviceType::Vlan => true,
        DeviceType::Xfrm => false,
        DeviceType::Tunnel(kind) => {
            matches!(kind, TunnelKind::Gretap | TunnelKind::Ip6gretap)
        }
    };
    [
        ("local", at(spec.local.as_ref()), tunnel.is_some()),
        ("remote", at(spec.remote.as_ref()), tunnel.is_some()),
        ("key", at(spec.key.as_ref()), keys),
        ("ikey", at(spec.ikey.as_ref()), keys),
        ("okey", at(spec.okey.as_ref()), keys),
        ("fwmark", at(spec.fwmark.as_ref()), tunnel.is_some()),
        ("ttl", at(spec.ttl.as_ref()), header),
        ("tos", at(spec.tos.as_ref()), header),
        (
            "pmtudisc",
            at(spec.pmtudisc.as_ref()),
            header && tunnel.is_some_and(|k| !k.is_v6()),
        ),
        ("if_id", at(spec.if_id.as_ref()), is(DeviceType::Xfrm)),
        ("external", at(spec.external.as_ref()), is(DeviceType::Xfrm)),
        (
            "dev",
            at(spec.dev.as_ref()),
            tunnel.is_some() || is(DeviceType::Xfrm) || is(DeviceType::Vlan),
        ),
        ("id", at(spec.id.as_ref()), is(DeviceType::Vlan)),
        ("table", at(spec.table.as_ref()), is(DeviceType::Vrf)),
        ("mac", at(spec.mac.as_ref()), has_mac),
    ]
    .into_iter()
    .filter(|(_, _, fits)| !fits)
    .filter_map(|(key, span, _)| Some((key, span?)))
    .collect()
}

fn kind(
    name: &Spanned<String>,
    spec: &DeviceSpec,
    kind: &Spanned<DeviceType>,
    findings: &mut Findings,
) -> Option<DeviceKind> {
    let mut missing = |key: &str| {
        let message = format!(
            "device `{}` of type `{}` needs `{key}`",
            name.value,
            word(kind.value)
        );
        if findings.whole {
            findings.error(kind.span, message);
        }
    };
    let dev = spec.dev.as_ref().map(|d| d.value.clone());
    Some(match kind.value {
        DeviceType::Dummy => DeviceKind::Dummy,
        DeviceType::Bridge => DeviceKind::Bridge,
        DeviceType::Vrf => {
            let Some(table) = &spec.table else {
                missing("table");
                return None;
            };
            DeviceKind::Vrf { table: table.0 }
        }
        DeviceType::Vlan => {
            let (Some(dev), Some(id)) = (dev, &spec.id) else {
                missing(if spec.id.is_none() { "id" } else { "dev" });
                return None;
            };
            DeviceKind::Vlan { dev, id: id.0 }
        }
        DeviceType::Xfrm => DeviceKind::Xfrm {
            if_id: spec.if_id.as_ref().map(|i| i.value),
            dev,
            external: spec.external.as_ref().is_some_and(|e| e.value),
        },
        DeviceType::Tunnel(kind) => {
            for end in [&spec.local, &spec.remote].into_iter().flatten() {
                family(kind, end, findings);
            }
            let key = spec.key.as_ref();
            DeviceKind::Tunnel(Tunnel {
                kind,
                local: spec.local.as_ref().map(|a| a.value),
                remote: spec.remote.as_ref().map(|a| a.value),
                dev,
                ikey: spec.ikey.as_ref().or(key).map(|k| k.0),
                okey: spec.okey.as_ref().or(key).map(|k| k.0),
                fwmark: spec.fwmark.as_ref().map(|m| m.0),
                ttl: spec.ttl.as_ref().map(|t| t.0),
                tos: spec.tos.as_ref().map(|t| t.0),
                pmtudisc: spec.pmtudisc.as_ref().map(|p| p.value),
            })
        }
    })
}

/// Changes a device that is there: what `spec` has but its settings.
pub(crate) fn change(device: &mut Device, spec: &DeviceSpec, findings: &mut Findings) {
    /// Copies a value that is given.
    fn set<S, T>(to: &mut T, from: Option<&Spanned<S>>, value: impl FnOnce(&S) -> T) {
        if let Some(from) = from {
            *to = value(&from.value);
        }
    }
    let now = match &device.kind {
        DeviceKind::Dummy => DeviceType::Dummy,
        DeviceKind::Bridge => DeviceType::Bridge,
        DeviceKind::Vrf { .. } => DeviceType::Vrf,
        DeviceKind::Vlan { .. } => DeviceType::Vlan,
        DeviceKind::Xfrm { .. } => DeviceType::Xfrm,
        DeviceKind::Tunnel(tunnel) => DeviceType::Tunnel(tunnel.kind),
    };
    if let Some(kind) = &spec.kind {
        findings
            .error(kind.span, "the type of a device cannot be changed")
            .hint("`remove` it and `add` another");
    }
    for (key, span) in foreign_keys(spec, now) {
        let word = word(now);
        findings.error(span, format!("a device of type `{word}` has no `{key}`"));
    }
    set(&mut device.addresses, spec.addresses.as_ref(), |list| {
        list.iter().map(|a| a.value.clone()).collect()
    });
    set(&mut device.mtu, spec.mtu.as_ref(), |m| Some(m.0));
    set(&mut device.mac, spec.mac.as_ref(), |m| Some(m.0));
    set(&mut device.master, spec.master.as_ref(), |m| {
        Some(m.clone())
    });
    set(&mut device.born, spec.born.as_ref(), |b| Some(b.clone()));
    set(&mut device.up, spec.up.as_ref(), |u| *u);
    set(&mut device.refused, spec.refused.as_ref(), |r| {
        Some(r.0.clone())
    });
    match &mut device.kind {
        DeviceKind::Dummy | DeviceKind::Bridge => {}
        DeviceKind::Vrf { table } => set(table, spec.table.as_ref(), |t| t.0),
        DeviceKind::Vlan { dev, id } => {
            set(dev, spec.dev.as_ref(), Clone::clone);
            set(id, spec.id.as_ref(), |i| i.0);
        }
        DeviceKind::Xfrm {
            if_id,
            dev,
            external,
        } => {
            set(if_id, spec.if_id.as_ref(), |i| Some(*i));
            set(dev, spec.dev.as_ref(), |d| Some(d.clone()));
            set(external, spec.external.as_ref(), |e| *e);
        }
        DeviceKind::Tunnel(tunnel) => {
            for end in [&spec.local, &spec.remote].into_iter().flatten() {
                family(tunnel.kind, end, findings);
            }
            set(&mut tunnel.local, spec.local.as_ref(), |a| Some(*a));
            set(&mut tunnel.remote, spec.remote.as_ref(), |a| Some(*a));
            set(&mut tunnel.dev, spec.dev.as_ref(), |d| Some(d.clone()));
            let key = spec.key.as_ref();
            set(&mut tunnel.ikey, spec.ikey.as_ref().or(key), |k| Some(k.0));
            set(&mut tunnel.okey, spec.okey.as_ref().or(key), |k| Some(k.0));
            set(&mut tunnel.fwmark, spec.fwmark.as_ref(), |m| Some(m.0));
            set(&mut tunnel.ttl, spec.ttl.as_ref(), |t| Some(t.0));
            set(&mut tunnel.tos, spec.tos.as_ref(), |t| Some(t.0));
            set(&mut tunnel.pmtudisc, spec.pmtudisc.as_ref(), |p| Some(*p));
        }
    }
}

fn family(kind: TunnelKind, end: &Spanned<IpAddr>, findings: &mut Findings) {
    if end.is_ipv6() != kind.is_v6() {
        let wanted = if kind.is_v6() { "IPv6" } else { "IPv4" };
        let message = format!(
            "`{}` is not {wanted}, which type `{}` needs",
            end.value,
            kind.word()
        );
        findings.error(end.span, message);
    }
}

/// Nodes and devices that devices and link ends name.
pub(crate) fn check(draft: &Draft, findings: &mut Findings) {
    for node in &draft.nodes {
        for device in &node.devices {
            check_one(draft, &node.name, device, findings);
        }
        for neighbour in &node.neighbours {
            check_neighbour(draft, &node.name, neighbour, findings);
        }
    }
    for link in &draft.links {
        for end in &link.ends {
            if let Some(master) = &end.master {
                check_master(draft, &end.node, master, link.span, findings);
            }
        }
    }
}

/// The nodes and devices that a device names.
pub(super) fn check_one(
    draft: &Draft,
    node: &str,
    device: &Spanned<Device>,
    findings: &mut Findings,
) {
    if let Some(born) = &device.born {
        bind_node(draft, born, device.span, findings);
    }
    let below = match &device.kind {
        DeviceKind::Vlan { dev, .. } => Some(dev),
        DeviceKind::Xfrm { dev, .. } => dev.as_ref(),
        DeviceKind::Tunnel(tunnel) => tunnel.dev.as_ref(),
        _ => None,
    };
    let home = device.born.as_deref().unwrap_or(node);
    if let Some(dev) = below
        && !devices(draft, home).contains(&dev.as_str())
    {
        let message = format!("node `{home}` has no device `{dev}`");
        let known = devices(draft, home);
        findings.error(device.span, message).suggest(dev, &known);
    }
    if let Some(master) = &device.master {
        check_master(draft, node, master, device.span, findings);
    }
}

/// The device that a neighbour names.
pub(super) fn check_neighbour(
    draft: &Draft,
    node: &str,
    neighbour: &Spanned<Neighbour>,
    findings: &mut Findings,
) {
    let known = devices(draft, node);
    if !known.contains(&neighbour.device.as_str()) {
        let message = format!("node `{node}` has no device `{}`", neighbour.device);
        findings
            .error(neighbour.span, message)
            .suggest(&neighbour.device, &known);
    }
}

fn check_master(draft: &Draft, node: &str, master: &str, span: Span, findings: &mut Findings) {
    let masters: Vec<&str> = draft
        .nodes
        .iter()
        .filter(|n| n.name == node)
        .flat_map(|n| &n.devices)
        .filter(|d| matches!(d.kind, DeviceKind::Vrf { .. } | DeviceKind::Bridge))
        .map(|d| d.name.as_str())
        .collect();
    if !masters.contains(&master) {
        let problem = findings.error(
            span,
            format!("node `{node}` has no VRF or bridge `{master}`"),
        );
        if !masters.is_empty() {
            problem.hint(list_words(&masters));
        }
    }
}
