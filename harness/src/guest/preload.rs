//! Owns loading the modules that nearly every lab uses, or that change what every lab sees, in process, before the first
//! lab. Everything else the kernel loads by itself when it is first used.
//!
//! Left to the kernel, each of these costs a `modprobe` process, which takes an emulated
//! processor a tenth of a second.

use std::{collections::HashMap, fs, path::Path};

use nix::kmod::{ModuleInitFlags, finit_module};

use crate::lab::Held;

/// In the order in which a lab meets them.
const MODULES: &[&str] = &[
    "veth",
    "xfrm_user",
    "esp4",
    "aesni_intel",
    "seqiv",
    "echainiv",
    "nf_tables",
    // Not for speed. Once this is loaded, every ESP packet that came out of another transform must pass the
    // inbound policies before it is opened, in worlds without any XFRM interface too (xfrmi_input,
    // net/xfrm/xfrm_interface_core.c, v6.12): what a file sees would hang on which files ran before it.
    "xfrm_interface",
];

/// Drivers of the agent's port; modules in Debian's 5.10 and 6.1, where no udev loads them.
const PORT: &[&str] = &["virtio_pci", "virtio_console"];

/// Loads what nearly every lab uses, and keeps it in use as long as the guest lives.
pub(crate) fn preload() {
    load(MODULES);
    match Held::take(Path::new("/run/held")) {
        // The guest is its life.
        Ok(held) => std::mem::forget(held),
        Err(error) => eprintln!("failed to hold what labs switch on and off: {error}"),
    }
}

/// Loads what the agent's port needs.
pub(crate) fn port_drivers() {
    load(PORT);
}

/// Loads them. A kernel that lacks one, or has it built in, does without: what a lab really
/// misses shows when it asks.
fn load(modules: &[&str]) {
    let Ok(uname) = nix::sys::utsname::uname() else {
        return;
    };
    let folder = Path::new("/lib/modules").join(uname.release());
    let Ok(table) = fs::read_to_string(folder.join("modules.dep")) else {
        return;
    };
    let table = Table::parse(&table);
    for name in modules {
        for path in table.chain(name) {
            if let Ok(file) = fs::File::open(folder.join(path)) {
                // Loaded already is as good.
                let _ = finit_module(&file, c"", ModuleInitFlags::empty());
            }
        }
    }
}

/// `modules.dep`: module name to its path and the paths of what it needs.
struct Table<'a>(HashMap<String, (&'a str, Vec<&'a str>)>);

impl<'a> Table<'a> {
    fn parse(text: &'a str) -> Self {
        let entries = text.lines().filter_map(|line| {
            let (path, needs) = line.split_once(':')?;
            let name = path
                .rsplit('/')
                .next()?
                .split(".ko")
                .next()?
                .replace('-', "_");
            Some((name, (path, needs.split_whitespace().collect())))
        });
        Self(entries.collect())
    }

    /// Paths in the order of loading: `depmod` lists the innermost need last.
    fn chain(&self, name: &str) -> Vec<&'a str> {
        let Some((path, needs)) = self.0.get(name) else {
            return Vec::new();
        };
        needs.iter().rev().chain([path]).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_come_before_what_needs_them() {
        let table = Table::parse("k/esp4.ko: k/xfrm-algo.ko k/af_key.ko\nk/xfrm-algo.ko:\n");
        assert_eq!(
            table.chain("esp4"),
            ["k/af_key.ko", "k/xfrm-algo.ko", "k/esp4.ko"]
        );
        assert_eq!(table.chain("xfrm_algo"), ["k/xfrm-algo.ko"]);
        assert!(table.chain("veth").is_empty());
    }
}
