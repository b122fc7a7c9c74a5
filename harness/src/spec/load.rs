//! Owns the one place where the language touches the file system: reading a
//! topology file, with limits. It never looks at what the text means.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place where the language reads a file"
)]

use std::{
    fs::File,
    io::Read,
    path::{Component, Path},
};

use super::Source;

/// Largest topology file in bytes. The text of a world is small; what is larger is noise.
pub const MAX_BYTES: u64 = 1 << 20;

/// How many files may extend one another in a row.
const MAX_BASES: usize = 4;

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

/// Reads a topology file, at most one byte more than [`MAX_BYTES`] of it, and the files that it extends.
pub fn read_source(path: &Path) -> Result<Source, LoadError> {
    let mut source = read_one(path)?;
    read_bases(path, &mut source, 0);
    Ok(source)
}

/// Reads what a source extends. What is wrong with that is said at the place of the key.
fn read_bases(path: &Path, source: &mut Source, depth: usize) {
    // Most files extend nothing, and need not be parsed twice.
    if !source.text.contains("extends") {
        return;
    }
    let (tree, _) = toml::de::DeTable::parse_recoverable(&source.text);
    let Some(name) = tree
        .get_ref()
        .get("extends")
        .and_then(|v| v.get_ref().as_str())
    else {
        return;
    };
    let base = if depth == MAX_BASES {
        Err(format!("more than {MAX_BASES} files extend one another"))
    } else {
        base(path, name).map(|(place, mut base)| {
            read_bases(&place, &mut base, depth + 1);
            Box::new(base)
        })
    };
    source.base = Some(base);
}

/// The file `name` beside `path`. A file from a stranger names none outside its own folder.
fn base(path: &Path, name: &str) -> Result<(std::path::PathBuf, Source), String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let inside = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    let place = folder.join(name);
    // A link may lead out of the folder all the same.
    let real = |path: &Path| path.canonicalize().ok();
    let root = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let leaves = real(&place)
        .zip(real(root))
        .is_some_and(|(place, folder)| !place.starts_with(folder));
    if !inside || leaves {
        return Err("a file extends files of its own folder only".to_owned());
    }
    let source = read_one(&place).map_err(|e| e.to_string())?;
    Ok((place, source))
}

fn read_one(path: &Path) -> Result<Source, LoadError> {
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
        Ok(text) => Ok(Source::new(name, text)),
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

    /// What is said about `extends = "NAME"` in a folder with a good file, a link out of it and a chain.
    #[track_caller]
    fn check_base(name: &str, expected: &str) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inner = folder.path().join("in");
        std::fs::create_dir(&inner).expect("a folder in it");
        let put = |name: &str, text: &str| std::fs::write(inner.join(name), text).expect("a file");
        put("good.toml", "title = 'good'");
        put("loop.toml", "extends = 'loop.toml'");
        std::fs::write(folder.path().join("out.toml"), "title = 'out'").expect("a file");
        std::os::unix::fs::symlink("../out.toml", inner.join("link.toml")).expect("a link");
        put("x.toml", &format!("extends = '{name}'"));
        let source = read_source(&inner.join("x.toml")).expect("the file itself is there");
        let mut end = &source;
        let seen = loop {
            match &end.base {
                Some(Ok(base)) => end = base,
                Some(Err(why)) => break why.clone(),
                None => break end.text.clone(),
            }
        };
        assert_eq!(seen.replace(&format!("{}/", inner.display()), ""), expected);
    }

    #[test]
    fn a_file_extends_files_of_its_folder_only() {
        check_base("good.toml", "title = 'good'");
        check_base("none.toml", "no file `none.toml`");
        check_base("loop.toml", "more than 4 files extend one another");
        let outside = "a file extends files of its own folder only";
        check_base("../out.toml", outside);
        check_base("/etc/passwd", outside);
        check_base("link.toml", outside);
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
