//! Owns values that are set in the tree of a file before it means anything: `--set
//! PATH=VALUE` and `set` of a variant. It never knows which paths make sense.

use super::{
    diagnostic::shorten,
    source::{ARGUMENT, Source, Span},
    value::{Data, Entry, MAX_DEPTH, Table, Value},
};

/// A value that is set from outside the file: `--set PATH=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Keys joined by dots; list elements by index or by their `name`; quotes as in TOML.
    pub path: String,
    /// A TOML value; what is none is a string.
    pub value: String,
}

impl Set {
    /// The value as a text that messages show, which is called as it stands on the command line.
    pub(crate) fn source(&self) -> Source {
        let name = format!("{ARGUMENT} {}={}", self.path, self.value);
        Source::new(shorten(&name), self.value.clone())
    }
}

/// A `--set` argument without `=`.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not `PATH=VALUE`\n(hint: `--set tunnels.site.mode=transport`)")]
pub struct SetError(String);

impl std::str::FromStr for Set {
    type Err = SetError;

    fn from_str(text: &str) -> Result<Self, SetError> {
        // A quoted key may hold `=`; the first one outside quotes parts path and value.
        let mut quote = None;
        let at = text.char_indices().find(|(_, c)| {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(*c),
                (Some(open), c) if open == *c => quote = None,
                (None, '=') => return true,
                _ => {}
            }
            false
        });
        let (at, _) = at.ok_or_else(|| SetError(shorten(text)))?;
        let (path, value) = (text[..at].trim(), text[at + 1..].trim());
        Ok(Self {
            path: path.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// A TOML value, or a string where the text is none.
pub(crate) fn parse_value(set: &Set, source: u16) -> Value {
    let span = Span::new(source, 0..set.value.len());
    match toml::de::DeValue::parse(&set.value) {
        Ok(value) => Value::from_toml(value.get_ref(), value.span(), source),
        Err(_) => Value {
            span,
            data: Data::Text(set.value.clone()),
        },
    }
}

/// Puts a value at a path of the tree; tables on the way are made where they are missing.
pub(crate) fn set_path(
    tree: &mut Table,
    path: &str,
    span: Span,
    value: Value,
) -> Result<(), String> {
    let keys = split_path(path)?;
    let place = keys.iter().map(String::as_str).collect::<Vec<_>>();
    let (first, rest) = place.split_first().expect("a path has a key");
    set_in_table(tree, first, rest, span, value)
        .map_err(|e| format!("{e} (path `{}`)", shorten(path)))
}

/// Takes the value at a path out of the tree.
pub(crate) fn unset_path(tree: &mut Table, path: &str) -> Result<(), String> {
    let keys = split_path(path)?;
    let place: Vec<&str> = keys.iter().map(String::as_str).collect();
    unset_in_table(tree, &place).ok_or_else(|| format!("nothing at path `{}`", shorten(path)))
}

fn unset_in_table(table: &mut Table, keys: &[&str]) -> Option<()> {
    let (key, rest) = keys.split_first()?;
    let place = table.entries.iter().position(|e| e.key == *key)?;
    if rest.is_empty() {
        table.entries.remove(place);
        return Some(());
    }
    unset_in_value(&mut table.entries[place].value, rest)
}

fn unset_in_value(value: &mut Value, keys: &[&str]) -> Option<()> {
    match &mut value.data {
        Data::Table(table) => unset_in_table(table, keys),
        Data::Array(items) => {
            let (selector, rest) = keys.split_first()?;
            let place = place(items, selector)?;
            if rest.is_empty() {
                items.remove(place);
                return Some(());
            }
            unset_in_value(&mut items[place], rest)
        }
        _ => None,
    }
}

fn set_in_table(
    table: &mut Table,
    key: &str,
    rest: &[&str],
    span: Span,
    value: Value,
) -> Result<(), String> {
    let index = entry_of(table, key, span);
    set_in_value(&mut table.entries[index].value, key, rest, span, value)
}

fn set_in_value(
    slot: &mut Value,
    key: &str,
    rest: &[&str],
    span: Span,
    value: Value,
) -> Result<(), String> {
    let Some((selector, after)) = rest.split_first() else {
        *slot = value;
        return Ok(());
    };
    match &mut slot.data {
        Data::Table(table) => set_in_table(table, selector, after, span, value),
        Data::Array(items) => match element(items, selector) {
            Some(item) => set_in_value(item, selector, after, span, value),
            None => Err(format!(
                "`{}` has no element `{}`",
                shorten(key),
                shorten(selector)
            )),
        },
        _ => Err(format!("`{}` is not a table", shorten(key))),
    }
}

/// Index of the entry `key`, made as an empty table if it is missing.
fn entry_of(table: &mut Table, key: &str, span: Span) -> usize {
    table
        .entries
        .iter()
        .position(|e| e.key == key)
        .unwrap_or_else(|| {
            let value = Value {
                span,
                data: Data::Table(Table::default()),
            };
            table.entries.push(Entry {
                key: key.to_owned(),
                span,
                value,
            });
            table.entries.len() - 1
        })
}

/// The element of a list by index, or the table whose `name` it is.
fn element<'v>(items: &'v mut [Value], selector: &str) -> Option<&'v mut Value> {
    let place = place(items, selector)?;
    items.get_mut(place)
}

fn place(items: &[Value], selector: &str) -> Option<usize> {
    if let Ok(index) = selector.parse::<usize>() {
        return (index < items.len()).then_some(index);
    }
    items.iter().position(|item| match &item.data {
        Data::Table(table) => table
            .get("name")
            .is_some_and(|e| matches!(&e.value.data, Data::Text(name) if name == selector)),
        _ => false,
    })
}

/// The keys of a dotted path, quotes taken off.
fn split_path(path: &str) -> Result<Vec<String>, String> {
    let mut keys = vec![String::new()];
    let mut quote = None;
    for c in path.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '.') => keys.push(String::new()),
            _ => keys.last_mut().expect("never empty").push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("`{}` has an open quote", shorten(path)));
    }
    if keys.len() > MAX_DEPTH || keys.iter().any(String::is_empty) {
        return Err(format!("`{}` is not a path of keys", shorten(path)));
    }
    Ok(keys)
}
