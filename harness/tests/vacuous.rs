//! What once passed though nothing was there to pass: each must fail, with the reason.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

use std::path::Path;

mod said;
use said::said;

const WORLD: &str = "title = \"x\"\n[nodes.a]\n[nodes.b]\n[[links]]\n\
                     ends = [\"a:eth0 10.0.0.1/24\", \"b:eth0 10.0.0.2/24\"]\n";
const PING: &str =
    "[[steps]]\nname = \"s\"\nping = { from = \"a\", to = \"10.0.0.2\" }\nexpect.reply = true\n";

/// Runs `x.toml` with this text; gives the exit code and all that was said.
fn run(folder: &Path, text: &str, more: &[&str]) -> (Option<i32>, String) {
    std::fs::write(folder.join("x.toml"), text).expect("a file");
    said(
        folder,
        &[&["run", "--kernel", "host", "x.toml"], more].concat(),
    )
}

#[track_caller]
fn fails(text: &str, expected: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = run(folder.path(), text, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(expected), "expected `{expected}` in:\n{said}");
}

#[test]
fn an_object_that_is_not_refused_in_a_file_without_steps() {
    let policy = "[[nodes.a.policies]]\ndir = \"out\"\ndst = \"10.9.0.0/24\"\naction = \"block\"\nrefused = \"EEXIST\"\n";
    fails(
        &format!("allow = [\"no-expectation\"]\n{WORLD}{policy}"),
        "was not refused with EEXIST",
    );
}

#[test]
fn a_counter_that_is_not_there_does_not_stand_still() {
    let rules = "[nodes.a2]\nnft = \"\"\"\ntable inet f {\n  counter seen {\n  }\n}\n\"\"\"\n";
    let there = "expect.nft.\"a2 inet f seen\" = \"unchanged\"\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = run(folder.path(), &format!("{WORLD}{rules}{PING}{there}"), &[]);
    assert_eq!(code, Some(0), "{said}");
    let typo = "expect.nft.\"a2 inet f sene\" = \"unchanged\"\n";
    fails(&format!("{WORLD}{rules}{PING}{typo}"), "+ not there");
}

#[test]
fn a_folder_of_an_earlier_run_does_not_stand_for_one_that_broke() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = run(folder.path(), &format!("{WORLD}{PING}"), &[]);
    assert_eq!(code, Some(0), "{said}");
    let verdict = folder.path().join("xfrmlab-out/x/verdict.json");
    assert!(verdict.exists(), "{said}");
    let broken = "[nodes.c.sysctl]\n\"net.ipv4.there_is_no_such_sysctl\" = \"1\"\n";
    let (code, said) = run(folder.path(), &format!("{WORLD}{broken}{PING}"), &[]);
    assert!(matches!(code, Some(2..=4)), "{said}");
    assert!(!verdict.exists(), "{said}");
}

/// Repeating ends as running does: with 4 where the kernel cannot run it at all.
#[test]
fn repeated_skips_are_no_pass() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let pair = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../topologies/seeds/gateway-pair.toml"
    );
    let pair = std::fs::read_to_string(pair).expect("it is in the library");
    let (once, said) = run(folder.path(), &pair, &[]);
    assert!(matches!(once, Some(0 | 4)), "{said}");
    let (twice, said) = run(folder.path(), &pair, &["--repeat", "2"]);
    assert_eq!(once, twice, "{said}");
}
