//! Owns the calling of commands that load rules: text in, what was said out.

use std::{
    io::{self, Write as _},
    process::{Command, Output, Stdio},
};

/// Calls a command in the calling thread's namespaces, with `input` as what it reads.
pub(crate) fn call(program: &str, arguments: &[&str], input: &str) -> io::Result<Output> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // Who reads no further has said why.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    child.wait_with_output()
}
