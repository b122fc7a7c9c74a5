//! Owns the rules of the house that no lint of the compiler knows, as tests. It changes no file.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::CommandFactory as _;

use crate::Task;

/// Lines in a source file, its tests included, beyond which it holds more than one idea.
const LONGEST: usize = 500;
/// Names that say nothing of what a file owns.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "common", "helpers", "manager", "core", "misc",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files below `folder` with this extension, as paths relative to the repository and their text.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if path.is_dir()
                && !hidden
                && !path.ends_with("target")
                && !path.ends_with("xfrmlab-out")
            {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no .{extension} below `{folder}`");
    found
}

/// Fails with every problem at once.
#[track_caller]
fn check(problems: impl IntoIterator<Item = String>) {
    let problems: Vec<String> = problems.into_iter().collect();
    assert!(problems.is_empty(), "\n  {}\n", problems.join("\n  "));
}

#[test]
fn every_source_file_says_what_it_owns() {
    let silent = files("", "rs")
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "));
    check(silent.map(|(name, _)| format!("{name} does not begin with `//! `")));
}

#[test]
fn no_source_file_is_too_long() {
    let lengths = files("", "rs")
        .into_iter()
        .map(|(name, text)| (name, text.lines().count()));
    let long = lengths.filter(|(_, lines)| *lines > LONGEST);
    check(long.map(|(name, lines)| format!("{name} has {lines} lines, more than {LONGEST}")));
}

#[test]
fn files_are_named_after_what_they_own() {
    let empty = files("", "rs").into_iter().filter(|(name, _)| {
        let stem = Path::new(name)
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        EMPTY_NAMES.contains(&&*stem)
    });
    check(empty.map(|(name, _)| format!("{name} could hold anything")));
}

#[test]
fn cases_wait_for_conditions_and_never_sleep() {
    let sleepy = files("cases", "rs")
        .into_iter()
        .filter(|(_, text)| text.contains("sleep"));
    check(sleepy.map(|(name, _)| format!("{name} sleeps")));
}

/// What a document names and the repository lacks.
fn dead_references(text: &str) -> Vec<String> {
    let mut dead = Vec::new();
    for word in text.split(|c: char| c.is_whitespace() || "`()[]\"',;".contains(c)) {
        let path = word.trim_end_matches(['.', ':', '!', '?']);
        let ours = [
            "harness/",
            "topologies/",
            "cases/",
            "xtask/",
            ".github/",
            ".ci/",
            ".config/",
        ];
        let placeholder = path.contains(['*', '<', '{', '$', '…']) || path.contains("..");
        if ours.iter().any(|folder| path.starts_with(folder))
            && !placeholder
            && !root().join(path).exists()
        {
            dead.push(format!("no `{path}`"));
        }
    }
    let task = Task::command();
    for after in text.split("cargo xtask ").skip(1) {
        let word: String = after
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        if !word.is_empty() && task.find_subcommand(&word).is_none() {
            dead.push(format!("no `cargo xtask {word}`"));
        }
    }
    dead
}

#[test]
fn documents_name_what_is_there() {
    let problems = files("", "md").into_iter().flat_map(|(name, text)| {
        dead_references(&text)
            .into_iter()
            .map(move |what| format!("{name}: {what}"))
    });
    check(problems);
}

#[test]
fn the_continuous_integration_calls_tasks_that_are_there() {
    for file in [".github/workflows/ci.yml", ".ci/run"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        check(dead_references(&text));
    }
}

#[test]
fn a_dead_reference_is_found() {
    let text = "See `harness/src/nowhere.rs`, [this](topologies/README.md), `topologies/*.toml`; \
                run `cargo xtask fly` or `cargo xtask test`.";
    assert_eq!(
        dead_references(text),
        ["no `harness/src/nowhere.rs`", "no `cargo xtask fly`"]
    );
}
