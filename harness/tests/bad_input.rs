//! What the command says of input that is no topology, and that it builds nothing of it.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

use std::{path::Path, process::Command};

/// Runs `xfrmlab run` on a file; gives the exit code and what it said on standard error.
fn run(file: &Path) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xfrmlab"))
        .arg("run")
        .arg(file)
        .env("NO_COLOR", "1")
        .output()
        .expect("the command is built");
    assert!(
        output.stdout.is_empty(),
        "nothing was run, so there is no result"
    );
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[track_caller]
fn check(name: &str, bytes: &[u8], expected: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).expect("the folder can be written");
    let (code, said) = run(&file);
    assert_eq!(code, Some(2), "{said}");
    let said = said.replace(&format!("{}/", folder.path().display()), "");
    assert!(said.contains(expected), "expected `{expected}` in:\n{said}");
}

#[test]
fn no_file() {
    let (code, said) = run(Path::new("/nonexistent/x.toml"));
    assert_eq!(
        (code, said.as_str()),
        (Some(2), "error: no file `/nonexistent/x.toml`\n")
    );
}

#[test]
fn a_directory() {
    let (code, said) = run(Path::new("/"));
    assert_eq!(
        (code, said.as_str()),
        (Some(2), "error: `/` is a directory, not a topology file\n")
    );
}

#[test]
fn an_empty_file() {
    check("x.toml", b"", "error: `x.toml` is empty\n");
}

#[test]
fn a_hundred_megabytes_of_noise() {
    let mut state = 1_u32;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(100 << 20)
    .collect();
    check(
        "x.toml",
        &noise,
        "error: `x.toml` is larger than a topology file may be",
    );
}

#[test]
fn every_problem_of_a_file_at_once_with_its_place() {
    let text = r#"title = "x"
[nodes.h1]
forwrd = true
[nodes.a-name-of-17-byt]
[[links]]
ends = ["h1:eth0 10.0.1.1/24", "h3:eth0 10.0.1.2/24"]
[[links]]
ends = ["h1:eth0 10.0.3.1/24", "h1:a-device-over-15-bytes 10.0.3.2/24"]
[[steps]]
name = "p"
ping = { from = "h1", to = 7 }
"#;
    for place in [
        "x.toml:3:1",
        "x.toml:4:",
        "x.toml:6:",
        "x.toml:8:",
        "x.toml:11:",
    ] {
        check("x.toml", text.as_bytes(), place);
    }
    check("x.toml", text.as_bytes(), "forward");
}
