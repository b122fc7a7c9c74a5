//! The native agent works, also as an ordinary user, and leaves the machine as it was.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "it looks at the machine, which must be readable"
)]

use std::{collections::BTreeSet, fs};

use xfrmlab::{
    agent::{LocalOptions, RunOptions, start_local},
    plan::Need,
};

/// Devices of the namespace that the test runs in.
fn devices() -> BTreeSet<String> {
    let text = fs::read_to_string("/proc/self/net/dev").unwrap();
    text.lines()
        .filter_map(|l| Some(l.split_once(':')?.0.trim().to_owned()))
        .collect()
}

#[track_caller]
fn check(options: &LocalOptions) {
    let before = devices();
    let agent = start_local(options).unwrap_or_else(|e| panic!("{e}"));
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert_eq!(agent.hello().release, release.trim());
    let needs = [
        Need::Device("vti".to_owned()),
        Need::Device("nosuch".to_owned()),
    ];
    let missing = agent
        .probe(&needs, &RunOptions::default())
        .unwrap_or_else(|e| panic!("{e}"));
    assert!(
        missing.iter().any(|m| m.need.name() == "device nosuch"),
        "{missing:?}"
    );
    assert_eq!(devices(), before);
}

#[test]
fn an_agent_in_namespaces_of_its_own_answers() {
    check(&LocalOptions::default());
}

#[test]
fn an_agent_in_a_user_namespace_answers() {
    check(&LocalOptions {
        rootless: true,
        ..LocalOptions::default()
    });
}

#[test]
fn an_agent_outlives_the_thread_that_started_it() {
    let start = || {
        start_local(&LocalOptions {
            rootless: true,
            ..LocalOptions::default()
        })
    };
    let agent = std::thread::spawn(start)
        .join()
        .unwrap()
        .unwrap_or_else(|e| panic!("{e}"));
    let missing = agent
        .probe(&[], &RunOptions::default())
        .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(missing, []);
}
