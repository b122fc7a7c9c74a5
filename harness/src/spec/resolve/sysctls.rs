//! Owns the settings that every node of a lab starts with, and why. It never writes one.

use crate::{
    plan::Sysctl,
    spec::{
        schema::{device::DeviceSpec, file::FileSpec, network::NodeSpec},
        source::{Span, Spanned},
    },
};

/// What every node gets before anything of the file. `all` rules devices that exist, `default`
/// those to come; both are needed.
const LAB: &[(&str, &str)] = &[
    // Unlike IPv6, a new namespace takes over the IPv4 settings of the host's initial one
    // (net.core.devconf_inherit_init_net = 0), so what a distribution sets would leak in.
    ("net.ipv4.conf.all.rp_filter", "0"),
    ("net.ipv4.conf.default.rp_filter", "0"),
    // A redirect changes the route of the next packet, and when it comes depends on time.
    ("net.ipv4.conf.all.send_redirects", "0"),
    ("net.ipv4.conf.default.send_redirects", "0"),
    ("net.ipv4.conf.all.accept_redirects", "0"),
    ("net.ipv4.conf.default.accept_redirects", "0"),
    ("net.ipv6.conf.all.accept_redirects", "0"),
    ("net.ipv6.conf.default.accept_redirects", "0"),
    // ICMP errors are limited by a token bucket that fills with time: a file about them would
    // pass or fail by speed.
    ("net.ipv4.icmp_ratelimit", "0"),
    ("net.ipv6.icmp.ratelimit", "0"),
    // Duplicate address detection keeps an IPv6 address unusable for more than a second.
    ("net.ipv6.conf.all.accept_dad", "0"),
    ("net.ipv6.conf.default.accept_dad", "0"),
    ("net.ipv6.conf.all.dad_transmits", "0"),
    ("net.ipv6.conf.default.dad_transmits", "0"),
    // Router solicitations are sent at random times, and their answers add addresses and routes.
    ("net.ipv6.conf.all.router_solicitations", "0"),
    ("net.ipv6.conf.default.router_solicitations", "0"),
    ("net.ipv6.conf.all.accept_ra", "0"),
    ("net.ipv6.conf.default.accept_ra", "0"),
];

/// The settings that a node's devices bring, with their whole names.
fn of_devices(spec: &NodeSpec) -> impl Iterator<Item = (Spanned<String>, String)> {
    let devices = spec.devices.iter().flat_map(|d| d.value.0.iter());
    devices.flat_map(|(device, body)| of_device(device, body))
}

/// The settings that one device brings.
pub(crate) fn of_device<'s>(
    device: &'s str,
    body: &'s DeviceSpec,
) -> impl Iterator<Item = (Spanned<String>, String)> + 's {
    let settings = body.sysctl.iter().flat_map(|s| s.value.0.iter());
    settings.map(move |(key, value)| {
        let (family, name) = key.split_once('.').unwrap_or((key, ""));
        // As sysctl(8) does: a name with slashes takes the dots of a device as they are.
        let key_text = if device.contains('.') {
            format!("net/{family}/conf/{device}/{name}")
        } else {
            format!("net.{family}.conf.{device}.{name}")
        };
        (Spanned::new(key_text, key.span), value.clone())
    })
}

/// The settings of a node in the order in which they are written.
pub(crate) fn settings(spec: &NodeSpec) -> Vec<Spanned<Sysctl>> {
    let mut list = Vec::new();
    let mut put = |key: &str, value: &str, span: Span| {
        list.retain(|s: &Spanned<Sysctl>| s.key != key);
        let setting = Sysctl::new(key, value);
        list.push(Spanned::new(setting, span));
    };
    let (forward, span) = spec
        .forward
        .as_ref()
        .map_or((false, spec.span), |f| (f.value, f.span));
    // First of all: writing ip_forward sets other settings back to the defaults of a host or
    // router (Documentation/networking/ip-sysctl.rst).
    let value = if forward { "1" } else { "0" };
    put("net.ipv4.ip_forward", value, span);
    put("net.ipv6.conf.all.forwarding", value, span);
    put("net.ipv6.conf.default.forwarding", value, span);
    for (key, value) in LAB {
        put(key, value, spec.span);
    }
    for (key, value) in spec.sysctl.iter().flat_map(|s| s.value.0.iter()) {
        put(key, value, key.span);
    }
    for (key, value) in of_devices(spec) {
        put(&key, &value, key.span);
    }
    list
}

/// The keys that the file itself sets, at any node.
pub(crate) fn given(spec: &FileSpec) -> Vec<String> {
    let nodes = spec.nodes.iter().flat_map(|nodes| nodes.value.0.iter());
    nodes
        .flat_map(|(_, node)| {
            let own = node.sysctl.iter().flat_map(|s| s.value.0.iter());
            own.map(|(key, _)| key.value.clone())
                .chain(of_devices(node).map(|(key, _)| key.value))
        })
        .collect()
}
