//! `run --json`: a line per test says how the test ended, not its verdict alone.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "it starts the command, and what a test cannot do without has no other way to go on"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// The line and the exit code of a run whose folder is in `out`.
fn run(out: &Path) -> (Value, Option<i32>) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/seeds/plain-router.toml");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xfrmlab"));
    command
        .arg("run")
        .arg(file)
        .arg("--json")
        .arg("--out")
        .arg(out);
    let output = command.output().unwrap();
    let line = serde_json::from_slice(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    (
        line.unwrap_or_else(|e| panic!("{e}: {said}")),
        output.status.code(),
    )
}

#[test]
fn a_line_has_outcome_kernel_folder_and_verdict() {
    let out = tempfile::tempdir().unwrap();
    let (line, exit) = run(out.path());
    assert_eq!(
        (&line["outcome"], exit),
        (&"pass".into(), Some(0)),
        "{line}"
    );
    assert_eq!(line["verdict"]["outcome"], "pass");
    assert!(!line["kernel"].as_str().unwrap().is_empty(), "{line}");
    assert!(!line["place"].as_str().unwrap().is_empty(), "{line}");
    let folder = PathBuf::from(line["folder"].as_str().unwrap());
    assert!(folder.join("verdict.json").is_file(), "{line}");
}

/// The verdict has passed, and there is no folder to show for it.
#[test]
fn a_folder_that_cannot_be_written_is_an_error_in_the_line_too() {
    let out = tempfile::tempdir().unwrap();
    // In the place of the test's own folder: that run folders as such can be written is looked at before the run.
    fs::write(out.path().join("plain-router"), "").unwrap();
    let (line, exit) = run(out.path());
    assert_eq!(
        (&line["outcome"], exit),
        (&"error".into(), Some(3)),
        "{line}"
    );
    assert_eq!(line["folder"], Value::Null);
}
