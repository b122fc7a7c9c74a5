//! Owns the question whether what a run will write can be written where the command line says, asked before it runs.

use std::{fs, path::Path};

/// Makes the folder of run folders, and looks whether a JUnit report has a folder to stand in.
pub(super) fn check(out: &Path, junit: Option<&Path>) -> Result<(), String> {
    fs::create_dir_all(out)
        .map_err(|e| format!("cannot write run folders to `{}`: {e}", out.display()))?;
    let Some(junit) = junit else { return Ok(()) };
    let wrong = |why: &str| {
        Err(format!(
            "cannot write a JUnit report to `{}`: {why}",
            junit.display()
        ))
    };
    if junit.is_dir() {
        return wrong("it is a folder");
    }
    // A name alone stands in the folder where the command was called, whose path is empty here.
    match junit.parent() {
        Some(folder) if folder.as_os_str().is_empty() || folder.is_dir() => Ok(()),
        _ => wrong("there is no such folder"),
    }
}
