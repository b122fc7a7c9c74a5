//! Owns `cases/redundant.toml`: what files hold beyond what they show, and why; and what must not be taken out.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// Objects and lines that a file would not miss.
#[derive(Debug, Default)]
pub struct Redundant {
    /// By file, with the reason.
    of: BTreeMap<String, BTreeMap<String, String>>,
    /// What a kernel does not bear to be without, as (file, name).
    faults: BTreeSet<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    redundant: Vec<Group>,
    faults: Vec<Group>,
}

/// What is redundant for one reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    why: String,
    /// By file.
    of: BTreeMap<String, Vec<String>>,
}

impl Redundant {
    /// The page as it is in the repository.
    ///
    /// # Panics
    /// If it cannot be read, or names one thing twice.
    #[expect(
        clippy::disallowed_methods,
        reason = "it reads a file of the repository"
    )]
    pub fn read() -> Self {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("redundant.toml");
        let text = std::fs::read_to_string(&path).expect("the page is in the repository");
        let page: Page =
            toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut out = Self::default();
        for group in page.redundant {
            for (file, names) in group.of {
                let of = out.of.entry(file.clone()).or_default();
                for name in names {
                    let before = of.insert(name.clone(), group.why.clone());
                    assert!(
                        before.is_none(),
                        "{}: {file}: {name} is there twice",
                        path.display()
                    );
                }
            }
        }
        for group in page.faults {
            for (file, names) in group.of {
                let names = names.into_iter().map(|name| (file.clone(), name));
                out.faults.extend(names);
            }
        }
        out
    }

    /// Files that it speaks of.
    pub fn files(&self) -> BTreeSet<&str> {
        let faults = self.faults.iter().map(|(file, _)| file.as_str());
        self.of.keys().map(String::as_str).chain(faults).collect()
    }

    /// Whether the kernel reports a fault of its own where this is taken out of that file.
    pub fn faults(&self, file: &str, name: &str) -> bool {
        self.faults.contains(&(file.to_owned(), name.to_owned()))
    }

    /// What it names of that file.
    pub fn names(&self, file: &str) -> impl Iterator<Item = &str> {
        let names = self.of.get(file).into_iter().flat_map(BTreeMap::keys);
        names.map(String::as_str)
    }

    /// Whether it names this of that file.
    pub fn has(&self, file: &str, name: &str) -> bool {
        self.of.get(file).is_some_and(|of| of.contains_key(name))
    }

    /// Names of a file that are none of these.
    pub fn unknown(&self, file: &str, known: &BTreeSet<&str>) -> Vec<&str> {
        let faults = self.faults.iter().filter(|(f, _)| f == file);
        self.names(file)
            .chain(faults.map(|(_, name)| name.as_str()))
            .filter(|name| !known.contains(name))
            .collect()
    }
}
