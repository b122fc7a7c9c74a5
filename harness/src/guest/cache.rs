//! Owns the cache folder: where things are kept, and that each is built once, whole or not
//! at all, however many processes want it.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::GuestError;

/// `$XDG_CACHE_HOME/xfrmlab` or `~/.cache/xfrmlab`; without a home, a folder in `/tmp` that
/// only this user may enter.
pub(crate) fn root() -> PathBuf {
    let set = |name| {
        env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_CACHE_HOME")
        .or_else(|| Some(set("HOME")?.join(".cache")))
        .unwrap_or_else(|| format!("/tmp/cache-{}", nix::unistd::getuid()).into())
        .join("xfrmlab")
}

/// The first 16 hexadecimal digits of a digest over `parts`.
pub(crate) fn key<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        let part = part.as_ref();
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let mut key = String::new();
    for byte in digest.finalize().iter().take(8) {
        write!(key, "{byte:02x}").expect("a `String` takes every write");
    }
    key
}

/// Holds a lock file until dropped.
pub(crate) struct Lock(#[expect(dead_code, reason = "held, never read")] fs::File);

/// Waits for the lock called `path`.
pub(crate) fn lock(path: &Path) -> Result<Lock, GuestError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(GuestError::file("make folder", parent))?;
    }
    let file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(GuestError::file("open lock", path))?;
    file.lock().map_err(GuestError::file("lock", path))?;
    Ok(Lock(file))
}

/// Returns the folder `place`, made by `build` if it does not exist yet. `build` fills a
/// scratch folder, which then takes its place in one step; concurrent builders wait.
pub(crate) fn once(
    place: &Path,
    build: impl FnOnce(&Path) -> Result<(), GuestError>,
) -> Result<(), GuestError> {
    if place.exists() {
        return Ok(());
    }
    let _lock = lock(&beside(place, "lock"))?;
    if place.exists() {
        return Ok(());
    }
    let scratch = beside(place, "part");
    // What a killed builder left.
    if scratch.exists() {
        fs::remove_dir_all(&scratch).map_err(GuestError::file("remove", &scratch))?;
    }
    fs::create_dir_all(&scratch).map_err(GuestError::file("make folder", &scratch))?;
    let outcome = build(&scratch).and_then(|()| {
        fs::rename(&scratch, place).map_err(GuestError::file("put in place", place))
    });
    if outcome.is_err() {
        // The error that is reported is the build's.
        drop(fs::remove_dir_all(&scratch));
    }
    outcome
}

/// `PLACE.SUFFIX`; versions have dots, so this is not a file's extension.
fn beside(place: &Path, suffix: &str) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    place.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_build_leaves_nothing_and_a_good_one_is_built_once() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("kernel");
        let fail = |_: &Path| Err(GuestError::Package("broken".to_owned()));
        assert!(once(&place, fail).is_err());
        assert!(!place.exists());
        once(&place, |p| {
            fs::write(p.join("image"), "1").map_err(GuestError::file("write", p))
        })
        .unwrap();
        once(&place, fail).unwrap();
        assert_eq!(fs::read_to_string(place.join("image")).unwrap(), "1");
    }

    #[test]
    fn keys_tell_apart_how_parts_are_cut() {
        assert_ne!(key(["ab", "c"]), key(["a", "bc"]));
    }
}
