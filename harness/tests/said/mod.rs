//! Runs the command in a folder, on the kernel that its arguments name.
#![expect(clippy::disallowed_methods, reason = "it runs the command")]

use std::{path::Path, process::Command};

/// The exit code, and all that was said.
pub(crate) fn said(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_xfrmlab"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("XFRMLAB_KERNEL")
        .output()
        .expect("the command is built");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}
