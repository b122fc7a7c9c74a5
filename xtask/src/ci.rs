//! Owns `cargo xtask ci`: what continuous integration checks, in the order of its cost.

use std::{path::Path, process::ExitCode};

use anyhow::Result;

use crate::{lint, setup, test};

/// Sets up and runs every check; the first that fails ends it.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    for task in [|_: &Path| setup::run(), lint::run] {
        let code = task(root)?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    test::run(&test::Options::default(), root)
}
