//! Owns what a version prefix means: which Debian kernel package it names. It downloads none.

use super::{
    GuestError,
    apt::{Apt, Suites},
};

/// The newest image package whose version begins with `version`.
pub(super) fn newest(version: &str) -> Result<String, GuestError> {
    // A release's own kernel series is in that release alone, so the first list often suffices.
    for suites in [Suites::Stable, Suites::All] {
        let names = Apt::open(suites)?.names(&format!("linux-image-{version}"))?;
        if let Some(name) = pick(version, names) {
            return Ok(name);
        }
    }
    Err(GuestError::Choice {
        text: format!("debian:{version}"),
        why: format!("Debian has no kernel package whose version begins with `{version}`"),
    })
}

fn pick(version: &str, names: Vec<String>) -> Option<String> {
    let prefix = format!("linux-image-{version}");
    names
        .into_iter()
        .filter(|name| {
            let rest = name.strip_prefix(&prefix);
            // `6.1` is not the beginning of `6.12`.
            rest.is_some_and(|r| !r.starts_with(|c: char| c.is_ascii_digit()))
                && name.ends_with("-cloud-amd64")
        })
        .max_by_key(|name| natural(name))
}

/// Runs of digits as numbers, so that `6.12.107` comes after `6.12.94`.
fn natural(text: &str) -> Vec<(u64, String)> {
    let mut parts = vec![(0_u64, String::new())];
    let mut in_number = false;
    for c in text.chars() {
        match c.to_digit(10) {
            Some(digit) => {
                if !in_number {
                    parts.push((0, String::new()));
                }
                if let Some((number, _)) = parts.last_mut() {
                    *number = number.saturating_mul(10).saturating_add(u64::from(digit));
                }
            }
            None => {
                if let Some((_, word)) = parts.last_mut() {
                    word.push(c);
                }
            }
        }
        in_number = c.is_ascii_digit();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: &str, names: &[&str], expected: Option<&str>) {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(pick(version, names).as_deref(), expected);
    }

    #[test]
    fn the_newest_package_of_a_prefix_is_picked_by_number() {
        let names = [
            "linux-image-6.12.94+deb13-cloud-amd64",
            "linux-image-6.12.107+deb13-cloud-amd64",
            "linux-image-6.12.107+deb13-cloud-amd64-unsigned",
            "linux-image-6.12.107+deb13-amd64",
            "linux-image-6.1.0-50-cloud-amd64",
        ];
        check(
            "6.12",
            &names,
            Some("linux-image-6.12.107+deb13-cloud-amd64"),
        );
        check("6.1", &names, Some("linux-image-6.1.0-50-cloud-amd64"));
        check("6.12.9", &names, None);
        check(
            "6.12.94",
            &names,
            Some("linux-image-6.12.94+deb13-cloud-amd64"),
        );
        check("7", &names, None);
    }
}
