//! Owns the way from a path to a plan, with every problem of every file said first.

use std::path::Path;

use xfrmlab::{
    plan::Plan,
    spec::{self, Document, Set, Source},
};

use super::print;

/// A file that was read and parsed.
pub(super) struct Loaded {
    pub(super) source: Source,
    pub(super) document: Document,
}

/// Reads and parses a file; problems go to standard error.
pub(super) fn load(path: &Path) -> Option<Loaded> {
    let source = match spec::read_source(path) {
        Ok(source) => source,
        Err(error) => {
            print::error(&error.to_string());
            return None;
        }
    };
    match spec::parse(&source) {
        Ok(document) => Some(Loaded { source, document }),
        Err(problems) => {
            print::problems(&problems);
            None
        }
    }
}

/// Resolves a file or one of its variants; problems go to standard error.
pub(super) fn resolve(loaded: &Loaded, variant: Option<&str>, sets: &[Set]) -> Option<Plan> {
    match spec::resolve(&loaded.document, variant, sets) {
        Ok(plan) => Some(plan),
        Err(problems) => {
            print::problems(&problems);
            None
        }
    }
}
