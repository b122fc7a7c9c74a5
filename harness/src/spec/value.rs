//! Owns the tree of a topology file: TOML values, each with its place, in the
//! order of the file. It never knows which keys mean something.

use toml::de::{DeTable, DeValue};

use super::source::{Source, Span};

/// Tables and lists inside each other. The language itself needs 9.
pub(crate) const MAX_DEPTH: usize = 24;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) span: Span,
    pub(crate) data: Data,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Text(String),
    /// `None` where it does not fit.
    Integer(Option<i64>),
    Float,
    Boolean(bool),
    Datetime,
    Array(Vec<Value>),
    Table(Table),
}

/// A table, entries in the order of the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) entries: Vec<Entry>,
}

/// One key of a table.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) value: Value,
}

impl Table {
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.key == key)
    }

    /// A copy of what the TOML parser made of a text.
    pub(crate) fn from_toml(table: &DeTable<'_>, source: u16) -> Self {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(key, value)| {
                let span = Span::new(source, key.span());
                let mut value = Value::from_toml(value.get_ref(), value.span(), source);
                // A table that only dotted keys or deeper headers imply has no place of its own.
                if value.span.start == value.span.end {
                    value.span = span;
                }
                Entry {
                    key: key.get_ref().to_string(),
                    span,
                    value,
                }
            })
            .collect();
        // The parser's map is sorted by name; the order of the file means something here.
        entries.sort_by_key(|e| e.span);
        Self { entries }
    }
}

impl Value {
    pub(crate) fn from_toml(
        value: &DeValue<'_>,
        range: std::ops::Range<usize>,
        source: u16,
    ) -> Self {
        let data = match value {
            DeValue::String(text) => Data::Text(text.to_string()),
            DeValue::Integer(n) => {
                Data::Integer(i64::from_str_radix(&n.as_str().replace('_', ""), n.radix()).ok())
            }
            DeValue::Float(_) => Data::Float,
            DeValue::Boolean(b) => Data::Boolean(*b),
            DeValue::Datetime(_) => Data::Datetime,
            DeValue::Array(items) => Data::Array(
                items
                    .iter()
                    .map(|item| Self::from_toml(item.get_ref(), item.span(), source))
                    .collect(),
            ),
            DeValue::Table(table) => Data::Table(Table::from_toml(table, source)),
        };
        Self {
            span: Span::new(source, range),
            data,
        }
    }

    /// What messages call a value of this type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.data {
            Data::Text(_) => "a string",
            Data::Integer(_) => "an integer",
            Data::Float => "a number with a fraction",
            Data::Boolean(_) => "a boolean",
            Data::Datetime => "a date",
            Data::Array(_) => "a list",
            Data::Table(_) => "a table",
        }
    }

    /// How deep tables and lists are nested: 1 for a plain value.
    pub(crate) fn depth(&self) -> usize {
        1 + match &self.data {
            Data::Array(items) => items.iter().map(Self::depth).max().unwrap_or(0),
            Data::Table(table) => table
                .entries
                .iter()
                .map(|e| e.value.depth())
                .max()
                .unwrap_or(0),
            _ => 0,
        }
    }
}

/// The place of `range` (bytes of the decoded text) inside a string value: exact where the
/// string stands in the source without escapes, the whole value otherwise.
pub(crate) fn inside(
    source: &Source,
    span: Span,
    text: &str,
    range: std::ops::Range<usize>,
) -> Span {
    let raw = source.slice(span);
    for quote in ["\"\"\"\n", "'''\n", "\"\"\"", "'''", "\"", "'", ""] {
        let close = quote.trim_end();
        let content = raw.strip_prefix(quote).and_then(|r| r.strip_suffix(close));
        if content == Some(text) {
            let start = span.range().start + quote.len();
            return Span::new(span.source, start + range.start..start + range.end);
        }
    }
    span
}

/// The lines of a text block, each with its place and 1-based line number in the source.
///
/// Escapes for line ends and line continuations make decoded lines differ from the lines of
/// the file; such a block has the place of its first line.
pub(crate) fn block_lines(source: &Source, span: Span, text: &str) -> Vec<(String, Span, u32)> {
    let raw = source.slice(span);
    let first = source.position(span.range().start).0;
    let body = ["\"\"\"", "'''"]
        .iter()
        .find_map(|q| raw.strip_prefix(q)?.strip_suffix(q));
    let (skip, lead) = match body {
        Some(b) if b.starts_with("\r\n") => (5, 1),
        Some(b) if b.starts_with('\n') => (4, 1),
        Some(_) => (3, 0),
        None => (1, 0),
    };
    let content = body.map(|b| &b[skip - 3..]);
    let same = content.is_some_and(|c| c.matches('\n').count() == text.matches('\n').count());
    let mut offset = span.range().start + skip;
    let mut raw_lines = content.unwrap_or_default().split('\n');
    let mut lines = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let trimmed = line.trim();
        let (mut place, mut number) = (span, first + lead);
        if same {
            let raw_line = raw_lines.next().unwrap_or_default();
            let indent = raw_line.len() - raw_line.trim_start().len();
            let start = offset + indent;
            place = Span::new(span.source, start..start + raw_line.trim().len());
            offset += raw_line.len() + 1;
            number += index;
        }
        lines.push((
            trimmed.to_owned(),
            place,
            u32::try_from(number).unwrap_or(u32::MAX),
        ));
    }
    lines
}
