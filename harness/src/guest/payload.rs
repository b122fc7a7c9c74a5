//! Owns the payload: the running executable with the loader and the libraries that it runs
//! with, so that guest and host may have different C libraries. It changes none of them.

use std::{
    collections::BTreeMap,
    ffi::{CStr, OsStr},
    fs, io,
    os::unix::ffi::OsStrExt as _,
    path::PathBuf,
};

use super::archive::Archive;

/// Where the payload lies in the guest.
pub(crate) const FOLDER: &str = "/xfrmlab";

/// The payload as an archive.
pub(crate) fn archive() -> io::Result<Vec<u8>> {
    let mut archive = Archive::new();
    let folder = FOLDER.trim_start_matches('/');
    archive.folder(folder)?;
    let mut program = fs::read("/proc/self/exe")?;
    archive.file(&format!("{folder}/self"), 0o755, stripped(&mut program))?;
    for (name, path) in named(loaded()) {
        archive.file(
            &format!("{folder}/{name}"),
            0o755,
            stripped(&mut fs::read(path)?),
        )?;
    }
    archive.finish()
}

/// Libraries that the loader has opened, by the path that it found each under. Its file name is the
/// one that is asked for (`libpcap.so.0.8`); `/proc/self/maps` has that of the file behind the
/// links (`libpcap.so.1.10.3`), which the loader of the guest would not find.
fn loaded() -> Vec<PathBuf> {
    unsafe extern "C" fn visit(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        found: *mut libc::c_void,
    ) -> libc::c_int {
        // SAFETY: `dl_iterate_phdr` gives a valid record with a terminated name, and hands on the
        // vector that it was called with.
        unsafe {
            let name = (*info).dlpi_name;
            if !name.is_null() {
                let name = OsStr::from_bytes(CStr::from_ptr(name).to_bytes());
                (*found.cast::<Vec<PathBuf>>()).push(name.into());
            }
        }
        0
    }
    let mut found: Vec<PathBuf> = Vec::new();
    // SAFETY: `visit` does not unwind but for lack of memory, and `found` outlives the call.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut found).cast()) };
    found
}

/// Libraries by file name; the dynamic loader is called `ld.so`. What has no path is the program
/// itself or the kernel's own (`linux-vdso.so.1`).
fn named(paths: Vec<PathBuf>) -> BTreeMap<String, PathBuf> {
    paths
        .into_iter()
        .filter(|path| path.is_absolute())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            let loader =
                name.starts_with("ld-linux") || name.starts_with("ld-2") || name == "ld.so";
            Some((if loader { "ld.so".to_owned() } else { name }, path))
        })
        .collect()
}

/// Cuts off what only a debugger reads: everything behind the last byte that is loaded. A
/// guest gets a third of the bytes, and panics still name file and line.
fn stripped(elf: &mut Vec<u8>) -> &[u8] {
    if let Some(end) = loaded_end(elf) {
        elf.truncate(end);
        // Section headers were behind that; none remain. `e_shoff` at 0x28, `e_shnum` and
        // `e_shstrndx` at 0x3c (elf(5)).
        elf[0x28..0x30].fill(0);
        elf[0x3c..0x40].fill(0);
    }
    elf
}

/// Offset behind the last byte that a program header of a 64-bit little-endian ELF names.
fn loaded_end(elf: &[u8]) -> Option<usize> {
    if elf.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let half = |at: usize| Some(u16::from_le_bytes(elf.get(at..at + 2)?.try_into().ok()?) as usize);
    let long = |at: usize| Some(u64::from_le_bytes(elf.get(at..at + 8)?.try_into().ok()?) as usize);
    let (table, size, count) = (long(0x20)?, half(0x36)?, half(0x38)?);
    let mut end = table.checked_add(size.checked_mul(count)?)?;
    for at in (0..count).map(|n| table + n * size) {
        end = end.max(long(at + 0x08)?.checked_add(long(at + 0x20)?)?);
    }
    (end <= elf.len() && end >= 0x40).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_renamed_and_the_program_is_no_library() {
        let paths = [
            "",
            "linux-vdso.so.1",
            "/lib/libc.so.6",
            "/lib64/ld-linux-x86-64.so.2",
        ];
        let found = named(paths.map(PathBuf::from).to_vec());
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(names, ["ld.so", "libc.so.6"]);
    }

    /// `DT_NEEDED` of this very program names `libc.so.6`, whatever file that is a link to.
    #[test]
    fn libraries_have_the_names_that_the_loader_asks_for() {
        let found = named(loaded());
        assert!(
            found.contains_key("libc.so.6") && found.contains_key("ld.so"),
            "{found:?}"
        );
        assert!(found.values().all(|path| path.exists()));
    }

    #[test]
    fn stripping_keeps_what_is_loaded_and_ends_without_sections() {
        let mut own = fs::read("/proc/self/exe").unwrap();
        let before = own.len();
        let after = stripped(&mut own).to_vec();
        assert!(after.len() < before);
        assert_eq!(loaded_end(&after), Some(after.len()));
        for end in 0..200 {
            let mut cut = after[..end].to_vec();
            stripped(&mut cut);
        }
    }
}
