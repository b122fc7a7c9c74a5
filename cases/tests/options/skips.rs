//! Owns the list of what kernels may lack, each with the reason. What is not in it fails.

/// Capabilities, as the beginning of a need's name, and the reason.
const SKIPS: &[(&str, &str)] = &[
    (
        "xfrm state encap espintcp",
        "Debian builds without CONFIG_INET_ESPINTCP",
    ),
    ("xfrm state encap espinudp-nonike", "removed in Linux 6.4"),
    ("xfrm state offload", "no device of a guest can do it"),
    ("xfrm state ctx", "no active SELinux"),
    (
        "xfrm state mode iptfs",
        "since Linux 6.14, and Debian's 7.2 is built without CONFIG_XFRM_IPTFS",
    ),
    (
        "xfrm state mode in_trigger",
        "`ip` has the word, verify_newsa_info() in net/xfrm/xfrm_user.c takes no such mode",
    ),
    ("xfrm state pcpu-num", "since Linux 6.13"),
    ("xfrm state nat-keepalive-interval", "since Linux 6.11"),
    ("xfrm state dir", "since Linux 6.10"),
    (
        "xfrm state proto",
        "Mobile IPv6 (CONFIG_IPV6_MIP6) as a module",
    ),
];

/// Words that an `ip` was seen not to print, though the kernel has what they say. The dump is the witness then.
const SILENT: &[(&str, &str)] = &[("iproute2-6.15.0", "pcpu-num")];

/// The word that this `ip` does not print, of those that a row shows.
pub(crate) fn silent(tool: &str, shows: &str) -> Option<&'static str> {
    let known = SILENT
        .iter()
        .find(|(version, word)| tool.contains(version) && shows.contains(word));
    known.map(|(_, word)| *word)
}

/// Whether a kernel may lack it.
pub(crate) fn listed(lack: &str) -> bool {
    SKIPS.iter().any(|(name, _)| lack.starts_with(name))
}
