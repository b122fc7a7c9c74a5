//! Owns the policies that match nothing, as many as the kernel's script has, and the plans that have them.

use xfrmlab::{
    plan::Plan,
    spec::{self, Set},
};

use super::orders;

/// Policies of one node, as the list that a file would have.
fn blocks(list: impl Iterator<Item = (String, String, &'static str)>) -> String {
    let policies = list.map(|(src, dst, dir)| {
        format!("{{ dir = \"{dir}\", src = \"{src}\", dst = \"{dst}\", action = \"block\" }}")
    });
    format!("[{}]", policies.collect::<Vec<_>>().join(", "))
}

/// What `tools/testing/selftests/net/xfrm_policy.sh` adds for IPv4: wildcards and nested networks beside
/// those in use.
fn beside_ipv4() -> String {
    blocks((10..=16).flat_map(|i| {
        let any = || "0.0.0.0/0".to_owned();
        let wide = [
            (any(), format!("10.{i}.99.0/30"), "out"),
            (format!("10.{i}.99.0/30"), any(), "out"),
        ];
        let nested = (32..=64).flat_map(move |j| {
            let out = move |prefix: u8| {
                let src = format!("10.{i}.1.0/{prefix}");
                (src, format!("10.{i}.{j}.0/{prefix}"), "out")
            };
            let fwd = (format!("10.{i}.{j}.0/24"), format!("10.{i}.1.0/24"), "fwd");
            [out(30), out(29), out(24), fwd]
        });
        wide.into_iter().chain(nested)
    }))
}

/// The same for IPv6.
fn beside_ipv6() -> String {
    blocks((10..=16).flat_map(|i| {
        (32..=64).flat_map(move |j| {
            let one = format!("dead:{i}::/64");
            let other = format!("dead:{i}:{j}::/64");
            [
                (one, other.clone(), "out"),
                (other, "dead::/24".to_owned(), "fwd"),
            ]
        })
    }))
}

/// The plan of one of the selftest's files, with these policies at a node.
fn plan(file: &str, node: &str, policies: String) -> Plan {
    let set = Set {
        path: format!("nodes.{node}.policies"),
        value: policies,
    };
    resolved(file, &[set])
}

fn resolved(file: &str, sets: &[Set]) -> Plan {
    let path = cases::topologies().join(format!("selftest/{file}.toml"));
    let source = spec::read_source(&path).unwrap_or_else(|e| panic!("{e}"));
    spec::parse(&source)
        .and_then(|document| spec::resolve(&document, None, sets))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// Blocks with shrinking prefixes, as the script draws them.
fn overlapping() -> String {
    let policies = orders::overlapping().map(|(src, dst, priority)| {
        format!("{{ dir = \"fwd\", src = \"{src}\", dst = \"{dst}\", priority = {priority}, action = \"block\" }}")
    });
    format!("[{}]", policies.collect::<Vec<_>>().join(", "))
}

/// The step with policies across the others, among those that are drawn.
pub(crate) fn overlap() -> Plan {
    plan("xfrm-policy-overlap", "ns3", overlapping())
}

/// A plan of sixteen policies in fifty orders, for each family.
pub(crate) fn orders() -> [Plan; 2] {
    [
        orders::drawn(|n| format!("{n}.0.0.0/24")),
        orders::drawn(|n| format!("e000:0:{n:02x}00::/56")),
    ]
}

/// All that the script looks at.
pub(crate) fn plans() -> Vec<Plan> {
    let [ipv4, ipv6] = orders();
    vec![
        plan("xfrm-policy", "ns3", beside_ipv4()),
        plan("xfrm-policy-ipv6", "ns4", beside_ipv6()),
        overlap(),
        resolved("xfrm-policy-thresholds", &[]),
        orders::thresholds_again(),
        ipv4,
        ipv6,
    ]
}
