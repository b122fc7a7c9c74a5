//! Owns the word by which a file says that the kernel must refuse an object.

use crate::spec::{
    diagnostic::{nearest, shorten},
    errno,
    scalar::{Wrong, text},
};

/// Name of an errno.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) String);

text!(
    Errno,
    "name of an errno, `ERRNO` or `ERRNO: TEXT`",
    "EEXIST",
    parse_errno
);

/// What stands before, and behind, the word `refused` of a line.
pub(crate) fn refused_words(line: &str) -> Result<(&str, Option<String>), Wrong> {
    let words = super::lines::words_of(line);
    let Some((at, _)) = words.into_iter().find(|(_, word)| *word == "refused") else {
        return Ok((line, None));
    };
    let (before, behind) = (&line[..at.start], line[at.end..].trim());
    let start = line.len() - line[at.end..].trim_start().len();
    let errno = parse_errno(behind).map_err(|w| w.at(start..line.len()))?;
    Ok((before, Some(errno.0)))
}

fn parse_errno(line: &str) -> Result<Errno, Wrong> {
    let (text, said) = line.split_once(": ").unwrap_or((line, "errno"));
    let fits = !said.trim().is_empty()
        && text.len() > 1
        && text.len() < 20
        && text.starts_with('E')
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if fits {
        let names = errno::names();
        if names.iter().any(|name| name == text) {
            return Ok(Errno(line.to_owned()));
        }
        let wrong = Wrong::new(format!("no errno is called `{text}`"));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return Err(match nearest(text, &names) {
            Some(near) => wrong.hint(format!("did you mean `{near}`?")),
            None => wrong,
        });
    }
    let wrong = Wrong::new(format!("`{}` is no name of an errno", shorten(text)));
    Err(wrong.hint("`EEXIST`, `EINVAL`, ..."))
}
