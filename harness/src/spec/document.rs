//! Owns the step from text to [`Document`]: the TOML tree, values set from outside,
//! and the decoded tables. It never decides what a world means.

use std::collections::HashSet;

use toml::de::DeTable;

use super::{
    decode::{Decoder, FromTable},
    diagnostic::{Diagnostic, Diagnostics, Problems, shorten},
    lay,
    load::MAX_BYTES,
    resolve::resolve_all,
    schema::file::FileSpec,
    set::{Set, parse_value, set_path},
    source::{Source, Span},
    tree_edits::Edits,
    value::{Data, MAX_DEPTH, Table, Value},
};

/// A decoded topology file, every value with its place.
#[derive(Clone, Debug)]
pub struct Document {
    pub(crate) sources: Vec<Source>,
    pub(crate) tree: Table,
    pub(crate) spec: FileSpec,
    /// Whether every value could be decoded. If not, what is missing may just be misspelt.
    pub(crate) whole: bool,
}

/// Parses a topology file. `Err` has every problem that can be found without a kernel: those
/// of the syntax, and in a file that has some of them, those of keys, values and meaning.
pub fn parse(source: &Source) -> Result<Document, Diagnostics> {
    let sources = all_sources(source);
    let one = |index: u16, message: String| {
        let mut problems = Problems::default();
        problems.error(Span::new(index, 0..0), message);
        Err(Diagnostics::new(&sources, problems.list))
    };
    let mut parsed = Vec::new();
    for (index, source) in (0_u16..).zip(&sources) {
        if source.text.len() as u64 > MAX_BYTES {
            let message = format!("larger than a topology file may be ({MAX_BYTES} bytes)");
            return one(index, message);
        }
        let text = Parsed::new(index, source);
        if text.tree.entries.is_empty() && text.errors.is_empty() {
            let message = "the file says nothing: a topology begins with `title = \"...\"`";
            return one(index, message.to_owned());
        }
        parsed.push(text);
    }
    let torn = parsed.iter().any(|p| p.torn);
    let mut problems: Vec<Diagnostic> = Vec::new();
    let bad: HashSet<(u16, usize)> = parsed.iter().flat_map(Parsed::bad_lines).collect();
    let lines: Vec<Vec<usize>> = if torn {
        sources.iter().map(|s| line_starts(&s.text)).collect()
    } else {
        Vec::new()
    };
    let mut syntax = Vec::new();
    let mut tree = Table::default();
    for text in parsed.into_iter().rev() {
        syntax.extend(text.errors);
        tree = join(tree, text.tree, source, text.index, &mut problems);
    }
    let (spec, more) = decode(&tree, &sources, torn);
    problems.extend(more);
    let document = Document {
        sources,
        tree,
        spec,
        whole: problems.is_empty() && !torn,
    };
    // What stands on the line of a syntax error is a piece of something.
    problems.retain(|p| {
        let Some(starts) = lines.get(usize::from(p.span.source)) else {
            return true;
        };
        !bad.contains(&(p.span.source, line_of(starts, p.span)))
    });
    problems.extend(syntax);
    if problems.is_empty() {
        return Ok(document);
    }
    if !torn && let Err(more) = resolve_all(&document, &[]) {
        // A variant that sets values decodes the file again, with the same problems.
        let known = |new: &Diagnostic| {
            problems
                .iter()
                .any(|p| p.span == new.span && new.message.starts_with(&p.message))
        };
        let new: Vec<Diagnostic> = more.iter().filter(|d| !known(d)).cloned().collect();
        problems.extend(new);
    }
    Err(Diagnostics::new(&document.sources, problems))
}

/// The tree and the syntax errors of one source.
struct Parsed {
    index: u16,
    tree: Table,
    errors: Vec<Diagnostic>,
    /// Whether the parser guessed: a duplicate key leaves the rest of the tree as it was meant; after any
    /// other syntax error what seems missing may just have been skipped.
    torn: bool,
    starts: Vec<usize>,
}

impl Parsed {
    fn new(index: u16, source: &Source) -> Self {
        let (toml, errors) = DeTable::parse_recoverable(&source.text);
        let starts = if errors.is_empty() {
            Vec::new()
        } else {
            line_starts(&source.text)
        };
        Self {
            index,
            tree: Table::from_toml(toml.get_ref(), index),
            torn: errors.iter().any(|e| e.message() != DUPLICATE),
            errors: errors
                .iter()
                .map(|e| syntax_error(e, source, index))
                .collect(),
            starts,
        }
    }

    fn bad_lines(&self) -> impl Iterator<Item = (u16, usize)> {
        let errors = self.errors.iter().filter(|_| self.torn);
        errors.map(|e| (self.index, line_of(&self.starts, e.span)))
    }
}

/// Where the lines of a text begin, the first left out.
fn line_starts(text: &str) -> Vec<usize> {
    text.match_indices('\n').map(|(at, _)| at + 1).collect()
}

fn line_of(starts: &[usize], span: Span) -> usize {
    starts.partition_point(|start| *start <= span.range().start)
}

/// The source and those that it extends, one after the other.
fn all_sources(source: &Source) -> Vec<Source> {
    let mut list = vec![source.clone()];
    let mut next = source.base.as_ref();
    while let Some(Ok(base)) = next {
        list.push(Source::new(base.name.clone(), base.text.clone()));
        next = base.base.as_ref();
    }
    list
}

/// Lays a file over what it extends, `under`, in which it sets and unsets values first.
fn join(
    mut under: Table,
    own: Table,
    source: &Source,
    index: u16,
    problems: &mut Vec<Diagnostic>,
) -> Table {
    let mut found = Problems::default();
    let mut read = Some(source);
    for _ in 0..index {
        read = read.and_then(|s| s.base.as_ref()?.as_deref().ok());
    }
    match (
        lay::text(&own, "extends"),
        read.and_then(|s| s.base.as_ref()),
    ) {
        (Some((name, span)), Some(Err(why))) => {
            found.error(span, format!("cannot extend `{}`: {why}", shorten(name)));
        }
        (Some((name, span)), None) => {
            found.error(
                span,
                format!("cannot extend `{}`: this text is no file", shorten(name)),
            );
        }
        _ => {}
    }
    let edits = Edits::of(&own);
    if !edits.is_empty() && lay::text(&own, "extends").is_none() {
        let span = edits.span().unwrap_or_default();
        let message = "`set` and `unset` of a file change the one that it `extends`";
        found.error(span, message);
    } else {
        edits.apply(&mut under, &mut found);
    }
    problems.extend(found.list);
    lay::extend(under, own)
}

/// Names of the variants of a file, in its order.
pub fn variants(document: &Document) -> Vec<&str> {
    let variants = document
        .spec
        .variants
        .iter()
        .flat_map(|list| list.value.iter());
    variants
        .filter_map(|v| v.name.as_ref())
        .map(|name| name.value.as_str())
        .collect()
}

/// Whether a variant has expectations of its own.
pub fn variant_expects(document: &Document, name: &str) -> bool {
    let variants = document.spec.variants.iter().flat_map(|l| l.value.iter());
    variants
        .filter(|v| v.name.as_ref().is_some_and(|n| n.value == name))
        .any(|v| {
            let steps = v.steps.iter().flat_map(|s| s.value.0.iter());
            v.expect.is_some() || steps.into_iter().any(|(_, s)| s.0.expect.is_some())
        })
}

/// What the TOML parser calls a key that is there twice.
const DUPLICATE: &str = "duplicate key";

fn syntax_error(error: &toml::de::Error, source: &Source, index: u16) -> Diagnostic {
    let range = error.span().unwrap_or_default();
    let range = range.start.min(source.text.len())..range.end.min(source.text.len());
    let message = if error.message() == DUPLICATE {
        let key = source.text.get(range.clone()).unwrap_or_default();
        format!("duplicate key `{}`", shorten(key))
    } else {
        error.message().to_owned()
    };
    let mut problems = Problems::default();
    problems.error(Span::new(index, range), message).clone()
}

/// Decodes the tree of a file.
fn decode(tree: &Table, sources: &[Source], partial: bool) -> (FileSpec, Vec<Diagnostic>) {
    let mut cx = Decoder::new(sources);
    cx.partial = partial;
    if let Some(deep) = tree.entries.iter().find(|e| e.value.depth() > MAX_DEPTH) {
        let message = format!(
            "`{}` is nested deeper than {MAX_DEPTH} levels",
            shorten(&deep.key)
        );
        cx.problems.error(deep.span, message);
        return (FileSpec::default(), cx.problems.list);
    }
    let root = Value {
        span: Span::default(),
        data: Data::Table(tree.clone()),
    };
    let spec = cx
        .table(&root, FileSpec::META)
        .map(|table| FileSpec::from_table(table, Span::default(), &mut cx))
        .unwrap_or_default();
    (spec, cx.problems.list)
}

impl Document {
    /// The document with the edits of a variant in its tree, then with values from outside.
    pub(crate) fn with(&self, edits: &Edits, sets: &[Set]) -> Result<Self, Diagnostics> {
        let mut document = self.clone();
        let mut problems = Problems::default();
        edits.apply(&mut document.tree, &mut problems);
        for set in sets {
            let index = u16::try_from(document.sources.len()).unwrap_or(u16::MAX);
            document.sources.push(set.source());
            let span = Span::new(index, 0..set.value.len());
            let value = parse_value(set, index);
            if let Err(message) = set_path(&mut document.tree, &set.path, span, value) {
                problems.error(span, message);
            }
        }
        let (spec, more) = decode(&document.tree, &document.sources, false);
        document.spec = spec;
        problems.list.extend(more);
        if problems.list.is_empty() {
            return Ok(document);
        }
        Err(Diagnostics::new(&document.sources, problems.list))
    }
}
