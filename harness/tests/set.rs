//! Values from the command line: what is wrong with them, and what they make of a run.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

use std::path::Path;

mod said;
use said::said;

const ROUTER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../topologies/seeds/plain-router.toml"
);

#[track_caller]
fn wrong(set: &str, expected: &[&str]) {
    for command in ["check", "run", "export"] {
        let (code, said) = said(Path::new("/"), &[command, ROUTER, "--set", set]);
        assert_eq!(code, Some(2), "{said}");
        for words in expected {
            assert!(said.contains(words), "expected `{words}` in:\n{said}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_value_stands_at_the_argument() {
    wrong("nodes.q=1", &["--> --set nodes.q=1\n", "found an integer"]);
    wrong(
        "nodes.r.forwrd=true",
        &["--> --set nodes.r.forwrd=true\n", "did you mean `forward`?"],
    );
    wrong("steps.9.name=x", &["--> --set steps.9.name=x\n"]);
    wrong("nodes", &["`nodes` is not `PATH=VALUE`"]);
}

/// The value makes the run another one, which does not take the plain run's folder.
#[test]
fn a_run_with_a_value_is_a_run_of_its_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = ["run", "--kernel", "host", ROUTER];
    let (code, plain) = said(folder.path(), &run);
    assert_eq!(code, Some(0), "{plain}");
    let set = [&run[..], &["--set", "nodes.r.forward=false"]].concat();
    let (code, set) = said(folder.path(), &set);
    assert_eq!(code, Some(1), "{set}");
    assert!(set.contains("FAIL  at r"), "{set}");
    let again = "--set 'nodes.r.forward=false' --kernel host";
    assert!(set.contains(again), "expected `{again}` in:\n{set}");
    let outcome = |name: &str| {
        let file = folder
            .path()
            .join("xfrmlab-out")
            .join(name)
            .join("verdict.json");
        let text = std::fs::read_to_string(file).unwrap_or_default();
        text.contains("\"outcome\": \"pass\"")
    };
    assert!(outcome("plain-router"));
    assert!(!outcome("plain-router.nodes-r-forward-false"));
}
