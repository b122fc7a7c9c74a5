//! Owns the `xfrmlab` command: arguments in, exit code out. What a command does is the library's.

mod args;
mod bless;
mod check;
mod ended;
mod exit;
mod export;
mod folders;
mod judge;
mod load;
mod places;
mod pool;
mod print;
mod repeat;
mod run;
mod shell;
mod test;

use clap::Parser as _;

use args::{Command, Xfrmlab};
use exit::Exit;

/// Runs the command line of this process.
pub(crate) fn main() -> std::process::ExitCode {
    let arguments = match Xfrmlab::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            drop(error.print());
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Passed
            };
            return code.into();
        }
    };
    let exit = match arguments.command {
        Command::Check(check) => check::run(&check),
        Command::Run(run) => run::run(&run),
        Command::Export(export) => export::run(&export),
        Command::Judge(judge) => judge::run(&judge),
        Command::Shell(shell) => shell::run(&shell),
    };
    exit.into()
}
