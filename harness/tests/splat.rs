//! A kernel that reports a fault, or becomes tainted, while a lab runs makes the run an error, whatever its packets did.
//!
//! The fault is a line that the lab itself writes into the guest's log: the reading, the sorting and the verdict are
//! those of a real one.
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do without has no other way to go on"
)]

use std::path::Path;

use xfrmlab::{
    guest::KernelChoice,
    judge::{Outcome, Verdict},
    plan::{Change, Plan, Sysctl, What},
    report::{Style, verdict_lines},
    session::{Session, SessionOptions, run},
    spec::{parse, read_source, resolve},
};

/// The seed of a plain router, with a setting that no file may make: `key` below `/proc/sys`.
fn plan(key: &str, value: &str) -> Plan {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/seeds/plain-router.toml");
    let document =
        parse(&read_source(&file).unwrap()).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let mut plan = resolve(&document, None, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    plan.steps[0].changes.push(Change {
        node: plan.nodes[0].name.clone(),
        what: What::Sysctl(Sysctl::new(key, value)),
        refused: None,
    });
    plan
}

/// The log, as a setting. A record is there to be read once its line has ended.
const LOG: &str = "../../dev/kmsg";

#[test]
fn a_fault_of_the_kernel_makes_the_run_an_error() {
    // A guest of its own: others would see the fault too.
    let session = Session::new(SessionOptions {
        kernel: Some(KernelChoice::default()),
        ..SessionOptions::default()
    });
    let verdict = |plan: &Plan| -> (Verdict, String) {
        let verdict = run(&session, plan).verdict;
        let lines = verdict_lines(plan, &verdict, Style::default()).join("\n");
        (verdict, lines)
    };

    let (chatter, lines) = verdict(&plan(LOG, "<4>eth0: a warning about nothing much\n"));
    assert_eq!(chatter.outcome, Outcome::Pass, "{lines}");

    let splat =
        "<4>WARNING: CPU: 1 PID: 42 at net/xfrm/xfrm_state.c:700 __xfrm_state_delete+0x1/0x2\n";
    let (splat, lines) = verdict(&plan(LOG, splat));
    assert_eq!(splat.outcome, Outcome::Error, "{lines}");
    assert!(
        lines.contains("the kernel reports a fault of its own"),
        "{lines}"
    );
    assert!(lines.contains("WARNING: CPU: 1 PID: 42 at"), "{lines}");

    // What a change made the kernel say is of no window, and of the run all the same.
    let line = "<4>WARNING: CPU: 1 PID: 43 at net/xfrm/xfrm_policy.c:7 xfrm_lookup+0x1/0x2\n";
    let mut windowed = plan(LOG, line);
    windowed.steps[0].windows = Some(1);
    let (windowed, lines) = verdict(&windowed);
    assert_eq!(windowed.outcome, Outcome::Error, "{lines}");
    assert!(lines.contains("WARNING: CPU: 1 PID: 43 at"), "{lines}");

    // 512 is the taint of a warning.
    let (tainted, lines) = verdict(&plan("kernel/tainted", "512"));
    assert_eq!(tainted.outcome, Outcome::Error, "{lines}");
    assert!(
        lines.contains("the kernel became tainted (0x200)"),
        "{lines}"
    );

    // What was so before is no fault of this run.
    let (later, lines) = verdict(&plan(LOG, "<6>all is well\n"));
    assert_eq!(later.outcome, Outcome::Pass, "{lines}");
}
