//! Owns the one place where the language touches the file system: reading a
//! topology file, with limits. It never looks at what the text means.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place where the language reads a file"
)]

use std::{fs::File, io::Read, path::Path};

use super::Source;

/// Largest topology file in bytes. The text of a world is small; what is larger is noise.
pub const MAX_BYTES: u64 = 1 << 20;

/// Why a topology file could not be read. One clear line each.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("no file `{name}`")]
    Missing { name: String },
    #[error("`{name}` is a directory, not a topology file")]
    Directory { name: String },
    /// A pipe would block for ever and a device never ends, so neither is opened.
    #[error("`{name}` is not a regular file")]
    NotRegular { name: String },
    #[error("`{name}` is empty")]
    Empty { name: String },
    #[error("`{name}` is larger than a topology file may be ({MAX_BYTES} bytes)")]
    TooLarge { name: String },
    #[error("`{name}` is not UTF-8 text: byte {offset} is 0x{byte:02x}")]
    NotText {
        name: String,
        offset: usize,
        byte: u8,
    },
    #[error("cannot read `{name}`: {source}")]
    Io {
        name: String,
        source: std::io::Error,
    },
}

/// Reads a topology file: at most one byte more than [`MAX_BYTES`] of it.
pub fn read_source(path: &Path) -> Result<Source, LoadError> {
    // A path may hold bytes that a terminal would obey; messages show them escaped.
    let name = path
        .to_string_lossy()
        .chars()
        .flat_map(printable)
        .collect::<String>();
    let io = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => LoadError::Missing { name: name.clone() },
        _ => LoadError::Io {
            name: name.clone(),
            source,
        },
    };
    let kind = std::fs::metadata(path).map_err(io)?;
    if kind.is_dir() {
        return Err(LoadError::Directory { name });
    }
    if !kind.is_file() {
        return Err(LoadError::NotRegular { name });
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(io)?;
    decode(name, bytes)
}

/// Makes a source of the bytes of a file.
fn decode(name: String, bytes: Vec<u8>) -> Result<Source, LoadError> {
    if bytes.is_empty() {
        return Err(LoadError::Empty { name });
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(LoadError::TooLarge { name });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(offset).copied().unwrap_or_default();
            Err(LoadError::NotText { name, offset, byte })
        }
    }
}

/// The character itself, or its escape where it is a control character.
fn printable(c: char) -> impl Iterator<Item = char> {
    let (plain, escaped) = if c.is_control() {
        (None, Some(c.escape_default()))
    } else {
        (Some(c), None)
    };
    plain.into_iter().chain(escaped.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.toml");
        std::fs::write(&path, bytes).expect("a file in it");
        let seen = read_source(&path).map_or_else(|e| e.to_string(), |s| s.text);
        let seen = seen.replace(&format!("{}/", folder.path().display()), "");
        assert_eq!(seen, expected);
    }

    #[test]
    fn text_is_read() {
        check(b"title = 'x'", "title = 'x'");
    }

    #[test]
    fn bad_contents_get_one_line() {
        check(b"", "`x.toml` is empty");
        check(b"title\xff", "`x.toml` is not UTF-8 text: byte 5 is 0xff");
        check(
            &vec![b'x'; MAX_BYTES as usize + 1],
            "`x.toml` is larger than a topology file may be (1048576 bytes)",
        );
    }

    #[test]
    fn what_is_no_file_gets_one_line() {
        let text = |path: &str| {
            read_source(Path::new(path))
                .expect_err("no topology file")
                .to_string()
        };
        assert_eq!(
            text("/nonexistent/\x1b.toml"),
            "no file `/nonexistent/\\u{1b}.toml`"
        );
        assert_eq!(text("/"), "`/` is a directory, not a topology file");
        assert_eq!(text("/dev/zero"), "`/dev/zero` is not a regular file");
    }
}
