//! Owns the step from TOML values to the structs of the language: every problem is
//! collected and decoding goes on. It never looks at how tables relate to each other.

use super::{
    diagnostic::Problems,
    meta::{Field, Kind, TableMeta},
    source::{Source, Span, Spanned},
    value::{Data, Entry, Table, Value, inside},
};

/// Makes values of the language from TOML values.
pub(crate) trait FromToml: Sized {
    /// What the reference says about the type.
    const KIND: Kind;

    /// The value, or `None` after a problem was noted.
    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self>;
}

/// A type made of the keys of a table. Implemented by `table!` only.
pub(crate) trait FromTable: Sized {
    const META: &'static TableMeta;

    /// Decodes the keys of `META`; unknown keys are somebody else's.
    fn from_table(table: &Table, owner: Span, cx: &mut Decoder<'_>) -> Self;

    /// Takes over every key that `other` has.
    fn overlay(&mut self, other: Self);
}

/// What decoding needs to know, and the problems so far.
pub(crate) struct Decoder<'a> {
    pub(crate) sources: &'a [Source],
    pub(crate) problems: Problems,
    /// Missing keys are no problem: after a syntax error, and where a table says only what differs.
    pub(crate) partial: bool,
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(sources: &'a [Source]) -> Self {
        Self {
            sources,
            problems: Problems::default(),
            partial: false,
        }
    }

    /// Notes that a value has the wrong type.
    pub(crate) fn mismatch(&mut self, value: &Value, expected: &str) {
        self.problems.error(
            value.span,
            format!("expected {expected}, found {}", value.type_name()),
        );
    }

    /// The place of a part of a string value.
    pub(crate) fn inside(&self, span: Span, text: &str, range: std::ops::Range<usize>) -> Span {
        match self.sources.get(usize::from(span.source)) {
            Some(source) => inside(source, span, text, range),
            None => span,
        }
    }

    /// A table whose keys are all in `meta`, or problems.
    pub(crate) fn table<'v>(&mut self, value: &'v Value, meta: &TableMeta) -> Option<&'v Table> {
        let Data::Table(table) = &value.data else {
            self.mismatch(value, &format!("a table ({})", meta.summary()));
            return None;
        };
        for entry in &table.entries {
            if !meta.all_fields().any(|f| f.matches(&entry.key)) {
                let known: Vec<&str> = meta.all_fields().map(|f| f.key).collect();
                self.problems.unknown(entry.span, "key", &entry.key, &known);
            }
        }
        Some(table)
    }

    /// The value of one key. A missing or wrong one is `None`, and a problem where it must not be.
    pub(crate) fn field<T: FromToml>(
        &mut self,
        table: &Table,
        owner: Span,
        field: &Field,
    ) -> Option<Spanned<T>> {
        let Some(prefix) = field.key.strip_suffix('*') else {
            let Some(entry) = table.get(field.key) else {
                if field.required && !self.partial {
                    self.problems
                        .error(owner, format!("missing key `{}`", field.key))
                        .hint(format!("for example `{} = {}`", field.key, field.example));
                }
                return None;
            };
            let value = T::from_toml(&entry.value, self)?;
            return Some(Spanned::new(value, entry.value.span));
        };
        // `at_NODE` keys: one table of all of them, named by what follows the prefix.
        let entries: Vec<Entry> = table
            .entries
            .iter()
            .filter_map(|e| {
                let key = e.key.strip_prefix(prefix)?.to_owned();
                Some(Entry { key, ..e.clone() })
            })
            .collect();
        let span = entries.first()?.span;
        let value = T::from_toml(
            &Value {
                span,
                data: Data::Table(Table { entries }),
            },
            self,
        )?;
        Some(Spanned::new(value, span))
    }
}

/// Tables by name, in the order of the file: `[nodes.NAME]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named<T>(pub(crate) Vec<(Spanned<String>, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: FromToml + Default> FromToml for Named<T> {
    const KIND: Kind = Kind::Named(&T::KIND);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        let Data::Table(table) = &value.data else {
            cx.mismatch(value, &Self::KIND.phrase());
            return None;
        };
        let decode = |e: &Entry| {
            // A table with a problem still stands for its name: nobody wants to read that the
            // node does not exist either.
            let value = T::from_toml(&e.value, cx).unwrap_or_default();
            (Spanned::new(e.key.clone(), e.span), value)
        };
        Some(Self(table.entries.iter().map(decode).collect()))
    }
}

impl<T: FromToml> FromToml for Vec<Spanned<T>> {
    const KIND: Kind = Kind::List(&T::KIND);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        let Data::Array(items) = &value.data else {
            cx.mismatch(value, &Self::KIND.phrase());
            return None;
        };
        let decode = |v: &Value| Some(Spanned::new(T::from_toml(v, cx)?, v.span));
        Some(items.iter().filter_map(decode).collect())
    }
}

/// One value, or a list of them where there are several.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Many<T>(pub(crate) Vec<Spanned<T>>);

impl<T: FromToml> FromToml for Many<T> {
    const KIND: Kind = Kind::Many(&T::KIND);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        if matches!(value.data, Data::Array(_)) {
            return Vec::from_toml(value, cx).map(Self);
        }
        Some(Self(vec![Spanned::new(
            T::from_toml(value, cx)?,
            value.span,
        )]))
    }
}

/// A table that says only what differs: no key of it is required.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Patch<T>(pub(crate) T);

impl<T: FromToml + FromTable> FromToml for Patch<T> {
    const KIND: Kind = Kind::Patch(T::META);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        let outer = std::mem::replace(&mut cx.partial, true);
        let decoded = T::from_toml(value, cx);
        cx.partial = outer;
        decoded.map(Self)
    }
}

/// A part of the tree that is decoded later, as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Raw(pub(crate) Value);

impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        self.0.span == other.0.span
    }
}

impl Default for Raw {
    fn default() -> Self {
        Self(Value {
            span: Span::default(),
            data: Data::Table(Table::default()),
        })
    }
}

impl FromToml for Raw {
    const KIND: Kind = Kind::Any;

    fn from_toml(value: &Value, _: &mut Decoder<'_>) -> Option<Self> {
        Some(Self(value.clone()))
    }
}
