//! Owns the names of errnos, as runs print them. It never asks what one means.

use nix::errno::Errno;

/// The highest errno that user space is told (`include/uapi/asm-generic/errno.h`).
const LAST: i32 = 133;

/// Every name.
pub(crate) fn names() -> Vec<String> {
    let known = (1..=LAST).map(Errno::from_raw);
    let known = known.filter(|errno| *errno != Errno::UnknownErrno);
    known.map(|errno| format!("{errno:?}")).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_those_of_the_kernel() {
        let names = super::names();
        for name in ["EPERM", "EEXIST", "EOPNOTSUPP", "EHWPOISON"] {
            assert!(names.iter().any(|n| n == name), "{name}");
        }
        assert!(!names.iter().any(|n| n == "UnknownErrno"));
    }
}
