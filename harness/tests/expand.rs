//! What `xfrmlab check --expand` prints of shorthand: the committed script of the file, line by line.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

use std::{path::Path, process::Command};

/// Expands a file of the library; `has` are lines that the shorthand becomes, and how many of them there are.
#[track_caller]
fn check(name: &str, has: &[(&str, usize)]) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../topologies")
        .join(name)
        .with_extension("toml");
    let output = Command::new(env!("CARGO_BIN_EXE_xfrmlab"))
        .args(["check", "--expand"])
        .arg(&file)
        .output()
        .expect("the command is built");
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let golden = std::fs::read_to_string(file.with_extension("sh")).expect("the committed script");
    let (_, golden) = golden
        .split_once("set -eu\n\n")
        .expect("the head of a script");
    let (first, expanded) = printed.split_once('\n').expect("lines");
    assert!(first.contains(": ok, "), "{first}");
    let mut lines = expanded.lines().zip(golden.lines());
    let differ = lines.find(|(seen, wanted)| seen != wanted);
    assert_eq!(differ, None, "{name}: printed, and committed");
    assert_eq!(expanded.len(), golden.len(), "{name}");
    for (words, count) in has {
        let seen = expanded.lines().filter(|line| line.contains(words)).count();
        assert_eq!(seen, *count, "`{words}` in\n{expanded}");
    }
}

#[test]
fn a_mesh_is_two_states_and_two_policies_for_each_pair_at_each_end() {
    check(
        "language/mesh",
        &[("xfrm state add", 24), ("dir out", 12), ("dir in", 12)],
    );
}

#[test]
fn a_mesh_by_interfaces_has_a_device_for_each_peer() {
    check(
        "language/mesh-via",
        &[("type xfrm", 6), ("xfrm state add", 12)],
    );
}

#[test]
fn a_segment_is_a_node_with_a_bridge() {
    check(
        "language/segment",
        &[
            ("ip netns add lan", 1),
            ("type bridge", 1),
            ("master br0", 3),
        ],
    );
}

#[test]
fn a_file_that_extends_another_has_the_nodes_of_both() {
    check(
        "language/extends",
        &[
            ("ip netns add h1 ", 1),
            ("ip netns add h3 ", 1),
            ("mtu 1400", 1),
        ],
    );
}
