//! The committed script of every topology is the one that its plan renders: a change of a file or of the
//! language shows its effect in review. `XFRMLAB_BLESS=1` writes them anew.
#![expect(clippy::disallowed_methods, reason = "it compares files")]

use std::path::{Path, PathBuf};

use xfrmlab::{ops, spec};

fn topologies(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder)
        .expect("the folder is in the repository")
        .flatten()
    {
        let path = entry.path();
        if path.ends_with("findings") {
            // Data about the topologies, and none itself.
        } else if path.is_dir() {
            topologies(&path, found);
        } else if path.extension().is_some_and(|e| e == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn every_topology_has_the_script_that_it_renders() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies");
    let mut files = Vec::new();
    topologies(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no topologies below {}", root.display());
    let mut stale = Vec::new();
    for file in files {
        let source = spec::read_source(&file).unwrap_or_else(|e| panic!("{e}"));
        let document = spec::parse(&source).unwrap_or_else(|e| panic!("{}", e.render(false)));
        let plan =
            spec::resolve(&document, None, &[]).unwrap_or_else(|e| panic!("{}", e.render(false)));
        let script = ops::export(&plan);
        let golden = file.with_extension("sh");
        if std::env::var_os("XFRMLAB_BLESS").is_some() {
            std::fs::write(&golden, &script).expect("the repository can be written");
        }
        if std::fs::read_to_string(&golden).ok().as_deref() != Some(script.as_str()) {
            stale.push(golden.display().to_string());
        }
    }
    assert!(
        stale.is_empty(),
        "not what the topology renders now:\n  {}\n(hint: XFRMLAB_BLESS=1 cargo test -p xfrmlab --test golden, and review the difference)",
        stale.join("\n  ")
    );
}
