//! Owns the answer to "how do I start myself again?".

use std::{env, process::Command};

/// Where this is set, the program was started through a dynamic loader of its own: the folder
/// that holds `ld.so`, the libraries and `self`. A guest is the case: its C library is another
/// one than the host's, and `/proc/self/exe` is the loader there.
pub(crate) const SELF_ENV: &str = "XFRMLAB_SELF";

/// The running program as a command, without arguments of its own.
pub(crate) fn self_command() -> Command {
    let Some(folder) = env::var_os(SELF_ENV) else {
        return Command::new("/proc/self/exe");
    };
    let folder = std::path::PathBuf::from(folder);
    let mut command = Command::new(folder.join("ld.so"));
    command
        .arg("--library-path")
        .arg(&folder)
        .arg(folder.join("self"));
    command
}
