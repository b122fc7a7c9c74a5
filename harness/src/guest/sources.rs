//! Owns reading apt's own source lists, in both of their formats. It asks no server.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where Debian packages come from on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mirror {
    pub(crate) uri: String,
    /// Value of `signed-by`, where the machine's own entry has one.
    pub(crate) signed_by: Option<String>,
}

const SUITES: &[&str] = &[
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
];

/// The first Debian archive in the machine's configuration.
pub(crate) fn mirror() -> Option<Mirror> {
    let apt = Path::new("/etc/apt");
    let mut files: Vec<PathBuf> = fs::read_dir(apt.join("sources.list.d"))
        .map(|entries| entries.filter_map(|e| Some(e.ok()?.path())).collect())
        .unwrap_or_default();
    files.sort();
    files.insert(0, apt.join("sources.list"));
    files.iter().find_map(|file| {
        let text = fs::read_to_string(file).ok()?;
        match file.extension()?.to_str()? {
            "list" => one_line(&text),
            "sources" => deb822(&text),
            _ => None,
        }
    })
}

/// `deb [options] URI SUITE COMPONENT...`
fn one_line(text: &str) -> Option<Mirror> {
    text.lines().find_map(|line| {
        let rest = line.split('#').next()?.trim().strip_prefix("deb")?;
        let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(bracket) => bracket.split_once(']')?,
            None => ("", rest),
        };
        let signed_by = options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("signed-by="))
            .map(str::to_owned);
        let mut words = rest.split_whitespace();
        let (uri, suite) = (words.next()?, words.next()?);
        let wanted = SUITES.contains(&suite) && words.any(|component| component == "main");
        wanted.then(|| Mirror {
            uri: uri.to_owned(),
            signed_by,
        })
    })
}

/// Paragraphs of `Field: value`, as in sources.list(5).
fn deb822(text: &str) -> Option<Mirror> {
    let mut paragraphs: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for line in text.lines() {
        let paragraph = paragraphs.last_mut()?;
        if line.trim().is_empty() {
            paragraphs.push(Vec::new());
        } else if line.starts_with('#') {
            // A comment may stand between the lines of one field.
        } else if line.starts_with(char::is_whitespace) {
            if let Some((_, value)) = paragraph.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((field, value)) = line.split_once(':') {
            paragraph.push((field.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    paragraphs.iter().find_map(|paragraph| {
        let field = |name: &str| {
            paragraph
                .iter()
                .find(|(f, _)| f == name)
                .map(|(_, v)| v.as_str())
        };
        let has = |name, word: &dyn Fn(&str) -> bool| {
            field(name).is_some_and(|value| value.split_whitespace().any(word))
        };
        let wanted = field("enabled") != Some("no")
            && has("types", &|w| w == "deb")
            && has("suites", &|w| SUITES.contains(&w))
            && has("components", &|w| w == "main");
        let uri = field("uris")?.split_whitespace().next()?;
        // A key written out in the file itself is left to the distribution's keyring.
        let signed_by = field("signed-by")
            .filter(|v| v.starts_with('/'))
            .map(str::to_owned);
        wanted.then(|| Mirror {
            uri: uri.to_owned(),
            signed_by,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(read: fn(&str) -> Option<Mirror>, text: &str, expected: Option<(&str, Option<&str>)>) {
        let expected = expected.map(|(uri, key)| Mirror {
            uri: uri.to_owned(),
            signed_by: key.map(str::to_owned),
        });
        assert_eq!(read(text), expected);
    }

    #[test]
    fn one_line_entries_are_read_with_and_without_options() {
        check(
            one_line,
            "# deb http://no bookworm main\ndeb http://m/d bookworm main\n",
            Some(("http://m/d", None)),
        );
        check(
            one_line,
            "deb [arch=amd64 signed-by=/k.gpg] http://m/d trixie main contrib",
            Some(("http://m/d", Some("/k.gpg"))),
        );
        check(one_line, "deb-src http://m/d trixie main", None);
        check(one_line, "deb http://m/s bookworm-security main", None);
        check(one_line, "deb http://u/ubuntu noble main", None);
    }

    #[test]
    fn deb822_entries_are_read_over_comments_and_disabled_ones_are_not() {
        let entry = "Types: deb deb-src\n# a comment\nURIs: http://m/d\nSuites: bookworm\n bookworm-updates\nComponents: main\n";
        check(deb822, entry, Some(("http://m/d", None)));
        check(
            deb822,
            &format!("{entry}Signed-By: /k.gpg\n"),
            Some(("http://m/d", Some("/k.gpg"))),
        );
        check(deb822, &format!("{entry}Enabled: no\n"), None);
        check(
            deb822,
            "Types: deb\nURIs: http://m/d\nSuites: nodistro\nComponents: main\n",
            None,
        );
    }
}
