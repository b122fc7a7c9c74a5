//! Owns source texts and places in them. It never reads a file.

use std::ops::Deref;

/// How the names of those sources begin that stand on the command line.
pub(crate) const ARGUMENT: &str = "--set";

/// A text of the topology language, with the name under which messages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path as the user gave it, or a description such as `--set`.
    pub name: String,
    pub text: String,
    /// The file that this one `extends`, or why there is none; `None` where it extends nothing, or
    /// where the text did not come from a file.
    pub base: Option<Result<Box<Source>, String>>,
}

/// A range of bytes in one of a document's sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Index of the source: 0 is the file, others are values of `--set`.
    pub source: u16,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The span of `range` in source `source`. Sources are limited to far less than 4 GiB.
    pub(crate) fn new(source: u16, range: std::ops::Range<usize>) -> Self {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            source,
            start: clip(range.start),
            end: clip(range.end),
        }
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value with the place that it came from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spanned<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

impl<T> Spanned<T> {
    pub(crate) fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl Source {
    /// A text that extends no other.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            base: None,
        }
    }

    /// Whether it is an argument of the command line, in which no place is looked for.
    pub(crate) fn is_argument(&self) -> bool {
        self.name.starts_with(ARGUMENT)
    }

    /// 1-based line and column (in characters) of a byte offset.
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        (
            before.matches('\n').count() + 1,
            before[start..].chars().count() + 1,
        )
    }

    /// The text of a span; empty where the span does not fit the text.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}
