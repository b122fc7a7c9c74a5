//! Wrong files and exactly what is said about them: each `tests/wrong/NAME.toml` has its
//! messages in `NAME.txt`. `UPDATE_EXPECT=1` writes those anew. Lines `# --set PATH=VALUE` and `# --variant NAME` are
//! what the command line has. A file that is right has its warnings there.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use super::source;
use crate::spec::{Set, parse, resolve, resolve_all, unasserted};

/// The messages of a wrong file, as lines and as a person sees them.
#[track_caller]
fn messages(name: &str, text: &str) -> String {
    let argument = |word| text.lines().filter_map(move |line| line.strip_prefix(word));
    let sets: Vec<Set> = argument("# --set ")
        .map(|set| set.parse().expect("a path and a value"))
        .collect();
    let problems = match parse(&source(text)) {
        Ok(document) => match argument("# --variant ").next() {
            Some(variant) => resolve(&document, Some(variant), &sets).err(),
            None => resolve_all(&document, &sets).err().or_else(|| {
                let warnings = unasserted(&document);
                (!warnings.is_empty()).then_some(warnings)
            }),
        },
        Err(problems) => Some(problems),
    };
    let Some(problems) = problems else {
        panic!("`{name}` has no problem")
    };
    format!("{}\n{}", problems.short(), problems.render(false))
}

/// Every wrong file with what is said about it now. The expected texts may be under way to another state: with
/// `UPDATE_EXPECT` a test of the same process writes them.
pub(super) fn all() -> &'static [(PathBuf, String)] {
    static ALL: OnceLock<Vec<(PathBuf, String)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spec/tests/wrong");
        let mut files: Vec<_> = std::fs::read_dir(&folder)
            .expect("the folder of wrong files")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|e| e == "toml"))
            .collect();
        files.sort();
        assert!(files.len() > 20, "{}", files.len());
        let of = |path: PathBuf| {
            let text = std::fs::read_to_string(&path).expect("a wrong file");
            let seen = messages(&path.display().to_string(), &text);
            (path, seen)
        };
        files.into_iter().map(of).collect()
    })
}

#[test]
fn every_wrong_file_gets_exactly_its_messages() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let mut wrong = Vec::new();
    for (path, seen) in all() {
        let expected_path = path.with_extension("txt");
        if update {
            std::fs::write(&expected_path, seen).expect("the messages");
        } else if std::fs::read_to_string(&expected_path).unwrap_or_default() != *seen {
            wrong.push(format!("--- {}\n{seen}", path.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n(hint: UPDATE_EXPECT=1)",
        wrong.join("\n")
    );
}
