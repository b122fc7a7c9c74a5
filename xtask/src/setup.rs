//! Owns `cargo xtask setup`: what the machine must have, found without starting a process,
//! and brought by its package manager where that is allowed. It changes nothing else.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use anyhow::{Context as _, Result};

/// One thing that the machine must have.
struct Item {
    /// Whether it is there.
    there: fn() -> bool,
    /// What it is for.
    why: &'static str,
    /// The Debian package that has it.
    package: &'static str,
}

const ITEMS: &[Item] = &[
    Item {
        there: || program("qemu-system-x86_64"),
        why: "boots other kernels",
        package: "qemu-system-x86",
    },
    Item {
        there: || program("nft"),
        why: "loads a topology's rules",
        package: "nftables",
    },
    Item {
        there: || program("ip"),
        why: "the witness of what was built",
        package: "iproute2",
    },
    Item {
        there: || program("dpkg-deb"),
        why: "unpacks kernel packages",
        package: "dpkg",
    },
    Item {
        there: libpcap,
        why: "the witness of our captures, in tests",
        package: "libpcap-dev",
    },
    Item {
        there: || program("cc"),
        why: "links",
        package: "gcc",
    },
    Item {
        there: libc_headers,
        why: "compiles the C parts of crates",
        package: "libc6-dev",
    },
    Item {
        there: || Path::new("/usr/share/keyrings/debian-archive-keyring.gpg").exists(),
        why: "checks Debian's signatures",
        package: "debian-archive-keyring",
    },
];

/// Brings what is missing; a code other than success says that a person must.
pub(crate) fn run() -> Result<ExitCode> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    for item in &missing {
        eprintln!("xtask: missing: {} ({})", item.package, item.why);
    }
    let packages: Vec<&str> = missing.iter().map(|item| item.package).collect();
    let Some(privilege) = privilege() else {
        eprintln!(
            "xtask: run this once, then try again:\n\n    {}\n",
            by_hand(&packages)
        );
        return Ok(ExitCode::from(3));
    };
    install(privilege, &packages)?;
    let still: Vec<&str> = self::missing().iter().map(|item| item.package).collect();
    if still.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!(
        "xtask: still missing after the installation: {}",
        still.join(" ")
    );
    Ok(ExitCode::from(3))
}

fn missing() -> Vec<&'static Item> {
    ITEMS.iter().filter(|item| !(item.there)()).collect()
}

/// How the package manager may be called: as root, or through a `sudo` that asks nothing.
fn privilege() -> Option<&'static [&'static str]> {
    if !program("apt-get") {
        return None;
    }
    if is_root() {
        return Some(&[]);
    }
    let quiet = Command::new("sudo")
        .args(["-n", "true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    quiet
        .is_ok_and(|status| status.success())
        .then_some(&["sudo", "-n"])
}

fn install(privilege: &[&str], packages: &[&str]) -> Result<()> {
    let apt = |words: &[&str]| -> Result<bool> {
        let line: Vec<&str> = privilege
            .iter()
            .chain(&["apt-get"])
            .chain(words)
            .copied()
            .collect();
        eprintln!("xtask: {}", line.join(" "));
        let mut command = Command::new(line[0]);
        command
            .args(&line[1..])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null());
        Ok(command
            .status()
            .with_context(|| format!("failed to start `{}`", line[0]))?
            .success())
    };
    let install = [
        &["install", "--no-install-recommends", "-y", "-q"],
        packages,
    ]
    .concat();
    // Lists that were never read, or that name versions which are gone by now.
    if !apt(&install)? {
        apt(&["update", "-q"])?;
        anyhow::ensure!(apt(&install)?, "the package manager failed");
    }
    Ok(())
}

fn by_hand(packages: &[&str]) -> String {
    let packages = packages.join(" ");
    if program("apt-get") {
        format!("sudo apt-get update && sudo apt-get install --no-install-recommends -y {packages}")
    } else {
        format!("(with this machine's package manager, what Debian calls) {packages}")
    }
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| {
        let uid = status.lines().find_map(|line| line.strip_prefix("Uid:"));
        uid.and_then(|uids| uids.split_whitespace().nth(1)) == Some("0")
    })
}

/// Whether a program is in `PATH` or where only root's `PATH` looks.
fn program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path)
        .chain(system)
        .any(|folder| folder.join(name).is_file())
}

fn libpcap() -> bool {
    env::var_os("LIBPCAP_LIBDIR").is_some()
        || library_folders().any(|folder| folder.join("libpcap.so").exists())
}

fn libc_headers() -> bool {
    Path::new("/usr/include/stdlib.h").exists()
}

fn library_folders() -> impl Iterator<Item = PathBuf> {
    let multiarch = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
    [
        multiarch,
        "/usr/lib".to_owned(),
        "/usr/lib64".to_owned(),
        "/usr/local/lib".to_owned(),
    ]
    .into_iter()
    .map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_looked_for_and_not_made_up() {
        assert!(program("sh"));
        assert!(!program("no-such-program-anywhere"));
    }

    #[test]
    fn the_command_for_a_person_is_one_line_with_every_package() {
        let line = by_hand(&["nftables", "qemu-system-x86"]);
        assert!(line.ends_with("nftables qemu-system-x86"), "{line}");
        assert!(!line.contains('\n'));
    }
}
