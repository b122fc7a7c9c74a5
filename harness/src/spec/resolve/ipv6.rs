//! Owns the question whether a world speaks IPv6 at all. It looks at a finished plan.

use crate::plan::{Plan, Sysctl};

/// Switches IPv6 off in a world that has no IPv6 address anywhere: devices would otherwise join
/// multicast groups and say so at random times (MLD), as link-local addresses come and go.
/// `given` are the settings that the file itself makes.
pub(crate) fn silence(plan: &mut Plan, given: &[String]) {
    if speaks(plan) {
        return;
    }
    for node in &mut plan.nodes {
        // What the lab sets for IPv6 by default is of no use then.
        node.sysctls
            .retain(|s| !s.key.starts_with("net.ipv6.") || given.contains(&s.key));
        for key in [
            "net.ipv6.conf.all.disable_ipv6",
            "net.ipv6.conf.default.disable_ipv6",
        ] {
            if !node.sysctls.iter().any(|s| s.key == key) {
                node.sysctls.push(Sysctl::new(key, "1"));
            }
        }
    }
}

fn speaks(plan: &Plan) -> bool {
    let ends = plan.links.iter().flat_map(|l| &l.ends);
    let devices = plan.nodes.iter().flat_map(|n| &n.devices);
    let mut addresses = ends
        .flat_map(|e| &e.addresses)
        .chain(devices.flat_map(|d| &d.addresses));
    addresses.any(|a| a.address.is_ipv6())
        || plan
            .nodes
            .iter()
            .any(|n| n.routes.iter().any(|r| r.dst.addr().is_ipv6()))
        || plan
            .states()
            .any(|(_, s)| s.src.is_ipv6() || s.dst.is_ipv6())
}
