//! Owns the bodies of xfrm messages: what each is, and about which object.

use super::{
    attribute::{self, policy_direction},
    bytes::{address, be16_at, be32_at, u8_at, u16_at, u32_at, u64_at},
};
use crate::{names::Spi, observe::SaKey};

/// A message, read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) kind: String,
    pub(super) sa: Option<SaKey>,
    pub(super) fields: Vec<(String, String)>,
}

/// Lengths of structures on 64-bit kernels.
const SELECTOR: usize = 56;
const SA_INFO: usize = 224;
const POLICY_INFO: usize = 168;

/// Reads a message of type `kind` (`XFRM_MSG_*`).
pub(super) fn read(kind: u16, body: &[u8]) -> Told {
    let mut told = Told::default();
    let words = match kind {
        0x10 => state(&mut told, "new", body),
        0x1a => state(&mut told, "update", body),
        0x11 => deleted_state(&mut told, body),
        0x18 => expired_state(&mut told, body),
        0x13 => policy(&mut told, "new", body, 0),
        0x19 => policy(&mut told, "update", body, 0),
        0x14 => deleted_policy(&mut told, body),
        0x1b => policy(&mut told, expiry(u8_at(body, POLICY_INFO)), body, 8),
        0x17 => acquire(&mut told, body),
        0x26 => mapping(&mut told, body),
        0x21 => migrate(&mut told, body),
        0x20 => report(&mut told, body),
        0x1c => "flush states".to_owned(),
        0x1d => "flush policies".to_owned(),
        other => format!("message 0x{other:x}"),
    };
    told.kind = words;
    told
}

fn expiry(hard: Option<u8>) -> &'static str {
    if hard == Some(0) {
        "expire soft"
    } else {
        "expire hard"
    }
}

/// `struct xfrm_usersa_info` and attributes.
fn state(told: &mut Told, word: &str, body: &[u8]) -> String {
    let family = u16_at(body, 212).unwrap_or_default();
    told.sa = key(body, 56, 76, 72, family);
    let mut put = |key: &str, value: Option<String>| {
        told.fields
            .extend(value.map(|value| (key.to_owned(), value)));
    };
    put("src", address(body, 80, family).map(|a| a.to_string()));
    put("dst", address(body, 56, family).map(|a| a.to_string()));
    put("proto", u8_at(body, 76).map(proto));
    put("reqid", u32_at(body, 208).map(|n| n.to_string()));
    put("mode", u8_at(body, 214).map(mode));
    // The old field: 0 where the window is an attribute.
    put(
        "replay-window",
        u8_at(body, 215).filter(|w| *w > 0).map(|w| w.to_string()),
    );
    put(
        "flags",
        u8_at(body, 216)
            .filter(|f| *f > 0)
            .map(|f| format!("0x{f:x}")),
    );
    attribute::read(
        body.get(SA_INFO..).unwrap_or_default(),
        family,
        &mut told.fields,
    );
    word.to_owned()
}

/// `struct xfrm_usersa_id`, and the SA itself as an attribute.
fn deleted_state(told: &mut Told, body: &[u8]) -> String {
    let family = u16_at(body, 20).unwrap_or_default();
    told.sa = key(body, 0, 22, 16, family);
    attribute::read(body.get(24..).unwrap_or_default(), family, &mut told.fields);
    "delete".to_owned()
}

/// `struct xfrm_user_expire`: the SA with its counters, and whether it is gone.
fn expired_state(told: &mut Told, body: &[u8]) -> String {
    let family = u16_at(body, 212).unwrap_or_default();
    told.sa = key(body, 56, 76, 72, family).filter(|sa| sa.spi.0 != 0);
    for (name, place) in [("bytes", 160), ("packets", 168)] {
        let value = u64_at(body, place).unwrap_or_default();
        told.fields.push((name.to_owned(), value.to_string()));
    }
    attribute::read(
        body.get(SA_INFO + 8..).unwrap_or_default(),
        family,
        &mut told.fields,
    );
    let words = expiry(u8_at(body, SA_INFO));
    if told.sa.is_none() {
        // What was acquired and never came.
        selector(told, body, 0);
        return format!("{words} larval");
    }
    words.to_owned()
}

/// `struct xfrm_userpolicy_info`, `skip` bytes and attributes.
fn policy(told: &mut Told, words: &str, body: &[u8], skip: usize) -> String {
    selector(told, body, 0);
    if let Some(priority) = u32_at(body, 152) {
        told.fields.push(("priority".into(), priority.to_string()));
    }
    if u8_at(body, 161) == Some(1) {
        told.fields.push(("action".into(), "block".into()));
    }
    attribute::read(
        body.get(POLICY_INFO + skip..).unwrap_or_default(),
        family_of(body, 0),
        &mut told.fields,
    );
    format!("{words} policy {}", policy_direction(u8_at(body, 160)))
}

/// `struct xfrm_userpolicy_id`, and the policy itself as an attribute.
fn deleted_policy(told: &mut Told, body: &[u8]) -> String {
    selector(told, body, 0);
    attribute::read(
        body.get(64..).unwrap_or_default(),
        family_of(body, 0),
        &mut told.fields,
    );
    format!("delete policy {}", policy_direction(u8_at(body, 60)))
}

/// `struct xfrm_user_acquire`: the SA that is wanted, for which packet, by which policy.
fn acquire(told: &mut Told, body: &[u8]) -> String {
    let family = family_of(body, 40 + SELECTOR);
    let wanted = family_of(body, 40);
    // The addresses are those of the template; a tunnel may be of another family than its packets.
    let outer = outer_family(body, wanted);
    let mut put = |key: &str, value: Option<String>| {
        told.fields
            .extend(value.map(|value| (key.to_owned(), value)));
    };
    put("src", address(body, 24, outer).map(|a| a.to_string()));
    put("dst", address(body, 0, outer).map(|a| a.to_string()));
    put("proto", u8_at(body, 20).map(proto));
    selector(told, body, 40);
    let direction = policy_direction(u8_at(body, 96 + 160));
    attribute::read(
        body.get(280..).unwrap_or_default(),
        family,
        &mut told.fields,
    );
    format!("acquire {direction}")
}

/// The family of an acquire's addresses: that of its first template (`XFRMA_TMPL`).
fn outer_family(body: &[u8], otherwise: u16) -> u16 {
    let attributes = body.get(280..).unwrap_or_default();
    crate::lab::netlink::Attributes(attributes)
        .find(|(kind, _)| *kind == 5)
        .and_then(|(_, value)| u16_at(value, 24))
        .filter(|family| *family != 0)
        .unwrap_or(otherwise)
}

/// `struct xfrm_user_mapping`: the peer's address or port changed.
fn mapping(told: &mut Told, body: &[u8]) -> String {
    let family = u16_at(body, 20).unwrap_or_default();
    told.sa = key(body, 0, 22, 16, family);
    let end = |at, port| {
        Some(std::net::SocketAddr::new(
            address(body, at, family)?,
            be16_at(body, port)?,
        ))
    };
    for (name, at, port) in [("old", 28, 60), ("new", 44, 62)] {
        let text = end(at, port).map(|e| e.to_string());
        told.fields.extend(text.map(|t| (name.to_owned(), t)));
    }
    "mapping".to_owned()
}

/// `struct xfrm_userpolicy_id` and the moves.
fn migrate(told: &mut Told, body: &[u8]) -> String {
    selector(told, body, 0);
    attribute::read(
        body.get(64..).unwrap_or_default(),
        family_of(body, 0),
        &mut told.fields,
    );
    format!("migrate {}", policy_direction(u8_at(body, 60)))
}

/// `struct xfrm_user_report`: a packet that an SA's selector does not cover.
fn report(told: &mut Told, body: &[u8]) -> String {
    let proto = u8_at(body, 0).map(proto);
    told.fields.extend(proto.map(|p| ("proto".to_owned(), p)));
    selector(told, body, 4);
    "report".to_owned()
}

/// An SA's key: places of its destination, protocol and SPI.
fn key(body: &[u8], dst: usize, proto: usize, spi: usize, family: u16) -> Option<SaKey> {
    Some(SaKey {
        dst: address(body, dst, family)?,
        proto: u8_at(body, proto)?,
        spi: Spi(be32_at(body, spi)?),
    })
}

fn family_of(body: &[u8], selector: usize) -> u16 {
    u16_at(body, selector + 40).unwrap_or_default()
}

/// `struct xfrm_selector` as `sel-src=`, `sel-dst=` and what else it narrows.
fn selector(told: &mut Told, body: &[u8], place: usize) {
    let Some(body) = body.get(place..) else {
        return;
    };
    let family = family_of(body, 0);
    let prefix = |at, length| {
        Some(format!(
            "{}/{}",
            address(body, at, family)?,
            u8_at(body, length)?
        ))
    };
    let mut put = |key: &str, value: Option<String>| {
        told.fields
            .extend(value.map(|value| (key.to_owned(), value)));
    };
    put("sel-src", prefix(16, 43));
    put("sel-dst", prefix(0, 42));
    put("sel-proto", u8_at(body, 44).filter(|p| *p > 0).map(upper));
    let port = |at, mask| {
        let masked = be16_at(body, mask).filter(|m| *m > 0);
        masked.and(be16_at(body, at)).map(|p| p.to_string())
    };
    put("sel-sport", port(36, 38));
    put("sel-dport", port(32, 34));
}

/// `ip`'s name of an upper-layer protocol.
fn upper(number: u8) -> String {
    match number {
        1 => "icmp".into(),
        6 => "tcp".into(),
        17 => "udp".into(),
        58 => "ipv6-icmp".into(),
        other => other.to_string(),
    }
}

/// `ip`'s name of a transform protocol.
pub(super) fn proto(number: u8) -> String {
    match number {
        50 => "esp".into(),
        51 => "ah".into(),
        108 => "comp".into(),
        other => other.to_string(),
    }
}

/// `XFRM_MODE_*`.
pub(super) fn mode(number: u8) -> String {
    match number {
        0 => "transport".into(),
        1 => "tunnel".into(),
        2 => "ro".into(),
        4 => "beet".into(),
        5 => "iptfs".into(),
        other => other.to_string(),
    }
}

/// `XFRM_POLICY_*`.
pub(super) fn direction(number: u8) -> String {
    match number {
        0 => "in".into(),
        1 => "out".into(),
        2 => "fwd".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An expiry of the SA 0x1000 to 192.0.2.2, IPv4, after 3 packets of 84 bytes.
    fn expiry(hard: u8) -> Vec<u8> {
        let mut body = vec![0; SA_INFO + 8];
        body[56..60].copy_from_slice(&[192, 0, 2, 2]);
        body[72..76].copy_from_slice(&0x1000_u32.to_be_bytes());
        body[76] = 50;
        body[160..168].copy_from_slice(&252_u64.to_ne_bytes());
        body[168..176].copy_from_slice(&3_u64.to_ne_bytes());
        body[212..214].copy_from_slice(&2_u16.to_ne_bytes());
        body[SA_INFO] = hard;
        body
    }

    #[test]
    fn an_expiry_names_its_sa_and_counts() {
        for (hard, kind) in [(0, "expire soft"), (1, "expire hard")] {
            let told = read(0x18, &expiry(hard));
            assert_eq!(told.kind, kind);
            let sa = told.sa.unwrap();
            assert_eq!(
                (sa.dst.to_string().as_str(), sa.spi.0),
                ("192.0.2.2", 0x1000)
            );
            assert_eq!(told.fields[1], ("packets".to_owned(), "3".to_owned()));
        }
    }

    #[test]
    fn any_bytes_are_read() {
        let whole = [expiry(1), vec![0xff; 300]].concat();
        for kind in 0x10..0x30 {
            for length in 0..whole.len() {
                let told = read(kind, &whole[..length]);
                assert!(!told.kind.is_empty());
            }
        }
    }
}
