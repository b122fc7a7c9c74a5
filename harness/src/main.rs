//! The `xfrmlab` command.
#![expect(
    clippy::disallowed_methods,
    reason = "a command reads files and clocks"
)]

mod cli;

fn main() -> std::process::ExitCode {
    // A process of ours that stands where a lab is never gets past this line.
    xfrmlab::agent::dispatch();
    cli::main()
}
