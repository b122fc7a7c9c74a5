//! Owns where the topology library is. The cases themselves are the test targets in `tests/`.

pub mod deletion;

use std::path::{Path, PathBuf};

/// The folder of the topology library.
pub fn topologies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies")
}

/// Every topology file, sorted by path. `findings` holds data about them, and no topology.
///
/// # Panics
/// If the folder cannot be read.
pub fn files() -> Vec<PathBuf> {
    let mut found = toml_below(&topologies());
    found.retain(|path| !path.starts_with(topologies().join("findings")));
    found
}

/// Every `.toml` below a folder, sorted by path.
///
/// # Panics
/// If the folder cannot be read.
pub fn toml_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).expect("the folder is in the repository");
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "toml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A file's name in tests and pages: `policy/everything`.
pub fn name(file: &Path) -> String {
    let name = file.strip_prefix(topologies()).unwrap_or(file);
    name.with_extension("").display().to_string()
}
