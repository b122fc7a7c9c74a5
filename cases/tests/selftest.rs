//! The kernel's test of policy lookup among as many policies as it has, and in as many orders: a topology file holds
//! what matters, and this adds the policies that are to match nothing.
#![expect(
    clippy::disallowed_methods,
    reason = "the environment may name the kernel"
)]

#[path = "selftest/orders.rs"]
mod orders;
#[path = "selftest/policies.rs"]
mod policies;

use rstest::rstest;
use xfrmlab::{
    judge::Outcome,
    plan::{Plan, What},
    report::{self, Style},
    session::{self, Run, Session, SessionOptions},
};

fn run(plan: &Plan) -> Run {
    let kernel = std::env::var("XFRMLAB_KERNEL")
        .ok()
        .map(|word| word.parse().expect("XFRMLAB_KERNEL names a kernel"));
    let session = Session::new(SessionOptions {
        kernel,
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    session::run(&session, plan)
}

#[track_caller]
fn passes(plan: &Plan) {
    let run = run(plan);
    if run.verdict.outcome != Outcome::Pass {
        let lines = report::verdict_lines(plan, &run.verdict, Style::default());
        panic!("{}\n{}", run.place, lines.join("\n"));
    }
}

/// A lookup finds what it found, with hundreds of other policies in the tree.
#[rstest]
#[case::ipv4(0, "ns3", 938)]
#[case::ipv6(1, "ns4", 462)]
#[case::overlapping(2, "ns3", 96)]
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
    passes(&plan);
}

/// Exceptions, blocks and the tunnel's policies are added in drawn orders, and each packet meets the same.
#[rstest]
#[case::one_order(1)]
#[case::another(2)]
#[case::a_third(3)]
fn the_order_of_insertion_decides_nothing(#[case] seed: u64) {
    passes(&orders::shuffled(policies::overlap(), seed));
}

/// Sixteen policies, added and looked up in fifty drawn orders, are all found by their selectors.
#[rstest]
#[case::ipv4(0)]
#[case::ipv6(1)]
fn in_every_order_each_is_found_by_its_selector(#[case] which: usize) {
    let plan = &policies::orders()[which];
    let deleted = plan
        .steps
        .iter()
        .flat_map(|step| &step.changes)
        .filter(|change| matches!(change.what, What::DeletePolicy(_)));
    assert_eq!(deleted.count(), 50 * 16);
    passes(plan);
}

/// One that was not added is not found, and the step in which that was is named.
#[test]
fn what_was_not_added_is_not_found() {
    let [mut plan, _] = policies::orders();
    plan.steps[7].changes.remove(3);
    let run = run(&plan);
    let lines = report::verdict_lines(&plan, &run.verdict, Style::default()).join("\n");
    assert_ne!(run.verdict.outcome, Outcome::Pass);
    assert!(
        lines.contains("order 7") && lines.contains("ENOENT"),
        "{lines}"
    );
}

/// Thresholds that change again and again while policies are updated leave a kernel that works.
#[test]
fn thresholds_change_ten_times_beside_updates() {
    passes(&orders::thresholds_again());
}
