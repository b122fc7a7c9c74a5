//! The two faces of an operation against each other: a world built by netlink and the same world built by
//! its exported script, in one kernel, look the same to `ip` and `tc`.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Worlds that use every kind of operation between them.
const WORLDS: [&str; 4] = [
    "link/netem",
    "link/rules",
    "policy/everything",
    "xfrmi/moved",
];

/// What is asked in each node.
const QUESTIONS: [&str; 13] = [
    "-d link",
    "addr",
    "route show table all",
    "-6 route show table all",
    "rule",
    "-6 rule",
    "neigh show nud permanent",
    "xfrm state",
    "xfrm policy",
    "xfrm policy getdefault",
    "xfrm policy count",
    "-6 neigh show nud permanent",
    "-s xfrm state count",
];

fn topology(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../topologies")
        .join(format!("{name}.toml"))
}

/// Runs `xfrmlab` with `typed` as its input and gives what it prints.
fn xfrmlab(arguments: &[&str], file: &Path, node: Option<&str>, typed: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_xfrmlab"))
        .args(arguments)
        .arg(file)
        .args(node)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command is built");
    let mut stdin = child.stdin.take().expect("it is piped");
    drop(stdin.write_all(typed.as_bytes()));
    drop(stdin);
    let output = child.wait_with_output().expect("it can be waited for");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

const SHELL: [&str; 3] = ["shell", "--kernel", "debian:6.12"];

/// The lines that ask all nodes everything.
fn questions(nodes: &[&str]) -> String {
    let of = |node: &&str| {
        let asked = QUESTIONS.map(|q| format!("ip -n {node} {q}\n")).concat();
        format!("echo 'node {node}'\n{asked}tc -n {node} qdisc\n")
    };
    nodes.iter().map(of).collect()
}

/// An answer without what differs between two worlds that are the same: numbers that the kernel counts on, and times.
fn comparable(line: &str) -> String {
    let line = line.trim_end();
    let line = match line.split_once(": ") {
        Some((number, rest)) if number.parse::<u32>().is_ok() => rest,
        _ => line,
    };
    let mut words = line.split(' ').peekable();
    let mut out = Vec::new();
    while let Some(word) = words.next() {
        let skipped = matches!(
            word,
            "link-netns"
                | "link-netnsid"
                | "index"
                | "forward_delay_timer"
                | "add"
                | "hold_timer"
                | "hello_timer"
                | "tcn_timer"
                | "topology_change_timer"
                | "gc_timer"
                | "netem"
                | "seed"
        );
        if skipped {
            while words.next_if(|w| w.is_empty()).is_some() {}
            words.next();
        } else {
            out.push(word.split("@if").next().unwrap_or(word));
        }
    }
    out.join(" ")
}

fn dump(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|l| !l.starts_with("node "));
    // When an SA was added and used, down to the second.
    lines
        .map(comparable)
        .filter(|l| !l.trim_start().starts_with("20"))
        .collect()
}

#[track_caller]
fn check(name: &str) {
    let file = topology(name);
    let script = xfrmlab(&["export"], &file, None, "");
    let nodes: Vec<&str> = script
        .lines()
        .filter_map(|l| l.strip_prefix("ip netns add ")?.split(' ').next())
        .collect();
    let asked = questions(&nodes);
    let by_netlink = dump(&xfrmlab(&SHELL, &file, nodes.first().copied(), &asked));
    // The guest has no `ethtool`; offloads are nothing that `ip` shows.
    let lines: Vec<&str> = script
        .lines()
        .filter(|l| !l.contains(" ethtool "))
        .collect();
    let script = lines.join("\n") + "\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    let empty = folder.path().join("empty.toml");
    std::fs::write(&empty, "title = \"empty\"\n[nodes.empty]\n").expect("it can be written");
    let typed = format!("{script}{asked}");
    let by_script = dump(&xfrmlab(&SHELL, &empty, Some("empty"), &typed));
    assert!(by_netlink.len() > nodes.len() * 20, "{by_netlink:#?}");
    let other = |(a, b): (&String, &String)| (a != b).then(|| format!("netlink {a}\nscript  {b}"));
    let lines = by_netlink.iter().zip(&by_script);
    let differ: Vec<String> = lines.filter_map(other).take(9).collect();
    assert!(
        differ.is_empty() && by_netlink.len() == by_script.len(),
        "{name}: {} and {} lines\n{}",
        by_netlink.len(),
        by_script.len(),
        differ.join("\n")
    );
}

#[test]
fn netlink_and_script_build_the_same_world() {
    // Boots wait for each other's processors more than for one another.
    std::thread::scope(|scope| {
        for half in WORLDS.chunks(WORLDS.len() / 2) {
            scope.spawn(|| half.iter().for_each(|name| check(name)));
        }
    });
}
