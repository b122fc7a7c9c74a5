//! Owns the edits of a tree before it means anything: `set`, `unset` and `with` of a variant, or of a file
//! in the one that it extends. It never decodes a table of the language.

use super::{
    diagnostic::Problems,
    lay::lay,
    set::{set_path, unset_path},
    source::Span,
    value::{Data, Table, Value},
};

/// Edits in the order in which they are made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edits {
    /// Path, its place, and the value that it gets.
    pub(crate) set: Vec<(String, Span, Value)>,
    /// Paths that are taken out.
    pub(crate) unset: Vec<(String, Span)>,
    /// What is laid over all of it.
    pub(crate) with: Option<Table>,
}

impl Edits {
    /// The edits that a tree of a file asks for.
    pub(crate) fn of(tree: &Table) -> Self {
        let mut edits = Self::default();
        if let Some(Data::Table(set)) = tree.get("set").map(|e| &e.value.data) {
            let entries = set.entries.iter();
            let entries = entries.map(|e| (e.key.clone(), e.span, e.value.clone()));
            edits.set.extend(entries);
        }
        if let Some(Data::Array(unset)) = tree.get("unset").map(|e| &e.value.data) {
            for value in unset {
                if let Data::Text(path) = &value.data {
                    edits.unset.push((path.clone(), value.span));
                }
            }
        }
        edits
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.unset.is_empty() && self.with.is_none()
    }

    /// The place of the first of them.
    pub(crate) fn span(&self) -> Option<Span> {
        let set = self.set.iter().map(|(_, span, _)| *span);
        set.chain(self.unset.iter().map(|(_, span)| *span)).min()
    }

    /// Makes the edits; what cannot be made is a problem at its own place.
    pub(crate) fn apply(&self, tree: &mut Table, problems: &mut Problems) {
        for (path, span, value) in &self.set {
            if let Err(message) = set_path(tree, path, *span, value.clone()) {
                problems.error(*span, message);
            }
        }
        for (path, span) in &self.unset {
            if let Err(message) = unset_path(tree, path) {
                problems.error(*span, message);
            }
        }
        if let Some(with) = &self.with {
            lay(tree, with.clone());
        }
    }
}
