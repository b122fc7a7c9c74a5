//! The repository's own automation: one file per task, one `match` here.
#![expect(
    clippy::disallowed_methods,
    reason = "automation starts processes and reads files"
)]

mod ci;
mod lanes;
mod lint;
mod run;
mod script;
mod setup;
mod tally;
mod test;
#[cfg(test)]
mod tidy;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus},
};

use anyhow::{Context as _, Result};
use clap::Parser;

/// Automation of the xfrmlab repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
enum Task {
    /// Bring what this machine lacks, or print the one command that would.
    Setup,
    /// Set up, then run topology files: `xfrmlab run` on a fresh machine.
    Run(run::Options),
    /// Set up, then run the whole suite.
    Test(test::Options),
    /// Time the kernel's own test script against the topology files.
    Script,
    /// Format, clippy and documentation, every warning an error.
    Lint,
    /// Everything that continuous integration checks.
    Ci,
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."));
    let done = match Task::parse() {
        Task::Setup => setup::run(),
        Task::Run(options) => run::run(&options, root),
        Task::Test(options) => test::run(&options, root),
        Task::Script => script::run(root),
        Task::Lint => lint::run(root),
        Task::Ci => ci::run(root),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(3)
        }
    }
}

/// The cargo that runs this task, in the repository.
fn cargo(root: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
    let mut command = Command::new(cargo);
    command.current_dir(root);
    command
}

/// Runs a command to its end; its exit code becomes the task's.
fn hand_on(command: &mut Command) -> Result<ExitCode> {
    let status = command
        .status()
        .with_context(|| format!("failed to start {command:?}"))?;
    Ok(code_of(status))
}

/// A program that a signal ended has no code; that is the lab's fault, not the file's.
fn code_of(status: ExitStatus) -> ExitCode {
    status.code().map_or(ExitCode::from(3), |code| {
        ExitCode::from(u8::try_from(code).unwrap_or(3))
    })
}

/// The first task that did not succeed ends the list.
fn all(commands: Vec<Command>) -> Result<ExitCode> {
    for mut command in commands {
        eprintln!("xtask: {}", shown(&command));
        let code = hand_on(&mut command)?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(command: &Command) -> String {
    let words = command.get_args().map(|word| word.to_string_lossy());
    std::iter::once("cargo".into())
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}
