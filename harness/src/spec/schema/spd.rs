//! Owns the tables of what holds for many policies or for the life of an object: default policy,
//! hash thresholds, limits.

use super::{
    lines::words_of,
    number::Limit,
    refusal::{Errno, refused_words},
};
use crate::{
    plan::{HashThresholds, PolicyAction},
    spec::{
        diagnostic::shorten,
        scalar::{Wrong, text, words},
        table::table,
    },
};

table! {
    /// What happens to packets that no policy matches. A direction that is left out accepts.
    pub(crate) struct DefaultSpec in "nodes.NAME.setdefault" {
        /// Packets for the node itself.
        "in" => r#in: DefaultAction, default "accept", example "\"block\"";
        /// Packets that the node forwards.
        "fwd" => fwd: DefaultAction, default "accept", example "\"block\"";
        /// Packets that leave the node.
        "out" => out: DefaultAction, default "accept", example "\"block\"";
        /// The errno with which the kernel must refuse it.
        "refused" => refused: Errno, default "it must not", example "\"EINVAL\"";
    }
}

table! {
    /// When an SA or policy expires. At a soft limit the kernel says so, at a hard one the object ends.
    pub(crate) struct LimitSpec in "LIMITS" {
        /// Bytes until the soft limit.
        "byte-soft" => byte_soft: Limit, default "none", example "1000";
        /// Bytes until the hard limit.
        "byte-hard" => byte_hard: Limit, default "none", example "2000";
        /// Packets until the soft limit.
        "packet-soft" => packet_soft: Limit, default "none", example "3";
        /// Packets until the hard limit.
        "packet-hard" => packet_hard: Limit, default "none", example "5";
        /// Seconds from its adding until the soft limit.
        "time-soft" => time_soft: Limit, default "none", example "60";
        /// Seconds from its adding until the hard limit.
        "time-hard" => time_hard: Limit, default "none", example "120";
        /// Seconds from its first use until the soft limit.
        "time-use-soft" => time_use_soft: Limit, default "none", example "60";
        /// Seconds from its first use until the hard limit.
        "time-use-hard" => time_use_hard: Limit, default "none", example "120";
    }
}

/// `accept` or `block`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DefaultAction(pub(crate) PolicyAction);

words!(DefaultAction, "default action", {
    "accept" => DefaultAction(PolicyAction::Allow), "block" => DefaultAction(PolicyAction::Block),
});

/// Prefix lengths of the local and the remote side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thresholds(pub(crate) HashThresholds);

text!(
    Thresholds,
    "pair of prefix lengths, `LOCAL REMOTE`, then `refused ERRNO`",
    "24 32",
    parse_thresholds
);

fn parse_thresholds(line: &str) -> Result<Thresholds, Wrong> {
    let (text, refused) = refused_words(line)?;
    let text = text.trim();
    let words: Vec<&str> = words_of(text).map(|(_, word)| word).collect();
    let bits = |word: &str| word.parse::<u8>().ok().filter(|bits| *bits <= 128);
    match words.as_slice() {
        [local, remote] => bits(local).zip(bits(remote)),
        _ => None,
    }
    .map(|(local, remote)| {
        Thresholds(HashThresholds {
            local,
            remote,
            refused,
        })
    })
    .ok_or_else(|| {
        let message = format!("`{}` are not two prefix lengths", shorten(text));
        Wrong::new(message).hint("`\"24 32\"`")
    })
}
