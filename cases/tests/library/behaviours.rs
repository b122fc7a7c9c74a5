//! Owns the behaviours that the library knows of (`topologies/findings`), and the page of findings.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::shelf::{File, check_page, shelf};

/// One behaviour of the kernel, under its slug.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Behaviour {
    /// One sentence: what is the case.
    pub(crate) says: String,
    /// Where that is said.
    pub(crate) source: String,
    /// The source left open how it comes out, so a run had to settle it.
    #[serde(default)]
    open: bool,
    /// What the source says, where the kernel does otherwise.
    expected: Option<String>,
    /// What the kernel did.
    seen: Option<String>,
    /// The kernel on which that was seen.
    kernel: Option<String>,
    /// Why no file shows it.
    pub(crate) none: Option<String>,
}

/// A file of `topologies/findings`: its name, and the behaviours by slug.
type Subject = (String, BTreeMap<String, Behaviour>);

pub(crate) fn behaviours() -> Vec<Subject> {
    let files = cases::toml_below(&cases::topologies().join("findings"));
    let subjects = files.iter().map(|path| {
        let text = std::fs::read_to_string(path).expect("it was listed");
        let read = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let subject = path.file_stem().unwrap_or_default().to_string_lossy();
        (subject.into_owned(), read)
    });
    subjects.collect()
}

/// Files that show a behaviour.
pub(crate) fn shown_by<'f>(slug: &str, files: &'f [File]) -> Vec<&'f str> {
    let shows = |f: &&File| {
        f.about
            .as_ref()
            .is_some_and(|a| a.shows.iter().any(|s| s == slug))
    };
    files.iter().filter(shows).map(|f| &*f.name).collect()
}

#[test]
fn every_behaviour_has_a_file_or_the_reason_why_not() {
    let files = shelf();
    let mut problems = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for (subject, behaviours) in behaviours() {
        for (slug, it) in behaviours {
            let place = format!("findings/{subject}.toml [{slug}]");
            let shown = !shown_by(&slug, &files).is_empty();
            let mut must = |holds: bool, what: &str| {
                if !holds {
                    problems.push(format!("{place}: {what}"));
                }
            };
            must(
                shown || it.none.is_some(),
                "no file shows it, and no `none`",
            );
            must(
                !shown || it.none.is_none(),
                "a file shows it: `none` has to go",
            );
            must(shown || it.seen.is_none(), "`seen`, but no file shows it");
            must(
                !(it.open && shown) || it.seen.is_some(),
                "settled: what was `seen`?",
            );
            must(
                it.seen.is_some() == it.kernel.is_some(),
                "`seen` goes with `kernel`",
            );
            must(
                it.expected.is_none() || it.seen.is_some(),
                "`expected` goes with `seen`",
            );
            if known.contains(&slug) {
                problems.push(format!("{place}: there are two"));
            }
            known.push(slug);
        }
    }
    for file in &files {
        for slug in file.about.iter().flat_map(|a| &a.shows) {
            if !known.contains(slug) {
                problems.push(format!("{}: no behaviour `{slug}` in findings", file.name));
            }
        }
    }
    assert!(problems.is_empty(), "\n  {}\n", problems.join("\n  "));
}

#[test]
fn the_page_of_findings_is_up_to_date() {
    let files = shelf();
    let mut page = String::from(
        "# Findings\n\nWhat a source leaves open or says otherwise, and what the kernel does. Each line is held by the files\n\
         that it names. Made of `findings/*.toml` by `UPDATE_EXPECT=1 cargo test -p cases --test library`.\n",
    );
    for (subject, behaviours) in behaviours() {
        let found: Vec<_> = behaviours
            .iter()
            .filter_map(|(slug, b)| Some((slug, b, b.seen.as_ref()?)))
            .collect();
        if found.is_empty() {
            continue;
        }
        page += &format!("\n## {subject}\n");
        for (slug, it, seen) in found {
            page += &format!("\n**`{slug}`** {} ({}).\n", it.says, it.source);
            if let Some(expected) = &it.expected {
                page += &format!("- Expected: {expected}\n");
            }
            let kernel = it.kernel.as_deref().unwrap_or("?");
            page += &format!("- Seen on {kernel}: {seen}\n");
            let shown = shown_by(slug, &files);
            let names: Vec<String> = shown.iter().map(|name| format!("`{name}`")).collect();
            page += &format!("- Held by {}\n", names.join(", "));
        }
    }
    check_page("FINDINGS.md", &page);
}
