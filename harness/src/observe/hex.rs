//! Owns how bytes are written: in hexadecimal where people read, as they are elsewhere.

use data_encoding::HEXLOWER_PERMISSIVE;
use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    if !to.is_human_readable() {
        return serde_bytes::serialize(bytes, to);
    }
    HEXLOWER_PERMISSIVE.encode(bytes).serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    if !from.is_human_readable() {
        return serde_bytes::deserialize(from);
    }
    let text = String::deserialize(from)?;
    let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes());
    bytes.map_err(|_| D::Error::custom("not hexadecimal"))
}
