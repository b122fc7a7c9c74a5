//! Owns the words of the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use xfrmlab::{guest::KernelChoice, spec::Set};

/// Integration tests for Linux IPsec on network namespaces.
///
/// Exit codes: 0 all that ran passed, 1 an expectation failed, 2 a file, a folder or the command line
/// is wrong, 3 the lab or the guest broke, 4 nothing ran because capabilities are missing.
#[derive(Parser)]
#[command(name = "xfrmlab", version, max_term_width = 100)]
pub(super) struct Xfrmlab {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Parse and resolve topology files; needs no privileges.
    Check(Check),
    /// Build the worlds of topology files, drive them and judge what was seen.
    Run(Run),
    /// Print the world of a topology file as a shell script of ip, nft and sysctl lines.
    Export(Export),
    /// Judge a recorded run again, from its folder alone.
    Judge(Judge),
    /// Build the world of a topology file and give a shell in it.
    Shell(Shell),
}

#[derive(Args)]
pub(super) struct Check {
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Print what shorthands became.
    #[arg(long)]
    pub(super) expand: bool,
    #[command(flatten)]
    pub(super) sets: Sets,
}

#[derive(Args)]
pub(super) struct Run {
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
    /// Run this variant of the file in place of the file as it stands.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// Run every variant too, and hold each against the failure that it declares.
    #[arg(long, conflicts_with = "variant")]
    pub(super) variants: bool,
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) sets: Sets,
    /// Where run folders go, one per test.
    #[arg(long, value_name = "DIR", default_value = "xfrmlab-out")]
    pub(super) out: PathBuf,
    /// Give a shell in the world when the steps are done, in its first node (one file only, without windows).
    #[arg(long, conflicts_with_all = ["variants", "json", "junit"])]
    pub(super) keep: bool,
    /// Labs at once; the default is twice the number of processors.
    #[arg(long, value_name = "N")]
    pub(super) jobs: Option<usize>,
    /// Run everything so often, and tell which runs of a test did not say the same as its first. Of each test the
    /// first run that does not pass has a run folder, and the first that is not like its first, `NAME.unlike`.
    #[arg(long, value_name = "N", conflicts_with_all = ["keep", "bless", "json", "junit"])]
    pub(super) repeat: Option<std::num::NonZeroUsize>,
    #[command(flatten)]
    pub(super) blessing: Bless,
    #[command(flatten)]
    pub(super) permissions: Permissions,
    /// Print verdicts as JSON in place of the report.
    #[arg(long)]
    pub(super) json: bool,
    /// Write a JUnit report too.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
}

#[derive(Args)]
pub(super) struct Permissions {
    /// Let files run commands in their nodes; `check` says which steps do.
    #[arg(long)]
    pub(super) allow_exec: bool,
}

#[derive(Args)]
pub(super) struct Bless {
    /// Write what was seen into the files as expectations: blocks that differ, and all of a step
    /// that states neither a node nor a wire. A variant gets how it fails.
    #[arg(long, conflicts_with_all = ["keep", "sets"])]
    pub(super) bless: bool,
    /// Bless this step alone.
    #[arg(long, value_name = "NAME", requires = "bless")]
    pub(super) step: Option<String>,
}

#[derive(Args)]
pub(super) struct Export {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Export this variant of the file.
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    #[command(flatten)]
    pub(super) sets: Sets,
}

#[derive(Args)]
pub(super) struct Judge {
    /// A run folder.
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    /// Print the verdict as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args)]
pub(super) struct Shell {
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The node; the first of the file by default. `ip netns exec NODE ...` reaches the others.
    #[arg(value_name = "NODE")]
    pub(super) node: Option<String>,
    #[command(flatten)]
    pub(super) place: Place,
    #[command(flatten)]
    pub(super) sets: Sets,
}

#[derive(Args)]
pub(super) struct Place {
    /// Kernel to run on: `host`, `debian:6.12` (a version prefix), or files. By default
    /// the running kernel where it can do what the file needs, and a Debian 6.12 guest otherwise.
    #[arg(long, value_name = "KERNEL", env = "XFRMLAB_KERNEL")]
    pub(super) kernel: Option<KernelChoice>,
    /// Run as an ordinary user in a user namespace, even as root.
    #[arg(long, env = "XFRMLAB_ROOTLESS", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) rootless: bool,
}

#[derive(Args)]
pub(super) struct Sets {
    /// Set a value of the file: `tunnels.site.mode=transport`.
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub(super) sets: Vec<Set>,
}
