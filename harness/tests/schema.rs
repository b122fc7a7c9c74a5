//! The JSON schema and the parser against each other: what a topology file has passes both, and a key that is none or
//! a value of another type passes neither.
#![expect(clippy::disallowed_methods, reason = "it reads files")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use jsonschema::Validator;
use toml::{Table, Value};
use xfrmlab::spec::{self, Source};

fn schema() -> Validator {
    let schema = serde_json::from_str(&spec::json_schema()).expect("the schema is JSON");
    jsonschema::draft202012::new(&schema).expect("the schema is one")
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the folder is in the repository");
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        if path.ends_with("findings") {
            // Data about the topologies, and none itself.
        } else if path.is_dir() {
            below(&path, found);
        } else if path.extension().is_some_and(|e| e == "toml") {
            found.push(path);
        }
    }
}

/// Every topology, by its name.
fn topologies() -> Vec<(String, Table)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies");
    let mut files = Vec::new();
    below(&root, &mut files);
    files.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a text");
        let tree = text.parse().unwrap_or_else(|e| panic!("{e}"));
        (path.display().to_string(), tree)
    };
    files.into_iter().map(read).collect()
}

/// What the schema has against a file.
fn against(schema: &Validator, file: &Table) -> Vec<String> {
    let file = serde_json::to_value(file).expect("a file is JSON too");
    let errors = schema.iter_errors(&file);
    errors
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect()
}

#[test]
fn every_topology_is_one_by_the_schema() {
    let schema = schema();
    let files = topologies();
    assert!(files.len() > 100, "{}", files.len());
    for (name, file) in files {
        let wrong = against(&schema, &file);
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn what_is_wrong_by_keys_and_types_is_wrong_by_the_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spec/tests/wrong");
    let schema = schema();
    for name in [
        "unknown_key",
        "wrong_type",
        "wrong_types",
        "wrong_tables",
        "missing_key",
    ] {
        let text = fs::read_to_string(folder.join(format!("{name}.toml"))).expect("a wrong file");
        let file = text.parse().expect("it is TOML");
        assert!(!against(&schema, &file).is_empty(), "{name}");
    }
}

/// The place of a value with names and numbers left out: what differs only by those is decoded alike.
type Shape = Vec<String>;

/// Tables whose keys are names that a file chooses.
const NAMED: &[&str] = &[
    "nodes",
    "devices",
    "sas",
    "tunnels",
    "mesh",
    "add",
    "change",
    "set",
    "steps",
    "sysctl",
    "node",
    "wire",
    "clear",
    "counters",
    "events",
    "freed",
    "snmp",
    "links",
    "sas",
    "nft",
    "conntrack",
    "update",
    "migrate",
    "rebind",
    "allocspi",
];

/// Tables that the schema leaves open: values for a path each, and settings of the kernel.
const FREE: &[&str] = &["set", "sysctl"];

/// Every place in a tree.
fn places(value: &Value, path: &[String], out: &mut Vec<Vec<String>>) {
    out.push(path.to_vec());
    let mut into = |key: String, value: &Value| {
        let path = [path, &[key]].concat();
        places(value, &path, out);
    };
    match value {
        Value::Table(table) => table
            .iter()
            .for_each(|(key, value)| into(key.clone(), value)),
        Value::Array(list) => {
            let numbered = list.iter().enumerate();
            numbered.for_each(|(number, value)| into(number.to_string(), value));
        }
        _ => {}
    }
}

fn shape(path: &[String]) -> Shape {
    let named = |at: usize| at > 0 && NAMED.contains(&path[at - 1].as_str());
    path.iter()
        .enumerate()
        .map(|(at, key)| {
            if named(at) || key.parse::<usize>().is_ok() {
                "*".to_owned()
            } else {
                key.clone()
            }
        })
        .collect()
}

fn at<'v>(tree: &'v mut Value, path: &[String]) -> &'v mut Value {
    path.iter().fold(tree, |value, key| match value {
        Value::Array(list) => &mut list[key.parse::<usize>().expect("a number")],
        value => &mut value[key.as_str()],
    })
}

/// What is done to a place: a key that is none where there is a table, a value that nothing has elsewhere.
fn spoil(value: &mut Value) {
    match value {
        Value::Table(table) => drop(table.insert("zzz".to_owned(), Value::Array(Vec::new()))),
        value => *value = Value::Datetime("1979-05-27".parse().expect("a date")),
    }
}

/// Whether the parser finds a key or a type wrong.
fn parser_objects(text: &str) -> bool {
    let problems = match spec::parse(&Source::new("x.toml", text)) {
        Ok(document) => match spec::resolve_all(&document, &[]) {
            Ok(_) => return false,
            Err(problems) => problems,
        },
        Err(problems) => problems,
    };
    problems.iter().any(|problem| {
        // The name of a variant, which stands behind, may have any words.
        let said = problem.message.split(" (in variant").next();
        said.is_some_and(|said| said.contains("unknown key") || said.contains("expected "))
    })
}

#[test]
fn the_parser_and_the_schema_object_to_the_same_keys_and_types() {
    let schema = schema();
    let mut seen: BTreeSet<Shape> = BTreeSet::new();
    let mut differ = Vec::new();
    for (name, file) in topologies() {
        if file.contains_key("extends") {
            continue;
        }
        let whole = Value::Table(file);
        let mut all = Vec::new();
        places(&whole, &[], &mut all);
        for path in all {
            if path.iter().any(|key| FREE.contains(&key.as_str())) || !seen.insert(shape(&path)) {
                continue;
            }
            // What a selector's value is depends on what it selects, and `zzz` selects nothing.
            if path.last().is_some_and(|key| key == "change") {
                continue;
            }
            let mut spoilt = whole.clone();
            spoil(at(&mut spoilt, &path));
            let Value::Table(spoilt) = spoilt else {
                panic!("a file is a table")
            };
            let parser = parser_objects(&toml::to_string(&spoilt).expect("TOML"));
            let schema = !against(&schema, &spoilt).is_empty();
            if parser != schema {
                let who = if schema { "the schema" } else { "the parser" };
                differ.push(format!("{name}: {}: only {who} objects", path.join(".")));
            }
        }
    }
    assert!(seen.len() > 700, "only {} places", seen.len());
    assert!(
        differ.is_empty(),
        "{} of {} places:\n{}",
        differ.len(),
        seen.len(),
        differ.join("\n")
    );
}
