//! Owns which test executables run at the same time: `cargo test` runs one after the other, and each waits more than it
//! computes. Two lanes, each a `cargo test` of its own with an emulated guest of its own, fill two processors.

use std::{path::Path, process::Command};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::cargo;

/// Executables of the first lane: as long as all others together.
const FIRST: [&str; 2] = ["topologies", "frames"];

/// What `cargo metadata` says, as far as it matters here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// The commands of each lane, in their order; together they are `cargo test --workspace`.
pub(crate) fn lanes(root: &Path) -> Result<[Vec<Command>; 2]> {
    let mut ask = cargo(root);
    ask.args(["metadata", "--no-deps", "--format-version", "1"]);
    let told = ask
        .output()
        .with_context(|| format!("failed to start {ask:?}"))?;
    if !told.status.success() {
        bail!("{ask:?}: {}", String::from_utf8_lossy(&told.stderr));
    }
    let [first, second] = shared_out(&tests(&told.stdout)?)?;
    let test = |words: &[String]| {
        let mut command = cargo(root);
        command
            .args(["test", "--workspace", "--no-fail-fast"])
            .args(words);
        command
    };
    Ok([
        vec![test(&first)],
        // Documentation tests cannot be chosen together with others.
        vec![test(&second), test(&["--doc".to_owned()])],
    ])
}

/// The names of all test executables that have a file of their own.
fn tests(metadata: &[u8]) -> Result<Vec<String>> {
    let metadata: Metadata =
        serde_json::from_slice(metadata).context("`cargo metadata` prints JSON")?;
    let targets = metadata.packages.into_iter().flat_map(|p| p.targets);
    Ok(targets
        .filter(|target| target.kind == ["test"])
        .map(|target| target.name)
        .collect())
}

/// The words that choose the executables of each lane; what no list names is in the second.
fn shared_out(tests: &[String]) -> Result<[Vec<String>; 2]> {
    if let Some(gone) = FIRST.iter().find(|f| !tests.iter().any(|t| t == *f)) {
        bail!("there is no test executable `{gone}`: correct `FIRST` in xtask/src/lanes.rs");
    }
    let chosen = |in_first: bool| {
        tests
            .iter()
            .filter(move |test| FIRST.contains(&test.as_str()) == in_first)
            .flat_map(|test| ["--test".to_owned(), test.clone()])
    };
    let libraries = ["--lib".to_owned(), "--bins".to_owned()];
    Ok([
        chosen(true).collect(),
        libraries.into_iter().chain(chosen(false)).collect(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn every_executable_is_in_one_lane() {
        let [first, second] =
            shared_out(&names(&["bulk", "frames", "new", "topologies"])).expect("all are there");
        assert_eq!(first, names(&["--test", "frames", "--test", "topologies"]));
        assert_eq!(
            second,
            names(&["--lib", "--bins", "--test", "bulk", "--test", "new"])
        );
    }

    #[test]
    fn a_name_that_is_gone_is_an_error() {
        let error = shared_out(&names(&["bulk", "frames"])).expect_err("one is missing");
        assert!(error.to_string().contains("`topologies`"), "{error}");
    }

    #[test]
    fn only_integration_tests_are_chosen_by_name() {
        let told = br#"{"packages": [{"targets": [
            {"name": "xfrmlab", "kind": ["lib"]}, {"name": "xfrmlab", "kind": ["bin"]}, {"name": "bulk", "kind": ["test"]}
        ]}]}"#;
        assert_eq!(tests(told).expect("it is JSON"), ["bulk"]);
    }
}
