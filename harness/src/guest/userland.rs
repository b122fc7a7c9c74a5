//! Owns the guest's userland: the few Debian programs that a lab or a person in one uses,
//! with the libraries that they load. The harness itself is not part of it.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    GuestError,
    apt::{Apt, Suites, finish, progress},
    archive::Archive,
    cache,
};

/// Raised when the recipe below changes.
const RECIPE: &str = "4";
const PACKAGES: &[&str] = &[
    "bash",
    "busybox-static",
    "ethtool",
    "iproute2",
    "iptables",
    "kmod",
    "nftables",
    "tcpdump",
];
const PROGRAMS: &[&str] = &[
    // The shell of BusyBox prefers its own applets, and its `ip` knows no xfrm.
    "bin/bash",
    "bin/busybox",
    "bin/ip",
    "bin/kmod",
    "bin/ss",
    "bin/tcpdump",
    "sbin/bridge",
    "sbin/ethtool",
    "sbin/nft",
    "sbin/tc",
    "sbin/xtables-nft-multi",
];
/// Links to `xtables-nft-multi`, by which it knows what it is to do.
const XTABLES: &[&str] = &[
    "ip6tables-nft-restore",
    "ip6tables-nft-save",
    "iptables-nft-restore",
    "iptables-nft-save",
];
/// Where it looks for its matches and targets, one library each.
const EXTENSIONS: &str = "usr/lib/x86_64-linux-gnu/xtables";
/// Links to `kmod`, by which it knows what it is to do. `modprobe` is not among them: pid 1
/// makes that link. Found earlier, the kernel would run it for each algorithm that its own
/// start would like to have, which costs an emulated boot half a second.
const KMOD: &[&str] = &["depmod", "insmod", "lsmod", "modinfo", "rmmod"];
/// What a person in a shell types without thinking.
const APPLETS: &[&str] = &[
    "cat",
    "clear",
    "cp",
    "dmesg",
    "echo",
    "env",
    "find",
    "free",
    "grep",
    "head",
    "kill",
    "less",
    "ls",
    "mkdir",
    "mount",
    "mv",
    "nc",
    "ping",
    "ping6",
    "ps",
    "pwd",
    "rm",
    "sed",
    "sh",
    "sleep",
    "sort",
    "stty",
    "sysctl",
    "tail",
    "top",
    "touch",
    "traceroute",
    "umount",
    "uname",
    "vi",
    "wc",
    "which",
];
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
const LOADER: &str = "ld-linux-x86-64.so.2";

/// Set to `sid` it takes the newest iproute2 and nftables that Debian has, instead of those of the stable release.
const RELEASE_ENV: &str = "XFRMLAB_USERLAND";

/// Whether the newest programs are asked for.
pub(crate) fn newest() -> bool {
    std::env::var_os(RELEASE_ENV).is_some_and(|release| release == "sid")
}

/// An unpacked userland, and the same as an archive.
pub(crate) struct Userland {
    folder: PathBuf,
}

impl Userland {
    /// Builds the userland, or finds it in the cache.
    pub(crate) fn ready() -> Result<Self, GuestError> {
        let (suites, release) = if newest() {
            (Suites::Newest, "newest")
        } else {
            (Suites::Stable, "stable")
        };
        let parts = [
            &[RECIPE, release],
            PACKAGES,
            PROGRAMS,
            XTABLES,
            KMOD,
            APPLETS,
        ]
        .concat();
        let folder = cache::root().join(format!("userland-{}", cache::key(parts)));
        cache::once(&folder, |scratch| {
            progress("building the guest's userland");
            let full = scratch.join("full");
            Apt::open(suites)?.unpack_closure(PACKAGES, &full)?;
            let tree = scratch.join("tree");
            select(&full, &tree)?;
            let failed = GuestError::file("build the userland in", scratch);
            let pack = || {
                let mut archive = Archive::new();
                archive.tree(&tree)?;
                fs::write(scratch.join("userland.cpio"), archive.finish()?)?;
                fs::remove_dir_all(&full)
            };
            pack().map_err(failed)
        })?;
        Ok(Self { folder })
    }

    pub(crate) fn archive(&self) -> PathBuf {
        self.folder.join("userland.cpio")
    }

    /// A program of the userland, run on this machine through the userland's own loader.
    pub(crate) fn command(&self, name: &str) -> Command {
        loader(&self.folder.join("tree"), name)
    }
}

/// Starts `usr/sbin/NAME` of `tree` under that name.
fn loader(tree: &Path, name: &str) -> Command {
    let mut command = Command::new(tree.join(LIBRARIES).join(LOADER));
    command
        .arg("--inhibit-cache")
        .arg("--library-path")
        .arg(tree.join(LIBRARIES));
    command
        .arg("--argv0")
        .arg(name)
        .arg(tree.join("usr/sbin").join(name));
    command
}

fn select(full: &Path, tree: &Path) -> Result<(), GuestError> {
    let failed = || GuestError::file("build the userland in", tree);
    let mut wanted: BTreeSet<PathBuf> = BTreeSet::from([Path::new(LIBRARIES).join(LOADER)]);
    for program in PROGRAMS {
        let program = Path::new("usr").join(program);
        if program.ends_with("busybox") {
            wanted.insert(program);
            continue;
        }
        wanted.extend(libraries(full, &program)?);
        wanted.insert(program);
    }
    let mut make = || -> io::Result<()> {
        for extension in fs::read_dir(full.join(EXTENSIONS))? {
            wanted.insert(Path::new(EXTENSIONS).join(extension?.file_name()));
        }
        for folder in [
            "dev",
            "proc",
            "sys",
            "run",
            "tmp",
            "root",
            "etc",
            "usr/bin",
            "usr/sbin",
            "usr/lib64",
            LIBRARIES,
            EXTENSIONS,
        ] {
            fs::create_dir_all(tree.join(folder))?;
        }
        for folder in ["bin", "sbin", "lib", "lib64"] {
            symlink(format!("usr/{folder}"), tree.join(folder))?;
        }
        symlink("/run", tree.join("usr/../var"))
            .or_else(|_| fs::create_dir_all(tree.join("var")))?;
        symlink(
            format!("../lib/x86_64-linux-gnu/{LOADER}"),
            tree.join("usr/lib64").join(LOADER),
        )?;
        for file in &wanted {
            fs::copy(full.join(file), tree.join(file))?;
        }
        for name in KMOD {
            symlink("../bin/kmod", tree.join("usr/sbin").join(name))?;
        }
        for name in XTABLES {
            symlink("xtables-nft-multi", tree.join("usr/sbin").join(name))?;
        }
        for name in APPLETS {
            symlink("busybox", tree.join("usr/bin").join(name))?;
        }
        fs::write(
            tree.join("etc/passwd"),
            "root:x:0:0:root:/root:/bin/sh\nlab:x:1000:1000::/tmp:/bin/sh\n",
        )?;
        fs::write(tree.join("etc/group"), "root:x:0:\nlab:x:1000:\n")
    };
    make().map_err(failed())
}

/// The libraries that `program` loads, relative to `full`, as its own loader finds them.
fn libraries(full: &Path, program: &Path) -> Result<Vec<PathBuf>, GuestError> {
    let folder = full.join(LIBRARIES);
    let mut command = Command::new(folder.join(LOADER));
    command
        .arg("--inhibit-cache")
        .arg("--library-path")
        .arg(&folder);
    command.arg("--list").arg(full.join(program));
    let listed = finish("ld.so --list", &mut command)?;
    // `libnftables.so.1 => /folder/libnftables.so.1 (0x...)`
    let found = listed.lines().filter_map(|line| {
        let name = Path::new(line.split("=>").nth(1)?.split_whitespace().next()?).file_name()?;
        (name != LOADER).then(|| Path::new(LIBRARIES).join(name))
    });
    Ok(found.collect())
}
