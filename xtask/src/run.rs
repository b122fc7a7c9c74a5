//! Owns `cargo xtask run`: set up, build, and hand over to `xfrmlab run`.

use std::{
    env,
    ffi::OsString,
    path::Path,
    process::{Command, ExitCode},
};

use anyhow::Result;

use crate::{cargo, hand_on, setup};

/// Builds the program as `cargo test --workspace` does. What tests depend on asks crates for more features than the program
/// does, and cargo heeds that where any target is asked for that may use it: `--examples`, of which there are none. With
/// `cargo run` the two would compile nearly everything again, each time after the other.
const BUILD: [&str; 6] = [
    "build",
    "--quiet",
    "--workspace",
    "--bin",
    "xfrmlab",
    "--examples",
];

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
    let built = hand_on(cargo(root).args(BUILD))?;
    if built != ExitCode::SUCCESS {
        return Ok(built);
    }
    // This program was built by the same cargo, into the same folder.
    let program = env::current_exe()?.with_file_name("xfrmlab");
    hand_on(Command::new(program).arg("run").args(&options.arguments))
}
