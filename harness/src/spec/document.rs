//! Owns the step from text to [`Document`]: the TOML tree, values set from outside,
//! and the decoded tables. It never decides what a world means.

use std::collections::HashSet;

use toml::de::DeTable;

use super::{
    decode::{Decoder, FromTable},
    diagnostic::{Diagnostic, Diagnostics, Problems, shorten},
    load::MAX_BYTES,
    resolve::resolve_all,
    schema::file::FileSpec,
    set::{Set, parse_value, set_path},
    source::{Source, Span},
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
    let sources = vec![source.clone()];
    let one = |message: String| {
        let mut problems = Problems::default();
        problems.error(Span::default(), message);
        Err(Diagnostics::new(&sources, problems.list))
    };
    if source.text.len() as u64 > MAX_BYTES {
        return one(format!(
            "larger than a topology file may be ({MAX_BYTES} bytes)"
        ));
    }
    let (toml, errors) = DeTable::parse_recoverable(&source.text);
    let tree = Table::from_toml(toml.get_ref(), 0);
    if tree.entries.is_empty() && errors.is_empty() {
        return one("the file says nothing: a topology begins with `title = \"...\"`".to_owned());
    }
    let syntax: Vec<Diagnostic> = errors.iter().map(|e| syntax_error(e, source)).collect();
    // A duplicate key leaves the rest of the tree as it was meant; after any other syntax error
    // the parser guesses, and what seems missing may just have been skipped.
    let torn = errors.iter().any(|e| e.message() != DUPLICATE);
    let (spec, mut problems) = decode(&tree, &sources, torn);
    let document = Document {
        sources,
        tree,
        spec,
        whole: problems.is_empty() && !torn,
    };
    if torn {
        let lines: Vec<usize> = source
            .text
            .match_indices('\n')
            .map(|(at, _)| at + 1)
            .collect();
        // What stands on the line of a syntax error is a piece of something.
        let line = |span: Span| lines.partition_point(|start| *start <= span.range().start);
        let bad: HashSet<usize> = syntax.iter().map(|s| line(s.span)).collect();
        problems.retain(|p| !bad.contains(&line(p.span)));
    }
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

fn syntax_error(error: &toml::de::Error, source: &Source) -> Diagnostic {
    let range = error.span().unwrap_or_default();
    let range = range.start.min(source.text.len())..range.end.min(source.text.len());
    let message = if error.message() == DUPLICATE {
        let key = source.text.get(range.clone()).unwrap_or_default();
        format!("duplicate key `{}`", shorten(key))
    } else {
        error.message().to_owned()
    };
    let mut problems = Problems::default();
    problems.error(Span::new(0, range), message).clone()
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
    /// The document with values set in its tree: those of a variant, then those from outside.
    pub(crate) fn with(
        &self,
        inner: &[(String, Span, Value)],
        sets: &[Set],
    ) -> Result<Self, Diagnostics> {
        let mut document = self.clone();
        let mut problems = Problems::default();
        for (path, span, value) in inner {
            if let Err(message) = set_path(&mut document.tree, path, *span, value.clone()) {
                problems.error(*span, message);
            }
        }
        for set in sets {
            let index = u16::try_from(document.sources.len()).unwrap_or(u16::MAX);
            document.sources.push(Source {
                name: format!("--set {}", shorten(&set.path)),
                text: set.value.clone(),
            });
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
