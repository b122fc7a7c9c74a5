//! Owns `cargo xtask lint`: format, clippy and the documentation, every warning an error.

use std::{path::Path, process::ExitCode};

use anyhow::Result;

use crate::{all, cargo};

/// Runs every linter; the first that finds something ends it.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let task = |words: &str| {
        let mut command = cargo(root);
        command.args(words.split_whitespace());
        command
    };
    let mut docs = task("doc --workspace --no-deps --document-private-items");
    docs.env("RUSTDOCFLAGS", "-D warnings");
    all(vec![
        task("fmt --all --check"),
        task("clippy --workspace --all-targets -- -D warnings"),
        docs,
    ])
}
