//! The reference: it is up to date, and every example in it is one that a file may have.

use std::path::Path;

use super::source;
use crate::spec::{ip_options, json_schema, parse, reference, reference::root, resolve_all};

/// What stands above the generated part of `topologies/README.md`.
const MARKER: &str = "<!-- From here on generated from the language's own tables. -->\n\n";

#[test]
fn the_reference_in_the_repository_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/README.md");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let head = text.split(MARKER).next().unwrap_or_default();
    let expected = format!("{head}{MARKER}{}", reference());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &expected).expect("the reference");
    } else {
        assert!(
            text == expected,
            "topologies/README.md is out of date\n(hint: UPDATE_EXPECT=1)"
        );
    }
}

#[test]
fn the_table_of_options_in_the_repository_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/ip.md");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let head = text.split(MARKER).next().unwrap_or_default();
    let expected = format!("{head}{MARKER}{}", ip_options());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &expected).expect("the table");
    } else {
        assert!(
            text == expected,
            "topologies/ip.md is out of date\n(hint: UPDATE_EXPECT=1)"
        );
    }
}

#[test]
fn the_schema_in_the_repository_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/schema.json");
    let expected = json_schema();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &expected).expect("the schema");
    } else {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text == expected,
            "topologies/schema.json is out of date\n(hint: UPDATE_EXPECT=1)"
        );
    }
}

#[test]
fn every_reference_of_the_schema_leads_somewhere() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).expect("JSON");
    let text = schema.to_string();
    let targets: Vec<String> = text
        .split("\"#/$defs/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(|name| name.replace("%20", " "))
        .collect();
    assert!(targets.len() > 10);
    for target in targets {
        assert!(schema["$defs"][&target].is_object(), "{target}");
    }
}

#[test]
fn every_key_has_an_example_and_says_what_it_is() {
    for field in root().all_fields() {
        assert!(
            !field.example.is_empty() && !field.doc.is_empty(),
            "`{}`",
            field.key
        );
        let text = format!("{} = {}\n", field.key, field.example);
        if let Err(problems) = parse(&source(&text)) {
            // A file of one key lacks others, but that key itself is right.
            let wrong = problems.short();
            assert!(
                !wrong.contains("expected") && !wrong.contains("unknown"),
                "{text}{wrong}"
            );
        }
    }
}

#[test]
fn the_examples_in_the_introduction_are_files() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/README.md");
    let text = std::fs::read_to_string(path).expect("the reference");
    let blocks: Vec<&str> = text
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let document = super::document(block);
        resolve_all(&document, &[]).unwrap_or_else(|problems| panic!("{problems}"));
    }
}
