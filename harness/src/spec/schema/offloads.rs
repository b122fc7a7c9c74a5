//! Owns the value that says which offloads of a link end stay on.

use super::flags::words;
use crate::{
    plan::{OffloadFeature, Offloads},
    spec::{
        decode::{Decoder, FromToml},
        meta::Kind,
        value::{Data, Value},
    },
};

/// A boolean, or the words of those that are on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct OffloadsSpec(pub(crate) Offloads);

impl FromToml for OffloadsSpec {
    const KIND: Kind = Kind::Either(&[
        Kind::Boolean,
        Kind::Many(&Kind::Text {
            name: "offloads",
            example: "tx sg gso",
        }),
    ]);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        match &value.data {
            Data::Boolean(true) => return Some(Self(Offloads::Kernel)),
            Data::Boolean(false) => return Some(Self::default()),
            Data::Text(_) | Data::Array(_) => {}
            _ => {
                cx.mismatch(value, &Self::KIND.phrase());
                return None;
            }
        }
        let all = OffloadFeature::ALL;
        let given = words(value, cx, "offload", &all.map(OffloadFeature::word))?;
        let is = |feature: &OffloadFeature| given.iter().any(|word| word == feature.word());
        Some(Self(Offloads::Only(all.into_iter().filter(is).collect())))
    }
}
