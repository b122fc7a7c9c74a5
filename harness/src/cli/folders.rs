//! Owns the names of run folders: one for each test of a call, whatever its file and variant are called.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use xfrmlab::spec::Set;

/// The folder of each test, of which file and variant are given: the stem of the file, or all of its path where files of
/// other places have that stem, the name of the variant, and the values that were set, which make it another world.
pub(super) fn of(tests: &[(&Path, Option<&str>)], sets: &[Set]) -> Vec<String> {
    let set: Vec<String> = sets
        .iter()
        .map(|s| slug(&format!("{}={}", s.path, s.value)))
        .collect();
    let set = shortened(set.join("."));
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
        if !set.is_empty() {
            name = format!("{name}.{set}");
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

/// A part of a name that a file system takes; two that begin alike stay apart.
fn shortened(text: String) -> String {
    const LIMIT: usize = 60;
    if text.len() <= LIMIT {
        return text;
    }
    let digest = HEXLOWER.encode(&Sha256::digest(&text)[..4]);
    // Slugs are ASCII.
    format!("{}-{digest}", &text[..LIMIT])
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
        assert_eq!(of(&tests, &[]), expected);
    }

    #[test]
    fn values_that_were_set_make_another_folder() {
        let of = |sets: &[&str]| {
            let sets: Vec<Set> = sets.iter().map(|s| s.parse().unwrap()).collect();
            super::of(&[(Path::new("a.toml"), Some("v"))], &sets).remove(0)
        };
        assert_eq!(
            of(&["tunnels.site.mode=transport", "nodes.r1.forward=false"]),
            "a.v.tunnels-site-mode-transport.nodes-r1-forward-false"
        );
        let long = |end: &str| of(&[&format!("title={}{end}", "x".repeat(100))]);
        assert!(
            long("a").len() < 80 && long("a") != long("b"),
            "{}",
            long("a")
        );
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
