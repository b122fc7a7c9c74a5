//! Owns the reasons why a user namespace cannot be had, and their cures. It changes nothing.

use std::{fs, io};

/// What the machine says about user namespaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of a machine"
)]
pub(crate) struct HostFacts {
    /// `kernel.apparmor_restrict_unprivileged_userns` is 1 (Ubuntu 23.10 and later).
    pub(crate) apparmor: bool,
    /// `kernel.unprivileged_userns_clone` is 0 (Debian's patch).
    pub(crate) clone_off: bool,
    /// `user.max_user_namespaces` is 0.
    pub(crate) none_allowed: bool,
    /// A seccomp filter is in force (`Seccomp: 2` in `/proc/self/status`), as in containers.
    pub(crate) seccomp: bool,
    /// The process is root.
    pub(crate) root: bool,
}

impl HostFacts {
    /// Reads `/proc`; what cannot be read counts as unrestricted.
    pub(crate) fn read() -> Self {
        let is = |path: &str, value| fs::read_to_string(path).is_ok_and(|t| t.trim() == value);
        Self {
            apparmor: is(
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                "1",
            ),
            clone_off: is("/proc/sys/kernel/unprivileged_userns_clone", "0"),
            none_allowed: is("/proc/sys/user/max_user_namespaces", "0"),
            seccomp: fs::read_to_string("/proc/self/status").is_ok_and(|status| {
                status
                    .lines()
                    .any(|l| l.split_whitespace().eq(["Seccomp:", "2"]))
            }),
            root: nix::unistd::geteuid().is_root(),
        }
    }
}

/// Says why `step` failed, with the one-line cure where there is one.
pub(crate) fn explain(step: &str, error: &io::Error, facts: &HostFacts) -> String {
    let (why, cure) = if facts.none_allowed {
        (
            "`user.max_user_namespaces` is 0",
            "sudo sysctl user.max_user_namespaces=16384",
        )
    } else if facts.clone_off && !facts.root {
        (
            "`kernel.unprivileged_userns_clone` is 0",
            "sudo sysctl kernel.unprivileged_userns_clone=1",
        )
    } else if facts.apparmor && !facts.root {
        (
            "AppArmor restricts unprivileged user namespaces",
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        )
    } else if facts.seccomp && error.raw_os_error() == Some(libc::EPERM) {
        (
            "a seccomp filter, as container engines set it, forbids it",
            "start the container with `--security-opt seccomp=unconfined`, or take `--kernel debian:6.12`",
        )
    } else if error.raw_os_error() == Some(libc::ENOSPC) {
        (
            "the limit of nested or existing namespaces is reached",
            "raise `user.max_user_namespaces` and `user.max_net_namespaces`",
        )
    } else {
        (
            "the kernel refused",
            "take the guest: `--kernel debian:6.12`",
        )
    };
    format!("{step}: {error}: {why}\n(hint: {cure})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(facts: &HostFacts, errno: i32, expected: &str) {
        let said = explain("unshare", &io::Error::from_raw_os_error(errno), facts);
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn each_restriction_is_named_with_its_cure() {
        let none = HostFacts::default();
        let apparmor = HostFacts {
            apparmor: true,
            ..none.clone()
        };
        check(
            &apparmor,
            libc::EPERM,
            "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        );
        let off = HostFacts {
            none_allowed: true,
            ..apparmor
        };
        check(&off, libc::ENOSPC, "sysctl user.max_user_namespaces=16384");
        check(
            &HostFacts {
                seccomp: true,
                ..none.clone()
            },
            libc::EPERM,
            "seccomp=unconfined",
        );
        check(
            &HostFacts {
                clone_off: true,
                ..none.clone()
            },
            libc::EPERM,
            "userns_clone=1",
        );
        check(&none, libc::ENOSPC, "user.max_net_namespaces");
    }

    #[test]
    fn root_is_not_told_to_lift_what_binds_only_others() {
        let facts = HostFacts {
            apparmor: true,
            root: true,
            ..HostFacts::default()
        };
        let said = explain(
            "unshare",
            &io::Error::from_raw_os_error(libc::EPERM),
            &facts,
        );
        assert!(!said.contains("apparmor"), "{said}");
    }
}
