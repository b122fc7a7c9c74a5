//! The kernel's test of policy lookup among as many policies as it has: a topology file holds what matters,
//! and this adds the policies that are to match nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "the environment may name the kernel"
)]

#[path = "selftest/policies.rs"]
mod policies;

use rstest::rstest;
use xfrmlab::{
    judge::Outcome,
    report::{self, Style},
    session::{self, Session, SessionOptions},
};

/// A lookup finds what it found, with hundreds of other policies in the tree.
#[rstest]
#[case::ipv4(0, "ns3", 938)]
#[case::ipv6(1, "ns4", 462)]
fn among_hundreds_of_policies_the_same_are_found(
    #[case] which: usize,
    #[case] node: &str,
    #[case] count: usize,
) {
    let plan = policies::plans().swap_remove(which);
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
