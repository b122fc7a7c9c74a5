//! A guest that dies under a session is booted again, once and on record.
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do without has no other way to go on"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "it looks for the process that it ends"
)]

use std::{fs, path::Path};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use xfrmlab::{
    guest::KernelChoice,
    judge::Outcome,
    session::{Run, Session, SessionOptions, run},
    spec::{parse, read_source, resolve},
};

/// Ends the one QEMU that this process has started.
fn end_the_guest() {
    let me = std::process::id().to_string();
    let mut ended = 0;
    for process in fs::read_dir("/proc").unwrap().flatten() {
        // `pid (name) state parent ...`: proc_pid_stat(5).
        let Ok(stat) = fs::read_to_string(process.path().join("stat")) else {
            continue;
        };
        let Some((head, tail)) = stat.rsplit_once(") ") else {
            continue;
        };
        if head.contains("(qemu-system") && tail.split(' ').nth(1) == Some(&me) {
            let pid = head.split(' ').next().unwrap().parse().unwrap();
            kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
            ended += 1;
        }
    }
    assert_eq!(ended, 1, "a session has one guest");
}

#[test]
fn a_lost_guest_is_booted_again_once() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/seeds/plain-router.toml");
    let document =
        parse(&read_source(&file).unwrap()).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let plan = resolve(&document, None, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
    let session = Session::new(SessionOptions {
        kernel: Some(KernelChoice::default()),
        ..SessionOptions::default()
    });
    let passes = |expected: &str| {
        let Run { verdict, place, .. } = run(&session, &plan);
        assert_eq!(verdict.outcome, Outcome::Pass, "{verdict:?}");
        assert_eq!(
            place.contains("an earlier guest was lost"),
            expected == "again",
            "{place}"
        );
    };
    passes("first");
    end_the_guest();
    passes("again");
    end_the_guest();
    let Run { verdict, .. } = run(&session, &plan);
    assert_eq!(verdict.outcome, Outcome::Error, "{verdict:?}");
}
