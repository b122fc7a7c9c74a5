//! The kernel's test of policy lookup among as many policies as it has: a topology file holds what matters,
//! and this adds the policies that are to match nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "the environment may name the kernel"
)]

use rstest::rstest;
use xfrmlab::{
    judge::Outcome,
    report::{self, Style},
    session::{self, Session, SessionOptions},
    spec::{self, Set},
};

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

/// A lookup finds what it found, with hundreds of other policies in the tree.
#[rstest]
#[case::ipv4("xfrm-policy", "ns3", beside_ipv4(), 938)]
#[case::ipv6("xfrm-policy-ipv6", "ns4", beside_ipv6(), 462)]
fn among_hundreds_of_policies_the_same_are_found(
    #[case] file: &str,
    #[case] node: &str,
    #[case] policies: String,
    #[case] count: usize,
) {
    let path = cases::topologies().join(format!("selftest/{file}.toml"));
    let source = spec::read_source(&path).unwrap_or_else(|e| panic!("{e}"));
    let set = Set {
        path: format!("nodes.{node}.policies"),
        value: policies,
    };
    let plan = spec::parse(&source)
        .and_then(|document| spec::resolve(&document, None, &[set]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let beside = plan.node(node).map_or(0, |n| {
        n.policies.iter().filter(|p| p.templates.is_empty()).count()
    });
    assert_eq!(beside, count);
    let kernel = std::env::var("XFRMLAB_KERNEL")
        .ok()
        .map(|word| word.parse().expect("XFRMLAB_KERNEL names a kernel"));
    let session = Session::new(SessionOptions {
        kernel,
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    let run = session::run(&session, &plan);
    if run.verdict.outcome != Outcome::Pass {
        let lines = report::verdict_lines(&plan, &run.verdict, Style::default());
        panic!("{}\n{}", run.place, lines.join("\n"));
    }
}
