//! Owns the value that netfilter rules are: a text, or a table where the kernel must refuse it. It never reads a rule.

use super::refusal::Errno;
use crate::spec::{
    decode::{Decoder, FromTable, FromToml},
    meta::Kind,
    source::Spanned,
    table::table,
    value::{Data, Value},
};

table! {
    /// Rules that the kernel must refuse.
    pub(crate) struct RefusedRulesSpec in "RULES" {
        /// The text.
        "rules" => rules: String, required, example "\"add rule ip t c drop\"";
        /// Name of the errno: `ERRNO`, or `ERRNO: TEXT` with words of what `nft` or `iptables-restore` says. What
        /// these cannot read themselves has none.
        "refused" => refused: Errno, required, example "\"EOPNOTSUPP\"";
    }
}

/// A text of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RulesSpec {
    pub(crate) text: Spanned<String>,
    pub(crate) refused: Option<String>,
}

impl FromToml for RulesSpec {
    const KIND: Kind = Kind::Either(&[String::KIND, Kind::Table(RefusedRulesSpec::META)]);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        match &value.data {
            Data::Text(text) => Some(Self {
                text: Spanned::new(text.clone(), value.span),
                refused: None,
            }),
            Data::Table(_) => {
                let spec = RefusedRulesSpec::from_toml(value, cx)?;
                Some(Self {
                    text: spec.rules?,
                    refused: Some(spec.refused?.value.0),
                })
            }
            _ => {
                cx.mismatch(value, &Self::KIND.phrase());
                None
            }
        }
    }
}
