//! Owns the names of run folders: one for each test of a call, whatever its file and variant are called.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// The folder of each test, of which file and variant are given: the stem of the file, or all of its path where files of
/// other places have that stem, and the name of the variant.
pub(super) fn of(tests: &[(&Path, Option<&str>)]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let name = |(file, variant): &(&Path, Option<&str>)| {
        let lone = tests
            .iter()
            .all(|(other, _)| other == file || stem(other) != stem(file));
        let mut name = if lone {
            stem(file)
        } else {
            slug(&file.with_extension("").to_string_lossy())
        };
        if let Some(variant) = variant {
            name = format!("{name}.{}", slug(variant));
        }
        // A file that is given twice, or names that differ in their blanks.
        let mut numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut free = name.clone();
        while !taken.insert(PathBuf::from(&free)) {
            free = numbered.next().expect("the numbers do not end");
        }
        free
    };
    tests.iter().map(name).collect()
}

fn stem(file: &Path) -> String {
    file.file_stem()
        .map_or_else(|| "run".into(), |s| s.to_string_lossy().into_owned())
}

/// A name as part of a file name.
fn slug(text: &str) -> String {
    let dashed: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let words = dashed.split('-').filter(|w| !w.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tests: &[(&str, Option<&str>)], expected: &[&str]) {
        let tests: Vec<_> = tests.iter().map(|(f, v)| (Path::new(*f), *v)).collect();
        assert_eq!(of(&tests), expected);
    }

    #[test]
    fn a_file_and_its_variants_go_by_the_stem() {
        check(
            &[
                ("nat/plain.toml", None),
                ("nat/plain.toml", Some("Two words!")),
            ],
            &["plain", "plain.two-words"],
        );
    }

    #[test]
    fn files_of_one_stem_go_by_their_paths() {
        check(
            &[
                ("nat/plain.toml", None),
                ("../vti/plain.toml", None),
                ("../vti/plain.toml", Some("v")),
                ("vti/other.toml", None),
            ],
            &["nat-plain", "vti-plain", "vti-plain.v", "other"],
        );
    }

    #[test]
    fn what_still_has_one_name_is_numbered() {
        check(
            &[
                ("a.toml", Some("a b")),
                ("a.toml", Some("a-b")),
                ("a.toml", Some("a  b")),
            ],
            &["a.a-b", "a.a-b-2", "a.a-b-3"],
        );
        check(&[("a.toml", None), ("a.toml", None)], &["a", "a-2"]);
    }
}
