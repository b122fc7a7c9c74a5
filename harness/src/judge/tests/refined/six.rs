//! Causes that lie on the way, where IPv6 has them in another way than IPv4.

use std::net::Ipv6Addr;

use super::super::fixture::{Recorder, plan};
use super::{at, check, route};
use crate::observe::Observations;
use crate::plan::Sysctl;

/// An echo request of this source goes through these hooks of a node, each with its devices.
fn seen(node: &str, hooks: &[(&str, (&str, &str))], src: &str) -> Observations {
    let mut packet = vec![0x60, 0, 0, 0, 0, 8, 58, 64];
    for address in [src, "fd00:2::100"] {
        packet.extend(address.parse::<Ipv6Addr>().unwrap().octets());
    }
    packet.extend([128, 0, 0, 0, 0x12, 0x34, 0, 1]);
    let mut r = Recorder::new();
    for (hook, devices) in hooks {
        r.hook(node, hook, *devices, &packet);
    }
    let mut obs = r.finish(&[], false);
    for trace in &mut obs.traces {
        trace.nfproto = 10;
        (trace.network, trace.transport) = (packet[..40].to_vec(), packet[40..].to_vec());
    }
    obs
}

#[test]
fn an_address_of_the_link_or_the_loopback_needs_no_way_back() {
    let hooks = [("prerouting", ("eth0", "")), ("input", ("eth0", ""))];
    let general = ("h2", "no-answer", "");
    check(&plan(), &seen("h2", &hooks, "fe80::1"), general);
    check(&plan(), &seen("h2", &hooks, "::1"), general);
    let why = "no route back to fd00::1";
    let other = seen("h2", &hooks, "fd00::1");
    check(&plan(), &other, ("h2", "no-route", why));
}

#[test]
fn no_reverse_path_filter_is_set_for_it() {
    let obs = seen("r1", &[("prerouting", ("eth0", ""))], "fd00::1");
    let mut plan = plan();
    let node = at(&mut plan, "r1");
    node.sysctls = vec![
        Sysctl::new("net.ipv6.conf.all.forwarding", "1"),
        Sysctl::new("net.ipv4.conf.all.rp_filter", "1"),
    ];
    node.routes = vec![route("fd00:2::/64", 254)];
    check(&plan, &obs, ("r1", "not-forwarded", ""));
}
