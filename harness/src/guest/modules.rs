//! Owns which modules of a kernel a guest gets, and unpacking them. It loads none.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::kernel::file_name;

/// Folders whose modules a lab may want, below `kernel/`.
const WANTED: &[&str] = &[
    "arch/x86/crypto",
    "crypto",
    "lib",
    "net/802",
    "net/8021q",
    "net/bridge",
    "net/core",
    "net/ipv4",
    "net/ipv6",
    "net/key",
    "net/llc",
    "net/netfilter",
    "net/netlink",
    "net/packet",
    "net/psample",
    "net/sched",
    "net/unix",
    "net/xfrm",
];
const WANTED_DRIVERS: &[&str] = &[
    "bareudp",
    "bonding",
    "dummy",
    "geneve",
    "gtp",
    "ifb",
    "ipvlan",
    "macvlan",
    "netkit",
    "nlmon",
    "tun",
    "veth",
    "virtio_console",
    "virtio_pci",
    "vrf",
    "vxlan",
    "wireguard",
];

/// What `depmod` reads beside the modules.
pub(super) const INDEXES: &[&str] = &[
    "modules.builtin",
    "modules.builtin.modinfo",
    "modules.order",
];

/// Copies the wanted modules and what they depend on, decompressed: an emulated processor
/// takes long over xz.
pub(super) fn copy_modules(from: &Path, to: &Path) -> io::Result<()> {
    let mut all = BTreeMap::new();
    modules_below(&from.join("kernel"), &from.join("kernel"), &mut all)?;
    let mut open: Vec<String> = all
        .iter()
        .filter(|(name, path)| {
            WANTED.iter().any(|folder| path.starts_with(folder))
                || WANTED_DRIVERS.contains(&name.as_str())
        })
        .map(|(name, _)| name.clone())
        .collect();
    let mut done = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some(path) = all.get(&name).filter(|_| done.insert(name.clone())) else {
            continue;
        };
        let module = read_module(&from.join("kernel").join(path))?;
        open.extend(depends(&module));
        let plain = path.with_file_name(format!("{}.ko", module_file_stem(path)));
        let target = to.join("kernel").join(plain);
        fs::create_dir_all(target.parent().unwrap_or(to))?;
        fs::write(target, module)?;
    }
    for name in INDEXES {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name))?;
        }
    }
    Ok(())
}

/// Modules by name (with `_` for `-`), as paths below `kernel/`.
fn modules_below(
    root: &Path,
    folder: &Path,
    into: &mut BTreeMap<String, PathBuf>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // Folders only, no links to folders: a kernel tree has some that lead back up.
        if entry.file_type()?.is_dir() {
            modules_below(root, &path, into)?;
        } else if file_name(&path).contains(".ko")
            && let Ok(relative) = path.strip_prefix(root)
        {
            into.insert(
                module_file_stem(&path).replace('-', "_"),
                relative.to_owned(),
            );
        }
    }
    Ok(())
}

fn module_file_stem(path: &Path) -> String {
    file_name(path)
        .split(".ko")
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn read_module(path: &Path) -> io::Result<Vec<u8>> {
    let bytes = fs::read(path)?;
    let mut plain = Vec::new();
    match path.extension().and_then(|e| e.to_str()) {
        Some("xz") => liblzma::read::XzDecoder::new(&*bytes).read_to_end(&mut plain)?,
        Some("zst") => ruzstd::decoding::StreamingDecoder::new(&*bytes)
            .map_err(io::Error::other)?
            .read_to_end(&mut plain)?,
        _ => return Ok(bytes),
    };
    Ok(plain)
}

/// Names in the `depends=` entry of a module's `.modinfo`.
fn depends(module: &[u8]) -> Vec<String> {
    const KEY: &[u8] = b"\0depends=";
    let found = module.windows(KEY.len()).position(|window| window == KEY);
    let value = found.and_then(|at| module[at + KEY.len()..].split(|b| *b == 0).next());
    let text = String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
    text.split(',')
        .filter(|n| !n.is_empty())
        .map(|n| n.replace('-', "_"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_read_from_the_modinfo_section() {
        assert_eq!(
            depends(b"x\0license=GPL\0depends=xfrm_algo,nf-tables\0"),
            ["xfrm_algo", "nf_tables"]
        );
        assert!(depends(b"\0depends=\0").is_empty());
        assert!(depends(b"nothing").is_empty());
    }
}
