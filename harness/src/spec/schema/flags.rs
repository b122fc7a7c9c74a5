//! Owns the lists of flag words that states and policies have.

use crate::spec::{
    decode::{Decoder, FromToml, Many},
    meta::Kind,
    value::Value,
};

/// Defines lists of words, each written as one string of words or as a list.
macro_rules! flags {
    ($($(#[$doc:meta])+ $name:ident = $what:literal, $example:literal, [$($word:literal),+];)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) Vec<String>);

        impl FromToml for $name {
            const KIND: Kind = Kind::Many(&Kind::Text {
                name: "words of flags",
                example: $example,
            });

            fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
                words(value, cx, $what, &[$($word),+]).map(Self)
            }
        }
    )+};
}

flags! {
    /// `FLAG-LIST` of `ip xfrm state` (ip-xfrm(8)).
    Flags = "flag", "esn",
        ["noecn", "decap-dscp", "nopmtudisc", "wildrecv", "icmp", "af-unspec", "align4", "esn"];
    /// `EXTRA-FLAG-LIST` of `ip xfrm state`.
    ExtraFlags = "extra flag", "oseq-may-wrap", ["dont-encap-dscp", "oseq-may-wrap"];
    /// `FLAG-LIST` of `ip xfrm policy`.
    PolicyFlags = "flag", "icmp", ["localok", "icmp"];
}

pub(crate) fn words(
    value: &Value,
    cx: &mut Decoder<'_>,
    what: &'static str,
    known: &[&str],
) -> Option<Vec<String>> {
    let lines = Many::<String>::from_toml(value, cx)?;
    let mut flags = Vec::new();
    for line in &lines.0 {
        for (at, word) in super::lines::words_of(line) {
            if known.contains(&word) {
                flags.push(word.to_owned());
            } else {
                let span = cx.inside(line.span, line, at);
                cx.problems.unknown(span, what, word, known);
            }
        }
    }
    Some(flags)
}
