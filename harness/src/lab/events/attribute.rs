//! Owns the attributes of xfrm messages (`enum xfrm_attr_type_t`), in the words of `ip xfrm`. Keys are
//! left out: a report is something that people send.

use data_encoding::HEXLOWER;

use super::{
    bytes::{address, be16_at, text, u8_at, u16_at, u32_at, u64_at},
    message::{direction, mode, proto},
};
use crate::lab::netlink::Attributes;

/// Adds the attributes that stand in `bytes`.
pub(super) fn read(bytes: &[u8], family: u16, out: &mut Vec<(String, String)>) {
    let mut mask = None;
    for (kind, value) in Attributes(bytes) {
        let mut put = |key: &str, text: Option<String>| {
            out.push((key.to_owned(), text.unwrap_or_else(|| hex(value))));
        };
        let number = || u32_at(value, 0).map(|n| n.to_string());
        match kind {
            1 => put("auth", Some(text(value))),
            2 => put("enc", Some(text(value))),
            3 => put("comp", Some(text(value))),
            4 => put("encap", encap(value)),
            5 => templates(value, out),
            // The SA or policy itself, beside its key; padding; and the last use in seconds of a clock, which no two
            // runs would tell the same.
            6 | 7 | 27 | 15 => {}
            9 => {
                let lifetime = |at| u64_at(value, at).map(|n| n.to_string());
                put("bytes", lifetime(0));
                put("packets", lifetime(8));
            }
            10 => sequence(value, 0, out),
            13 => put("src", address(value, 0, family).map(|a| a.to_string())),
            14 => put("coa", address(value, 0, family).map(|a| a.to_string())),
            16 => {
                // `ip` says nothing of the main type either.
                if u8_at(value, 0) != Some(0) {
                    put("ptype", Some("sub".into()));
                }
            }
            17 => migrations(value, out),
            18 => {
                put("aead", Some(text(value.get(..64).unwrap_or_default())));
                put("icv", u32_at(value, 68).map(|n| n.to_string()));
            }
            20 => {
                put(
                    "auth-trunc",
                    Some(text(value.get(..64).unwrap_or_default())),
                );
                put("trunc", u32_at(value, 68).map(|n| n.to_string()));
            }
            19 => put("kmaddress", kmaddress(value)),
            21 => {
                let value_and_mask = u32_at(value, 0).zip(u32_at(value, 4));
                put(
                    "mark",
                    value_and_mask
                        .map(|(v, m)| crate::names::Mark { value: v, mask: m }.to_string()),
                );
            }
            22 => put("tfcpad", number()),
            23 => {
                put("replay-window", u32_at(value, 20).map(|n| n.to_string()));
                sequence(value, 4, out);
            }
            24 => put("extra-flags", u32_at(value, 0).map(|n| format!("0x{n:x}"))),
            29 => put("output-mark", u32_at(value, 0).map(|n| format!("0x{n:x}"))),
            30 => mask = u32_at(value, 0),
            31 => put("if_id", u32_at(value, 0).map(|n| format!("0x{n:x}"))),
            33 => put("dir", u8_at(value, 0).map(sa_direction)),
            34 => put("nat-keepalive", number()),
            other => put(&format!("attr{other}"), None),
        }
    }
    if let Some(mask) = mask
        && let Some((_, mark)) = out.iter_mut().find(|(key, _)| key == "output-mark")
    {
        *mark = format!("{mark}/0x{mask:x}");
    }
}

/// Sequence numbers sent and received, where there are any.
fn sequence(value: &[u8], place: usize, out: &mut Vec<(String, String)>) {
    for (key, at) in [("oseq", place), ("seq", place + 4)] {
        let number = u32_at(value, at).filter(|n| *n > 0);
        out.extend(number.map(|n| (key.to_owned(), n.to_string())));
    }
}

/// `XFRM_SA_DIR_*`, Linux 6.10.
fn sa_direction(value: u8) -> String {
    match value {
        1 => "in".into(),
        2 => "out".into(),
        other => other.to_string(),
    }
}

/// `struct xfrm_encap_tmpl`: type, source port, destination port, original address.
fn encap(value: &[u8]) -> Option<String> {
    let kind = match u16_at(value, 0)? {
        2 => "espinudp".to_owned(),
        7 => "espintcp".to_owned(),
        other => other.to_string(),
    };
    Some(format!(
        "{kind}:{}:{}",
        be16_at(value, 2)?,
        be16_at(value, 4)?
    ))
}

/// `struct xfrm_user_tmpl`, 64 bytes each: what a policy asks of SAs.
fn templates(value: &[u8], out: &mut Vec<(String, String)>) {
    for one in value.chunks_exact(64) {
        let read = || {
            let family = u16_at(one, 24)?;
            let (src, dst) = (address(one, 28, family)?, address(one, 0, family)?);
            let (proto, mode) = (proto(u8_at(one, 20)?), mode(u8_at(one, 48)?));
            Some(format!(
                "{proto}/{mode}/{src}/{dst}/reqid:{}",
                u32_at(one, 44)?
            ))
        };
        out.push(("tmpl".into(), read().unwrap_or_else(|| hex(one))));
    }
}

/// `struct xfrm_user_migrate`, 76 bytes each.
fn migrations(value: &[u8], out: &mut Vec<(String, String)>) {
    for one in value.chunks_exact(76) {
        let families = u16_at(one, 72).zip(u16_at(one, 74));
        let (old, new) = families.unwrap_or_default();
        let places = [
            ("old-dst", 0, old),
            ("old-src", 16, old),
            ("new-dst", 32, new),
            ("new-src", 48, new),
        ];
        for (key, place, family) in places {
            let address = address(one, place, family).map(|a| a.to_string());
            out.push((key.into(), address.unwrap_or_default()));
        }
        out.push((
            "proto".into(),
            u8_at(one, 64).map(proto).unwrap_or_default(),
        ));
        out.push(("mode".into(), u8_at(one, 65).map(mode).unwrap_or_default()));
        let reqid = u32_at(one, 68).map(|n| n.to_string());
        out.push(("reqid".into(), reqid.unwrap_or_default()));
    }
}

/// `struct xfrm_user_kmaddress`: local, remote, reserved, family.
fn kmaddress(value: &[u8]) -> Option<String> {
    let family = u16_at(value, 36)?;
    let (local, remote) = (address(value, 0, family)?, address(value, 16, family)?);
    Some(format!("{local}/{remote}"))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    format!("0x{}", HEXLOWER.encode(bytes))
}

/// The direction of a policy, for messages that carry one.
pub(super) fn policy_direction(value: Option<u8>) -> String {
    value.map_or_else(|| "?".into(), direction)
}
