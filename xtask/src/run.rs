//! Owns `cargo xtask run`: set up, build, and hand over to `xfrmlab run`.

use std::{env, ffi::OsString, path::Path, process::ExitCode};

use anyhow::Result;

use crate::{cargo, hand_on, setup};

/// Arguments of the task.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Topology files and further arguments of `xfrmlab run`.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Sets up, builds and runs.
pub(crate) fn run(options: &Options, root: &Path) -> Result<ExitCode> {
    let ready = setup::run()?;
    if ready != ExitCode::SUCCESS {
        return Ok(ready);
    }
    let mut command = cargo(root);
    // File names are relative to where the person stands, not to the repository.
    command.current_dir(env::current_dir()?);
    command.args(["run", "--quiet", "--package", "xfrmlab", "--manifest-path"]);
    command
        .arg(root.join("Cargo.toml"))
        .args(["--", "run"])
        .args(&options.arguments);
    hand_on(&mut command)
}
