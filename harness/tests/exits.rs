//! Exit code 2 for what the person gave, whenever it shows that it is wrong, and its place; 3 is for a lab that broke.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

use std::path::Path;

mod said;

/// A world without IPsec, which every kernel has.
const ROUTER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../topologies/seeds/plain-router.toml"
);

/// What the command says in a folder, as one line.
fn said(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let (code, text) = said::said(folder, arguments);
    let words: Vec<&str> = text.split_whitespace().collect();
    (code, words.join(" "))
}

#[track_caller]
fn check(arguments: &[&str], expected: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = said(folder.path(), arguments);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains(expected), "expected `{expected}` in:\n{said}");
    let left = std::fs::read_dir(folder.path()).map_or(0, Iterator::count);
    assert_eq!(left, 0, "nothing was run, so nothing is written");
}

#[test]
fn a_node_that_is_not_there() {
    check(
        &["shell", "--kernel", "host", ROUTER, "nope"],
        "no node `nope` (hint: the nodes are h1, r, h2)",
    );
}

#[test]
fn a_step_that_is_not_there() {
    check(
        &[
            "run", "--kernel", "host", "--bless", "--step", "nope", ROUTER,
        ],
        "no step `nope` (hint: the steps are `",
    );
}

#[test]
fn a_folder_that_is_none() {
    check(
        &["judge", "nope"],
        "`nope/SHA256SUMS`: No such file or directory (os error 2) (hint: `xfrmlab run` writes run folders",
    );
    check(&["judge", "."], "(hint: `xfrmlab run` writes run folders");
}

#[test]
fn places_that_cannot_be_written() {
    let run = ["run", "--kernel", "host", ROUTER];
    check(
        &[&run[..], &["--out", "/dev/null/out"]].concat(),
        "cannot write run folders to `/dev/null/out`",
    );
    check(
        &[&run[..], &["--out", "/dev/shm", "--junit", "nope/x.xml"]].concat(),
        "cannot write a JUnit report to `nope/x.xml`: there is no such folder",
    );
    check(
        &[&run[..], &["--out", "/dev/shm", "--junit", "."]].concat(),
        "cannot write a JUnit report to `.`: it is a folder",
    );
}

#[test]
fn a_word_that_is_no_kernel() {
    check(
        &["run", "--kernel", "nope", ROUTER],
        "no kernel is named by `nope`",
    );
}

/// Rules are read by their own program when the lab is built, so the place comes from there.
#[test]
fn rules_that_nft_cannot_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rules = "table inet f {\n  chain c { type filter hook forward priority 0; acept; }\n}";
    let text = format!(
        "title = \"x\"\nallow = [\"no-expectation\"]\n[nodes.a]\nnft = \"\"\"\n{rules}\n\"\"\"\n[nodes.b]\n\
         [[links]]\nends = [\"a:eth0 10.0.0.1/24\", \"b:eth0 10.0.0.2/24\"]\n\
         [[steps]]\nname = \"s\"\nping = {{ from = \"a\", to = \"10.0.0.2\" }}\n"
    );
    std::fs::write(folder.path().join("x.toml"), text).expect("a file");
    let (code, said) = said(folder.path(), &["run", "--kernel", "host", "x.toml"]);
    assert_eq!(code, Some(2), "{said}");
    // Line and column are those of the file: the second line of the rules is its sixth.
    assert!(said.contains("x.toml:6:55: Error: "), "{said}");
    assert!(said.contains("on node `a`"), "{said}");
}

#[test]
fn a_shell_is_given_in_one_world_without_windows() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let other = folder.path().join("other.toml");
    std::fs::copy(ROUTER, &other).expect("a file");
    let other = other.to_string_lossy();
    let keep = ["run", "--kernel", "host", "--keep", ROUTER];
    check(
        &[&keep[..], &[&other]].concat(),
        "`--keep` gives a shell in one world (hint: name one file)",
    );
    check(&[&keep[..], &["--json"]].concat(), "cannot be used with");
    let router = std::fs::read_to_string(ROUTER).expect("it is in the library");
    let (world, _) = router.split_once("[[steps]]").expect("it has a step");
    let step = "[[steps]]\nname = \"many\"\nping = { from = \"h1\", to = \"10.0.2.100\", count = 3 }\n\
                windows = 2\nexpect.reply = true\n";
    std::fs::write(folder.path().join("w.toml"), format!("{world}{step}")).expect("a file");
    let windows = folder.path().join("w.toml");
    check(
        &[
            "run",
            "--kernel",
            "host",
            "--keep",
            &windows.to_string_lossy(),
        ],
        "step `many` runs in windows, which `--keep` does not keep",
    );
}
