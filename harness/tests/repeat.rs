//! Runs that are repeated: what is said of those that fail, and of those that are not like the first.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

mod said;
use said::said;

const ROUTER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../topologies/seeds/plain-router.toml"
);

/// A test that fails says why, and keeps what was seen.
#[test]
fn repeated_runs_that_fail_say_why_and_where() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["run", "--kernel", "host", ROUTER, "--repeat", "2"];
    let (code, passed) = said(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{passed}");
    assert!(!passed.contains("run folder"), "{passed}");
    let failing = [&arguments[..], &["--set", "nodes.r.forward=false"]].concat();
    let (code, failed) = said(folder.path(), &failing);
    assert_eq!(code, Some(1), "{failed}");
    for words in [
        "FAIL  at r",
        "first differing line: ",
        "run folder: xfrmlab-out/plain-router.nodes-r-forward-false\n",
        "2 runs of 1 tests, 0 not like the first",
    ] {
        assert!(failed.contains(words), "expected `{words}` in:\n{failed}");
    }
}

/// The folder of a run that is kept has the windows of that run, whatever stood there before.
#[test]
fn windows_of_a_kept_run_are_its_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let router = std::fs::read_to_string(ROUTER).expect("it is in the library");
    let (world, _) = router.split_once("[[steps]]").expect("it has a step");
    let step = "[[steps]]\nname = \"many\"\nudp = { from = \"h1\", to = \"10.0.2.100\", dport = 5000, count = 3 }\n\
                windows = 2\nexpect.delivered = true\n";
    std::fs::write(folder.path().join("x.toml"), format!("{world}{step}")).expect("a file");
    let run = ["run", "--kernel", "host", "x.toml"];
    let (code, passed) = said(folder.path(), &run);
    assert_eq!(code, Some(0), "{passed}");
    let out = folder.path().join("xfrmlab-out");
    std::fs::rename(out.join("x"), out.join("x.nodes-r-forward-false")).expect("it ran");
    let failing = [
        &run[..],
        &["--repeat", "2", "--set", "nodes.r.forward=false"],
    ]
    .concat();
    let (code, failed) = said(folder.path(), &failing);
    assert_eq!(code, Some(1), "{failed}");
    let (code, judged) = said(
        folder.path(),
        &["judge", "xfrmlab-out/x.nodes-r-forward-false"],
    );
    assert_eq!(code, Some(1), "{judged}");
    assert!(judged.contains("FAIL  at r"), "{judged}");
    let left = std::fs::read_dir(out).expect("it ran").count();
    assert_eq!(left, 1, "folders of runs that are not kept");
}

/// What the second run finds is what the first one left.
#[test]
fn a_run_that_is_not_like_the_first_is_kept() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let left = folder.path().join("left");
    let file = format!(
        "title = \"x\"\n[nodes.a]\n[[steps]]\nname = \"s\"\nexec = {{ at = \"a\", run = [\"mkdir\", \"{}\"] }}\n",
        left.display()
    );
    std::fs::write(folder.path().join("x.toml"), file).expect("a file");
    let run = [
        "run",
        "--kernel",
        "host",
        "--allow-exec",
        "--repeat",
        "3",
        "--jobs",
        "1",
    ];
    let (code, told) = said(folder.path(), &[&run[..], &["x.toml"]].concat());
    assert_eq!(code, Some(1), "{told}");
    for words in [
        "FAIL   x.toml (3 runs)\n",
        "run folder: xfrmlab-out/x\n",
        "the first run that is not like the first one:\n    run folder: xfrmlab-out/x.unlike\n",
        "2 runs are not like the first:\n",
        "3 runs of 1 tests, 2 not like the first of their test",
    ] {
        assert!(told.contains(words), "expected `{words}` in:\n{told}");
    }
    for kept in ["x", "x.unlike"] {
        let verdict = folder
            .path()
            .join("xfrmlab-out")
            .join(kept)
            .join("verdict.json");
        assert!(verdict.is_file(), "{}", verdict.display());
    }
}
