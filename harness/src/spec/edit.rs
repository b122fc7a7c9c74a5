//! Owns the writing of values into the text of a topology file: everything else of it, comments
//! and layout, stays as it is to the byte. It never knows why a value is written.
//!
//! The text is spliced at the places that the TOML parser gives: an editor of the tree would put
//! dotted keys of one table together, and with them move the comments between them.

use super::{
    source::{Source, Span},
    value::{Data, Entry, Table, Value},
};
use crate::judge::{Renewed, Stated, Statement};

/// The table that is written to.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// The step of the file with this name.
    Step(&'a str),
    /// The variant with this name.
    Variant(&'a str),
}

/// Why a value cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("no {0} in the file")]
    NoTarget(String),
    #[error(
        "there is no place for `{0}` in the layout of the file\n(hint: write `{0} = \"\"` below the step's `name`, and bless again)"
    )]
    NoPlace(String),
}

/// The text of the file with a value at these keys of the target. `under` comes before the keys of
/// the statement.
pub fn write(
    source: &Source,
    target: Target<'_>,
    under: &[&str],
    statement: &Statement,
) -> Result<String, EditError> {
    let mut text = source.text.clone();
    loop {
        let now = Source {
            name: source.name.clone(),
            text,
            base: None,
        };
        let tree = tree(&now);
        let root = find(&tree, target)
            .ok_or_else(|| EditError::NoTarget(format!("{target:?}").to_lowercase()))?;
        let keys = spelling(root, under, &statement.keys);
        match step(&now, root, &keys, &statement.value) {
            Some(Change::Done(text)) => return Ok(text),
            Some(Change::Again(again)) if again != now.text => text = again,
            _ => return Err(EditError::NoPlace(dotted(&keys))),
        }
    }
}

enum Change {
    Done(String),
    /// An inline table was written out; the place is to be looked for anew.
    Again(String),
}

fn tree(source: &Source) -> Table {
    let (toml, _) = toml::de::DeTable::parse_recoverable(&source.text);
    Table::from_toml(toml.get_ref(), 0)
}

fn find<'t>(tree: &'t Table, target: Target<'_>) -> Option<&'t Table> {
    let (list, name) = match target {
        Target::Step(name) => ("steps", name),
        Target::Variant(name) => ("variants", name),
    };
    let Data::Array(items) = &tree.get(list)?.value.data else {
        return None;
    };
    let tables = items.iter().filter_map(|item| match &item.data {
        Data::Table(table) => Some(table),
        _ => None,
    });
    tables.into_iter().find(|table| {
        table
            .get("name")
            .is_some_and(|n| matches!(&n.value.data, Data::Text(t) if t == name))
    })
}

/// The keys in the spelling that the file has already, or in the usual one.
fn spelling(root: &Table, under: &[&str], keys: &[Vec<String>]) -> Vec<String> {
    let mut out: Vec<String> = under.iter().map(|k| (*k).to_owned()).collect();
    for names in keys {
        let table = table_at(root, &out);
        let known = names
            .iter()
            .find(|n| table.is_some_and(|t| t.get(n).is_some()));
        out.extend(known.or(names.first()).cloned());
    }
    out
}

fn table_at<'t>(root: &'t Table, keys: &[String]) -> Option<&'t Table> {
    keys.iter()
        .try_fold(root, |table, key| match &table.get(key)?.value.data {
            Data::Table(inner) => Some(inner),
            _ => None,
        })
}

fn step(source: &Source, root: &Table, keys: &[String], value: &Stated) -> Option<Change> {
    // What is written in braces is written out first, from the outside in.
    for depth in 1..keys.len() {
        let Some(entry) = entry_at(root, &keys[..depth]) else {
            break;
        };
        if source.slice(entry.value.span).starts_with('{') {
            return Some(Change::Again(write_out(source, entry)?));
        }
    }
    if let Some(entry) = entry_at(root, keys) {
        let old = match &entry.value.data {
            Data::Text(text) => Some(text.as_str()),
            _ => None,
        };
        let single = !source.slice(entry.value.span).starts_with("\"\"\"")
            && !source.slice(entry.value.span).starts_with("'''");
        let new = literal(value, old, single);
        return Some(Change::Done(splice(source, entry.value.span, &new)));
    }
    for depth in (0..keys.len()).rev() {
        let Some(container) = table_at(root, &keys[..depth]) else {
            continue;
        };
        if let Some((at, prefix)) = place_below(source, container) {
            let new = literal(
                value,
                None,
                matches!(keys[..], [.., ref k, _] if k != "node"),
            );
            // A block of several lines is set apart as people do.
            let behind_block = source.text[..at].ends_with("\"\"\"");
            let apart = new.contains('\n') || behind_block;
            let gap = if apart { "\n\n" } else { "\n" };
            let line = format!("{gap}{prefix}{} = {new}", dotted(&keys[depth..]));
            let mut text = source.text.clone();
            text.insert_str(at, &line);
            return Some(Change::Done(text));
        }
    }
    None
}

fn entry_at<'t>(root: &'t Table, keys: &[String]) -> Option<&'t Entry> {
    let (last, before) = keys.split_last()?;
    table_at(root, before)?.get(last)
}

fn splice(source: &Source, span: Span, new: &str) -> String {
    let mut text = source.text.clone();
    text.replace_range(span.range(), new);
    text
}

/// `expect = { a = 1, b = 2 }` as `expect.a = 1` and `expect.b = 2`, each on a line.
fn write_out(source: &Source, entry: &Entry) -> Option<String> {
    let Data::Table(table) = &entry.value.data else {
        return None;
    };
    let start = line_start(source, entry.span);
    let prefix = source.text.get(start..entry.span.range().end)?;
    let mut lines = Vec::new();
    for (path, leaf) in leaves(table) {
        let keys = dotted(&path);
        lines.push(format!(
            "{prefix}.{keys} = {}",
            source.slice(leaf.value.span)
        ));
    }
    let mut text = source.text.clone();
    text.replace_range(start..entry.value.span.range().end, &lines.join("\n"));
    Some(text)
}

/// Where a line for a key of this table can stand: behind the last of its values, whose line
/// begins with the same prefix.
fn place_below(source: &Source, table: &Table) -> Option<(usize, String)> {
    let mut found: Option<(usize, String)> = None;
    for (path, leaf) in leaves(table) {
        let start = line_start(source, leaf.span);
        let before = source.text.get(start..leaf.span.range().start)?;
        // A list of tables stands under headers of its own.
        if before.trim_start().starts_with('[') {
            continue;
        }
        let parts = split_dotted(before);
        let Some(own) = parts.len().checked_sub(path.len() - 1) else {
            continue;
        };
        let prefix: String = parts[..own].concat();
        let end = leaf.value.span.range().end;
        let rest = &source.text[end..];
        let end = end + rest.find('\n').unwrap_or(rest.len());
        if found.as_ref().is_none_or(|(at, _)| *at < end) {
            found = Some((end, prefix));
        }
    }
    found
}

/// The values of a table, with their keys, those of tables in braces as one.
fn leaves(table: &Table) -> Vec<(Vec<String>, &Entry)> {
    let mut out = Vec::new();
    for entry in &table.entries {
        let key = vec![entry.key.clone()];
        match &entry.value {
            Value {
                data: Data::Table(inner),
                ..
            } if !is_inline(entry) => {
                for (mut path, leaf) in leaves(inner) {
                    path.insert(0, entry.key.clone());
                    out.push((path, leaf));
                }
            }
            _ => out.push((key, entry)),
        }
    }
    out
}

/// Whether a table stands in braces: its place is behind its key, and no part of it.
fn is_inline(entry: &Entry) -> bool {
    entry.value.span.start >= entry.span.end
}

fn line_start(source: &Source, span: Span) -> usize {
    let at = span.range().start;
    source.text[..at].rfind('\n').map_or(0, |n| n + 1)
}

/// `expect."a>b".` as its parts, each with its dot.
fn split_dotted(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut quote = None;
    for c in text.chars() {
        part.push(c);
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '.') => parts.push(std::mem::take(&mut part)),
            _ => {}
        }
    }
    if !part.trim().is_empty() {
        parts.push(part);
    }
    parts
}

fn dotted(keys: &[String]) -> String {
    let bare = |k: &str| {
        !k.is_empty()
            && k.chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    let keys = keys
        .iter()
        .map(|k| if bare(k) { k.clone() } else { quoted(k) });
    keys.collect::<Vec<_>>().join(".")
}

/// A text as a TOML string on one line.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A value as TOML; blocks keep the comments and empty lines of the text that they replace.
fn literal(value: &Stated, old: Option<&str>, single: bool) -> String {
    let lines = match value {
        Stated::Value(text) => return text.clone(),
        Stated::Block(lines) => lines.clone(),
        Stated::Renewed(stated, renewed) => {
            let stated = stated.join("\n");
            renew(old.unwrap_or(&stated), renewed)
        }
    };
    match lines.as_slice() {
        [] => "\"\"".to_owned(),
        [line] if single && !line.contains('"') => quoted(line),
        lines => {
            let text = lines.join("\n").replace('\\', "\\\\");
            format!("\"\"\"\n{}\n\"\"\"", text.replace("\"\"\"", "\"\"\\\""))
        }
    }
}

/// The lines of an old text with what becomes of them.
fn renew(old: &str, renewed: &[Renewed]) -> Vec<String> {
    // What stands before each line that counts, and that line.
    let mut before: Vec<String> = Vec::new();
    let mut stated: Vec<(Vec<String>, String)> = Vec::new();
    for line in old.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            before.push(line.to_owned());
        } else {
            stated.push((std::mem::take(&mut before), line.to_owned()));
        }
    }
    let mut next = 0;
    let mut out = Vec::new();
    for line in renewed {
        match line {
            Renewed::Kept(at) => {
                // Comments of lines that went stay.
                for (index, (comments, text)) in stated.iter().enumerate().take(at + 1).skip(next) {
                    out.extend(comments.iter().cloned());
                    if index == *at {
                        out.push(text.clone());
                    }
                }
                next = at + 1;
            }
            Renewed::New(text) => {
                if let Some((comments, _)) = stated.get_mut(next) {
                    out.append(comments);
                }
                out.push(text.clone());
            }
        }
    }
    for (comments, _) in stated.iter().skip(next) {
        out.extend(comments.iter().cloned());
    }
    out.extend(before);
    let first = out.iter().position(|l| !l.trim().is_empty());
    let last = out.iter().rposition(|l| !l.trim().is_empty());
    match (first, last) {
        (Some(first), Some(last)) => out[first..=last].to_vec(),
        _ => Vec::new(),
    }
}
