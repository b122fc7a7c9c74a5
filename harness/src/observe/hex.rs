//! Owns how bytes are written: in hexadecimal where people read, as they are elsewhere.

use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    if !to.is_human_readable() {
        return serde_bytes::serialize(bytes, to);
    }
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 0xf]);
    let text: String = digits.map(|d| char::from(DIGITS[usize::from(d)])).collect();
    text.serialize(to)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    if !from.is_human_readable() {
        return serde_bytes::deserialize(from);
    }
    let text = String::deserialize(from)?;
    parse(&text).ok_or_else(|| D::Error::custom("not hexadecimal"))
}

fn parse(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}
