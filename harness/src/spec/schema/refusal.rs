//! Owns the word by which a file says that the kernel must refuse an object.

use crate::spec::{
    diagnostic::shorten,
    scalar::{Wrong, text},
};

/// Name of an errno.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) String);

text!(Errno, "name of an errno", "EEXIST", parse_errno);

fn parse_errno(text: &str) -> Result<Errno, Wrong> {
    let fits = text.len() > 1
        && text.len() < 20
        && text.starts_with('E')
        && text
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    if fits {
        return Ok(Errno(text.to_owned()));
    }
    let wrong = Wrong::new(format!("`{}` is no name of an errno", shorten(text)));
    Err(wrong.hint("`EEXIST`, `EINVAL`, ..."))
}
