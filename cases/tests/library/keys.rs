//! Every key of the language stands in a file that runs: in a topology, or in a row of `options`, which sets it in a
//! guest and reads it back.

use std::collections::BTreeSet;

use toml::Value;
use xfrmlab::spec::{self, Field, Kind, TableMeta};

/// Keys that no topology has, by their table: what they do is that a kernel keeps them, and `options` shows that.
const OF_OPTIONS: &[(&str, &[&str])] = &[
    (
        "nodes.NAME.states",
        &[
            "coa", "comp", "ctx", "offload", "pcpu-num", "iptfs", "allocspi", "seq",
        ],
    ),
    ("nodes.NAME.states.offload", &["dev", "dir", "mode"]),
    (
        "nodes.NAME.states.iptfs",
        &[
            "drop-time",
            "reorder-window",
            "dont-frag",
            "init-delay",
            "max-queue-size",
            "pkt-size",
        ],
    ),
    ("nodes.NAME.policies", &["ctx", "offload"]),
    ("nodes.NAME.devices.NAME", &["fwmark"]),
    ("SELECTOR", &["code", "type", "uid"]),
    (
        "steps.do.allocspi",
        &["dir", "mark", "mode", "pcpu-num", "proto", "reqid", "seq"],
    ),
];

/// The tables and keys that a walk through files has met.
#[derive(Default)]
struct Used(BTreeSet<(&'static str, &'static str)>);

/// The fields of a table, and of those that it includes, that a key is of, with the type of its value.
fn fields(
    meta: &'static TableMeta,
    key: &str,
) -> Vec<(&'static str, &'static Field, &'static Kind)> {
    let tables = std::iter::once(meta).chain(meta.includes.iter().copied());
    tables
        .flat_map(|meta| meta.fields.iter().map(|field| (meta.place, field)))
        .filter_map(
            |(place, field)| match (field.key.strip_suffix('*'), &field.kind) {
                // The name stands in the key.
                (Some(prefix), Kind::Named(kind)) => {
                    key.starts_with(prefix).then_some((place, field, *kind))
                }
                (_, kind) => (key == field.key).then_some((place, field, kind)),
            },
        )
        .collect()
}

impl Used {
    fn table(&mut self, value: &Value, meta: &'static TableMeta) {
        for (key, value) in value.as_table().into_iter().flatten() {
            for (place, field, kind) in fields(meta, key) {
                self.0.insert((place, field.key));
                self.value(value, kind);
            }
            match (key.as_str(), value) {
                ("set", Value::Table(set)) => {
                    for (path, value) in set {
                        let words: Vec<&str> = path.split('.').collect();
                        self.path(&words, Some(value), &Kind::Table(spec::root()));
                    }
                }
                ("unset", Value::Array(paths)) => {
                    for path in paths.iter().filter_map(Value::as_str) {
                        let words: Vec<&str> = path.split('.').collect();
                        self.path(&words, None, &Kind::Table(spec::root()));
                    }
                }
                _ => {}
            }
        }
    }

    fn value(&mut self, value: &Value, kind: &Kind) {
        match (kind, value) {
            (Kind::Table(meta) | Kind::Patch(meta), _) => self.table(value, meta),
            (Kind::Laid(meta), _) => self.table(value, meta()),
            (Kind::Either(kinds), _) => kinds.iter().for_each(|kind| self.value(value, kind)),
            (Kind::List(kind) | Kind::Many(kind), Value::Array(list)) => {
                for one in list {
                    self.value(one, kind);
                }
            }
            (Kind::Many(kind), one) => self.value(one, kind),
            (Kind::Named(kind), Value::Table(table)) => {
                table.values().for_each(|one| self.value(one, kind));
            }
            _ => {}
        }
    }

    /// What is set, or taken out, by path.
    fn path(&mut self, words: &[&str], value: Option<&Value>, kind: &Kind) {
        let Some((word, rest)) = words.split_first() else {
            return value.into_iter().for_each(|value| self.value(value, kind));
        };
        let number = word.bytes().all(|b| b.is_ascii_digit());
        match kind {
            Kind::Table(meta) | Kind::Patch(meta) => {
                for (place, field, kind) in fields(meta, word) {
                    self.0.insert((place, field.key));
                    self.path(rest, value, kind);
                }
            }
            Kind::Either(kinds) => kinds.iter().for_each(|kind| self.path(words, value, kind)),
            Kind::List(kind) | Kind::Many(kind) if number => self.path(rest, value, kind),
            Kind::Many(kind) => self.path(words, value, kind),
            Kind::Named(kind) => self.path(rest, value, kind),
            _ => {}
        }
    }
}

/// Every table and key of the language.
fn all(meta: &'static TableMeta, out: &mut BTreeSet<(&'static str, &'static str)>) {
    fn of_kind(kind: &Kind, out: &mut BTreeSet<(&'static str, &'static str)>) {
        match kind {
            Kind::Table(meta) | Kind::Patch(meta) => all(meta, out),
            Kind::Laid(meta) => all(meta(), out),
            Kind::Either(kinds) => kinds.iter().for_each(|kind| of_kind(kind, out)),
            Kind::List(kind) | Kind::Many(kind) | Kind::Named(kind) => of_kind(kind, out),
            _ => {}
        }
    }
    for meta in std::iter::once(meta).chain(meta.includes.iter().copied()) {
        for field in meta.fields {
            if out.insert((meta.place, field.key)) {
                of_kind(&field.kind, out);
            }
        }
    }
}

/// Keys that none of the texts has.
fn unused(texts: &[String]) -> Vec<(&'static str, &'static str)> {
    let mut used = Used::default();
    for text in texts {
        let value: Value = toml::from_str(text).expect("a topology is TOML");
        used.table(&value, spec::root());
    }
    let mut keys = BTreeSet::new();
    all(spec::root(), &mut keys);
    assert!(keys.len() > 200, "{}", keys.len());
    keys.difference(&used.0).copied().collect()
}

#[test]
fn every_key_stands_in_a_topology_or_is_an_option_that_is_read_back() {
    let texts: Vec<String> = cases::files()
        .iter()
        .map(|file| std::fs::read_to_string(file).expect("a topology"))
        .collect();
    let seen = unused(&texts);
    let rows = [
        include_str!("../options/states.rs"),
        include_str!("../options/state_numbers.rs"),
        include_str!("../options/others.rs"),
    ];
    let of_options: Vec<(&str, &str)> = OF_OPTIONS
        .iter()
        .flat_map(|(table, keys)| keys.iter().map(move |key| (*table, *key)))
        .collect();
    for (table, key) in &of_options {
        assert!(
            seen.contains(&(*table, *key)),
            "a topology has `{key}` of `{table}` now, or the language has it no more: take it out of the list"
        );
        assert!(
            rows.iter().any(|text| text.contains(&format!("{key} ="))),
            "no row of `options` has `{key}` of `{table}`"
        );
    }
    let missing: Vec<_> = seen
        .iter()
        .filter(|key| !of_options.contains(key))
        .collect();
    assert!(missing.is_empty(), "in no file that runs: {missing:?}");
}

#[test]
fn a_key_that_no_file_has_is_found() {
    let text = "title = 'x'\n[nodes.a]\n[[links]]\nends = []\nnetem_a = { loss = '1%' }\n\
                [[variants]]\nname = 'v'\nset = { 'links.0.mtu' = 1400 }\n"
        .to_owned();
    let missing = unused(&[text]);
    let has = |table, key| !missing.contains(&(table, key));
    assert!(has("the file", "title") && has("links", "netem_*") && has("links", "mtu"));
    assert!(has("links.netem, links.netem_NODE", "loss"));
    assert!(!has("the file", "source") && !has("links.netem, links.netem_NODE", "delay"));
}
