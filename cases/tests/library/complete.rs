//! Owns what every file of the library must have: a source, a variant in which its claim fails or turns at something
//! named, and a length that is read at once. Exceptions stand here with their reasons.

use std::collections::BTreeMap;

use xfrmlab::spec;

use crate::shelf::{File, shelf};

/// Lines that a file has at most.
const LINES: usize = 120;

/// Longer files, and why they are not split.
const LONG: [(&str, &str); 4] = [
    ("causes/pair", "a table: one short variant for each cause"),
    (
        "language/tunnels",
        "a table: one short variant for each kind of tunnel",
    ),
    (
        "seeds/gateway-pair",
        "the file to begin with says all of it, hop by hop",
    ),
    ("seeds/gateway-pair-nat", "likewise"),
];

/// Files without a variant, and why.
const ALONE: [(&str, &str); 1] = [(
    "language/gateways",
    "a world for other files to extend, whose variants they are",
)];

/// Whether a variant names what differs: a line, a cause, a counter, or expectations of its own.
fn turns(file: &File, variant: &str) -> bool {
    let plan = spec::resolve(&file.document, Some(variant), &[])
        .unwrap_or_else(|e| panic!("{}", e.render(false)));
    match plan.fails {
        Some(fails) => {
            let cause = fails.cause.is_some() || !fails.causes.is_empty();
            cause || fails.line.is_some() || fails.counter.is_some()
        }
        None => spec::variant_expects(&file.document, variant),
    }
}

/// What a file lacks.
fn lacks(file: &File) -> Vec<&'static str> {
    let mut lacks = Vec::new();
    if file.source.is_none() {
        lacks.push("no `source`");
    }
    if !spec::unasserted(&file.document).is_empty() {
        lacks.push("something that expects nothing (`xfrmlab check`)");
    }
    let variants = spec::variants(&file.document);
    if !variants.iter().any(|variant| turns(file, variant)) {
        lacks.push("no variant in which it fails or turns at a named line, cause or counter");
    }
    lacks
}

#[test]
fn every_file_has_a_source_and_a_variant_that_turns() {
    let alone: BTreeMap<_, _> = ALONE.into_iter().collect();
    let mut problems = Vec::new();
    for file in shelf() {
        let lacks = lacks(&file);
        match (alone.get(&*file.name), lacks.is_empty()) {
            (None, false) => problems.push(format!("{}: {}", file.name, lacks.join(", "))),
            (Some(_), true) => problems.push(format!("{}: it has to leave `ALONE`", file.name)),
            _ => {}
        }
    }
    assert!(problems.is_empty(), "\n  {}\n", problems.join("\n  "));
}

#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let long: BTreeMap<_, _> = LONG.into_iter().collect();
    let mut problems = Vec::new();
    for path in cases::files() {
        let name = cases::name(&path);
        let text = std::fs::read_to_string(&path).expect("it was listed");
        let lines = text.lines().count();
        match (long.get(&*name), lines > LINES) {
            (None, true) => problems.push(format!("{name}: {lines} lines, {LINES} are allowed")),
            (Some(_), false) => problems.push(format!("{name}: it has to leave `LONG`")),
            _ => {}
        }
    }
    assert!(problems.is_empty(), "\n  {}\n", problems.join("\n  "));
}

#[test]
fn titles_tell_files_apart() {
    let mut titles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in shelf() {
        titles.entry(file.title).or_default().push(file.name);
    }
    titles.retain(|_, names| names.len() > 1);
    assert!(
        titles.is_empty(),
        "one title for several files: {titles:#?}"
    );
}
