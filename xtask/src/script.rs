//! Owns `cargo xtask script`: the kernel's `xfrm_policy.sh` timed against the topology files, in one guest. The script
//! comes from the distribution's kernel source and stays below `target`.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, bail};

use crate::{cargo, hand_on, setup};

/// The source of the script, and what it runs that a guest's userland has not, or not in full (`sort -R`).
const PACKAGES: [&str; 12] = [
    "linux-source-6.12",
    "coreutils",
    "iptables",
    "iputils-ping",
    "libcap2",
    "libidn2-0",
    "libmnl0",
    "libnetfilter-conntrack3",
    "libnfnetlink0",
    "libnftnl11",
    "libunistring5",
    "libxtables12",
];
const SOURCE: &str = "linux-source-6.12/tools/testing/selftests/net";
const PROGRAMS: &str = "cp usr/bin/sort usr/bin/ping usr/sbin/xtables-nft-multi pack/x/bin/ && \
    ln -sf xtables-nft-multi pack/x/bin/iptables && ln -sf xtables-nft-multi pack/x/bin/iptables-save && \
    cd usr/lib/x86_64-linux-gnu && cp -a libcap.so* libidn2.so* libmnl.so* libnftnl.so* libunistring.so* \
    libxtables.so* ../../../pack/x/lib/ && cp xtables/libxt_policy.so xtables/libxt_standard.so \
    xtables/libipt_icmp.so ../../../pack/x/xtables/";

/// Fetches, packs and measures.
pub(crate) fn run(root: &Path) -> Result<ExitCode> {
    let ready = setup::run()?;
    if ready != ExitCode::SUCCESS {
        return Ok(ready);
    }
    let folder = root.join("target/script");
    std::fs::create_dir_all(&folder)?;
    let pack = packed(&folder)?;
    let mut command = cargo(root);
    command
        .args(["test", "--package", "cases", "--test", "script", "--"])
        .args(["--ignored", "--nocapture"])
        .env("XFRMLAB_SCRIPT", pack);
    hand_on(&mut command)
}

fn packed(folder: &Path) -> Result<PathBuf> {
    let pack = folder.join("pack.b64");
    if pack.exists() {
        return Ok(pack);
    }
    // The guest's own package lists know the release of its kernel.
    let home = std::env::var_os("HOME")
        .map(PathBuf::from)
        .unwrap_or_default();
    let lists = home.join(".cache/xfrmlab/apt-stable/apt.conf");
    let mut apt = Command::new("apt-get");
    if lists.exists() {
        apt.arg("-c").arg(lists);
    }
    done(apt.arg("download").args(PACKAGES).current_dir(folder))?;
    let shell = |text: &str| done(Command::new("sh").args(["-ec", text]).current_dir(folder));
    shell("for p in *.deb; do dpkg-deb -x \"$p\" .; done")?;
    shell(&format!(
        "tar -xJf usr/src/linux-source-6.12.tar.xz {SOURCE}/xfrm_policy.sh {SOURCE}/lib.sh"
    ))?;
    shell("mkdir -p pack/x/bin pack/x/lib pack/x/xtables")?;
    shell(PROGRAMS)?;
    shell(&format!(
        "cp {SOURCE}/xfrm_policy.sh {SOURCE}/lib.sh pack/x/"
    ))?;
    shell("tar -C pack -czf - x | base64 > pack.part && mv pack.part pack.b64")?;
    Ok(pack)
}

fn done(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("failed to start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
