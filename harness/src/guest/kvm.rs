//! Owns the answer to "does KVM work here?", found by booting and kept. `/dev/kvm` may exist,
//! open, and still run no kernel.

use std::{fs, os::unix::fs::MetadataExt as _, path::PathBuf};

use super::{cache, qemu::PROGRAM};

pub(crate) enum Answer {
    Usable,
    Unusable,
    /// Only a boot can tell.
    Unknown,
}

/// What is known. With `asked`, a person insists, and a boot is to show the reason.
pub(crate) fn answer(asked: bool) -> Answer {
    if asked {
        return Answer::Usable;
    }
    if fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/kvm")
        .is_err()
    {
        return Answer::Unusable;
    }
    match fs::read_to_string(note()).as_deref() {
        Ok("usable") => Answer::Usable,
        Ok(_) => Answer::Unusable,
        Err(_) => Answer::Unknown,
    }
}

/// Keeps the answer for this host kernel, this processor and this QEMU.
pub(crate) fn remember(usable: bool) {
    // An answer that cannot be kept is found again next time.
    drop(fs::write(
        note(),
        if usable { "usable" } else { "unusable" },
    ));
}

fn note() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let qemu =
        std::env::split_paths(&path).find_map(|folder| fs::metadata(folder.join(PROGRAM)).ok());
    let qemu = qemu
        .map(|m| format!("{} {}", m.len(), m.mtime()))
        .unwrap_or_default();
    let host = fs::read_to_string("/proc/version").unwrap_or_default();
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model: String = cpu
        .lines()
        .filter(|l| l.starts_with("model name"))
        .take(1)
        .collect();
    cache::root().join(format!("kvm-{}", cache::key([qemu, host, model])))
}
