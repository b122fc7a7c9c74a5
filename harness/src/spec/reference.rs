//! Owns the field reference: what the tables of the language say about themselves, as
//! Markdown. It never writes a file.

use std::fmt::Write as _;

use super::{
    decode::FromTable,
    lint::Lint,
    meta::{Field, Kind, TableMeta},
    reference_words,
    schema::file::FileSpec,
};
use crate::judge::cause_remedies;

/// The top-level table; every other one is reached from it.
pub fn root() -> &'static TableMeta {
    FileSpec::META
}

/// The field reference: `topologies/README.md` from its marker on.
pub fn reference() -> String {
    let mut text = String::new();
    for table in tables() {
        section(table, &mut text);
    }
    text.push_str("## Named checks\n\n`allow = [\"NAME\"]` switches one off.\n");
    for lint in Lint::ALL {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n- `{}`: {}", lint.name(), lint.why());
    }
    text.push_str(
        "\n\n## Causes\n\nWhat `fails.cause` and `fails.causes` may name, and what helps. Each is told from what a run saw alone.\n",
    );
    for (name, remedy) in cause_remedies() {
        let _ = write!(text, "\n- `{name}`: {remedy}.");
    }
    text.push('\n');
    reference_words::lists(&mut text);
    text
}

/// Every table once, in the order in which keys lead to it.
pub(super) fn tables() -> Vec<&'static TableMeta> {
    let mut found = vec![root()];
    let mut next = 0;
    while let Some(table) = found.get(next).copied() {
        for included in table.includes {
            if !found.iter().any(|t| t.place == included.place) {
                found.push(included);
            }
        }
        for field in table.all_fields() {
            inner(&field.kind, &mut found);
        }
        next += 1;
    }
    found
}

/// The tables that values of a type are made of.
fn inner(kind: &Kind, found: &mut Vec<&'static TableMeta>) {
    match kind {
        Kind::List(kind) | Kind::Many(kind) | Kind::Named(kind) => inner(kind, found),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| inner(kind, found)),
        Kind::Table(table) | Kind::Patch(table) => {
            // Tables are told apart by their place: a constant may have several addresses.
            if !found.iter().any(|t| t.place == table.place) {
                found.push(table);
            }
        }
        // It has this one inside, so it is there already.
        Kind::Laid(_)
        | Kind::Text { .. }
        | Kind::Boolean
        | Kind::Integer { .. }
        | Kind::Word { .. }
        | Kind::Any => {}
    }
}

fn section(table: &TableMeta, text: &mut String) {
    let _ = write!(text, "## `{}`\n\n{}\n", table.place, sentence(table.doc));
    for included in table.includes {
        let _ = write!(text, "\nIt has the keys of `{}` as well.\n", included.place);
    }
    for field in table.fields {
        entry(field, text);
    }
    text.push_str("\n\n");
}

fn entry(field: &Field, text: &mut String) {
    let _ = write!(text, "\n- **`{}`** ({}", field.key, type_name(&field.kind));
    if field.required {
        text.push_str(", required)");
    } else {
        let _ = write!(text, "; default: {})", field.default);
    }
    let _ = write!(text, ": {}", sentence(field.doc));
    if !field.constraint.is_empty() {
        let _ = write!(text, " Constraint: {}.", field.constraint);
    }
    let key = if field.key.contains('>') {
        format!("\"{}\"", field.key)
    } else {
        field.key.replace('*', "NODE")
    };
    let _ = write!(text, "\n  `{key} = {}`", field.example.replace('\n', " "));
}

/// The type, with limits and words spelt out.
fn type_name(kind: &Kind) -> String {
    match kind {
        Kind::Integer { name, min, max } if *max <= i64::from(u32::MAX) => {
            format!("{name}, {min} to {max}")
        }
        Kind::Word { words, .. } => words
            .iter()
            .map(|w| format!("`\"{w}\"`"))
            .collect::<Vec<_>>()
            .join(", "),
        Kind::List(kind) => format!("list: {}", type_name(kind)),
        Kind::Many(kind) => format!("one or a list: {}", type_name(kind)),
        Kind::Named(kind) => format!("by name: {}", type_name(kind)),
        Kind::Table(table) => format!("`{}`", table.place),
        Kind::Patch(table) => format!("keys of `{}`", table.place),
        Kind::Laid(table) => format!("keys of `{}`", table().place),
        Kind::Any => "any value".to_owned(),
        Kind::Either(kinds) => kinds
            .iter()
            .map(type_name)
            .collect::<Vec<_>>()
            .join(", or "),
        Kind::Text { name, .. } | Kind::Integer { name, .. } => (*name).to_owned(),
        Kind::Boolean => "boolean".to_owned(),
    }
}

/// The lines of a doc comment as one.
pub(crate) fn sentence(doc: &[&str]) -> String {
    doc.iter()
        .map(|line| line.trim())
        .collect::<Vec<_>>()
        .join(" ")
}
