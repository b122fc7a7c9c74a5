//! Owns the lines by which a file or a variant says what it needs of the kernel.

use super::lines::words_of;
use crate::{
    plan::Need,
    spec::{
        diagnostic::{list_words, shorten},
        scalar::{Wrong, text},
    },
};

/// One capability that a file or a variant needs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition(pub(crate) Need);

text!(
    Condition,
    "capability, `linux 6.10`, `device vti`, ...",
    "linux 6.10",
    parse_condition
);

const TYPES: &[&str] = &["esp4", "esp6", "ah4", "ah6", "ipcomp4", "ipcomp6"];
const DEVICES: &[&str] = &[
    "vti",
    "vti6",
    "xfrm",
    "gre",
    "gretap",
    "ip6gre",
    "ip6gretap",
    "ipip",
    "sit",
    "ip6tnl",
    "vrf",
    "bridge",
    "vlan",
    "dummy",
];
const ALGORITHMS: &[&str] = &["aead", "enc", "auth", "comp"];

fn parse_condition(text: &str) -> Result<Condition, Wrong> {
    let words: Vec<(std::ops::Range<usize>, &str)> = words_of(text).collect();
    let plain: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
    let need = match plain.as_slice() {
        ["linux", release] => release_of(release).map(|(a, b)| Need::Kernel(a, b)),
        ["linux", "before", release] => release_of(release).map(|(a, b)| Need::KernelBefore(a, b)),
        ["device", kind] if DEVICES.contains(kind) => Some(Need::Device((*kind).to_owned())),
        ["qdisc", "netem"] => Some(Need::Qdisc("netem".to_owned())),
        ["nft"] => Some(Need::Nft),
        ["iptables-nft"] => Some(Need::Iptables),
        [kind] if TYPES.contains(kind) => Some(Need::XfrmType((*kind).to_owned())),
        [kind, name] if ALGORITHMS.contains(kind) => {
            Some(Need::Algorithm((*kind).to_owned(), (*name).to_owned()))
        }
        _ => None,
    };
    need.map(Condition).ok_or_else(|| {
        let forms = [
            "linux 6.10",
            "linux before 6.10",
            "esp6",
            "aead rfc4106(gcm(aes))",
            "device vti",
            "qdisc netem",
            "nft",
            "iptables-nft",
        ];
        Wrong::new(format!("`{}` is no capability", shorten(text)))
            .hint(format!("such as {}", list_words(&forms)))
    })
}

/// The two numbers of `6.10`.
fn release_of(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
