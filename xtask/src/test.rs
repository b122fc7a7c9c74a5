//! Owns `cargo xtask test`: set up, then all that `cargo test` runs, in two lanes, once per kernel, whatever fails.

use std::{path::Path, process::ExitCode};

use anyhow::Result;

use crate::{cargo, hand_on, lanes, setup, tally};

/// Where the suite finds the kernel that it is to run on.
const KERNEL_ENV: &str = "XFRMLAB_KERNEL";

/// Arguments of the task.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Run the suite on this kernel; may be given several times.
    #[arg(long, value_name = "K")]
    kernel: Vec<String>,
    /// Only tests whose name contains this.
    filter: Option<String>,
}

/// Sets up and runs the suite on every kernel; the first bad code is the task's.
pub(crate) fn run(options: &Options, root: &Path) -> Result<ExitCode> {
    let ready = setup::run()?;
    if ready != ExitCode::SUCCESS {
        return Ok(ready);
    }
    // Built once, so that no lane waits for the other one's lock.
    let mut build = cargo(root);
    build.args(["test", "--workspace", "--no-run"]);
    let built = hand_on(&mut build)?;
    if built != ExitCode::SUCCESS {
        return Ok(built);
    }
    let kernels = match options.kernel.as_slice() {
        [] => vec![None],
        kernels => kernels.iter().map(Some).collect(),
    };
    let mut worst = ExitCode::SUCCESS;
    for kernel in kernels {
        let mut lanes = lanes::lanes(root)?;
        if let Some(kernel) = kernel {
            eprintln!("xtask: the suite on {kernel}");
        }
        for command in lanes.iter_mut().flatten() {
            if let Some(kernel) = kernel {
                command.env(KERNEL_ENV, kernel);
            }
            command.args(&options.filter);
        }
        let code = tally::run(lanes)?;
        if worst == ExitCode::SUCCESS {
            worst = code;
        }
    }
    Ok(worst)
}
