//! Two runs of one kind print the same report, byte for byte: what differs between identical runs
//! (`wire::NONDETERMINISTIC`, time, what a kernel draws) is printed nowhere.
#![expect(
    clippy::disallowed_methods,
    reason = "the kernel is named by the environment"
)]

use rstest::rstest;
use xfrmlab::{
    judge::Outcome,
    report::{self, Style},
    session::{self, Session, SessionOptions},
    spec,
};

/// Runs at once of one world.
const RUNS: usize = 4;

/// A failure names the same lines, causes and packets each time, also with others beside it.
#[rstest]
#[case::passes("seeds/gateway-pair-nat", None)]
#[case::fails("seeds/gateway-pair", Some("the receiver lacks its forward policy"))]
#[case::leaks("gateway/masquerade", None)]
fn runs_of_one_kind_print_the_same_report(#[case] name: &str, #[case] variant: Option<&str>) {
    let file = cases::topologies().join(format!("{name}.toml"));
    let document = spec::parse(&spec::read_source(&file).expect("it is in the library"))
        .unwrap_or_else(|e| panic!("{}", e.render(false)));
    let mut plan =
        spec::resolve(&document, variant, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    // Shown as what it is: a world that does not do what the file expects.
    plan.fails = None;
    let session = Session::new(SessionOptions {
        kernel: std::env::var("XFRMLAB_KERNEL")
            .ok()
            .map(|word| word.parse().expect("XFRMLAB_KERNEL names a kernel")),
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    let reports: Vec<String> = std::thread::scope(|scope| {
        let one = || {
            let run = session::run(&session, &plan);
            let wanted = if variant.is_some() {
                Outcome::Fail
            } else {
                Outcome::Pass
            };
            assert_eq!(run.verdict.outcome, wanted, "{:?}", run.verdict.errors);
            let seen = run.observations.expect("a world that ran was seen");
            report::render(&plan, &seen, &run.verdict, Style::default())
        };
        let runs: Vec<_> = (0..RUNS).map(|_| scope.spawn(one)).collect();
        runs.into_iter()
            .map(|run| run.join().expect("it ran"))
            .collect()
    });
    for other in &reports[1..] {
        assert!(
            *other == reports[0],
            "{other}\n--- is not like\n{}",
            reports[0]
        );
    }
}
