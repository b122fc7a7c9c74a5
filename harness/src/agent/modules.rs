//! Owns what is known about the kernel's modules: which are loaded or built in. It loads none.

use std::{collections::HashSet, fs, io, path::Path};

/// Modules that the running kernel has at hand without loading anything.
pub(crate) struct Modules(HashSet<String>);

impl Modules {
    /// Reads `/proc/modules` and `modules.builtin` of the running kernel. A kernel without
    /// loadable modules, or whose folder is absent (containers), yields what could be read.
    pub(crate) fn read() -> Self {
        let release = nix::sys::utsname::uname()
            .map(|u| u.release().to_string_lossy().into_owned())
            .unwrap_or_default();
        let builtin = Path::new("/lib/modules")
            .join(release)
            .join("modules.builtin");
        let text = |r: io::Result<String>| r.unwrap_or_default();
        Self::parse(
            &text(fs::read_to_string("/proc/modules")),
            &text(fs::read_to_string(builtin)),
        )
    }

    fn parse(loaded: &str, builtin: &str) -> Self {
        let loaded = loaded
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        let builtin = builtin.lines().filter_map(|line| {
            Path::new(line.trim())
                .file_name()?
                .to_str()?
                .split(".ko")
                .next()
        });
        Self(
            loaded
                .chain(builtin)
                .map(|name| name.replace('-', "_"))
                .collect(),
        )
    }

    /// Whether the module is loaded, or built in, or at least visible as such in `/sys/module`.
    pub(crate) fn at_hand(&self, name: &str) -> bool {
        let name = name.replace('-', "_");
        Path::new("/sys/module").join(&name).exists() || self.0.contains(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loaded_and_built_in_modules_are_at_hand_under_either_spelling() {
        let modules = Modules::parse(
            "ip_vti 24576 0 - Live 0x0\n",
            "kernel/net/ipv4/xfrm4-tunnel.ko\nkernel/lib/x.ko.xz\n",
        );
        for name in ["ip_vti", "ip-vti", "xfrm4_tunnel", "x"] {
            assert!(modules.at_hand(name), "{name}");
        }
        assert!(!modules.at_hand("no_such_module"));
    }
}
