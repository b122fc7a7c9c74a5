//! Owns the probing of the kernel's transforms and algorithms: it is asked for an SA that has them, between two
//! loopback addresses, which is never used.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::atomic::{AtomicU16, Ordering},
};

use netlink_packet_xfrm::{
    Address, Alg, AlgAead, AlgAuth, Id, LifetimeConfig, UserSaInfo, XfrmAttrs, XfrmMessage,
    state::ModifyMessage,
};
use netlink_sys::protocols::NETLINK_XFRM;

use super::probe_ask::{Refusal, ask, open};
use crate::plan::Need;

/// `AF_INET` and `AF_INET6` in the width of `xfrm_usersa_info`.
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/// Tries an SA with this algorithm.
pub(super) fn with(kind: &str, name: &str) -> Result<(), Refusal> {
    let (proto, attributes) = with_algorithm(kind, name);
    // A type that is missing is no fault of the algorithm.
    match add_state(proto, false, attributes) {
        Err(why) if is_about_the_type(&why) => Ok(()),
        answer => answer,
    }
}

/// `xfrm_init_state` says so when no module registers the type (`net/xfrm/xfrm_state.c`).
fn is_about_the_type(why: &str) -> bool {
    why.starts_with("EPROTONOSUPPORT")
}

/// Tries an SA of type `esp4`, `ah6` and so on.
pub(super) fn xfrm_type(name: &str, needs: &[Need]) -> Result<(), Refusal> {
    let (proto, six) = match name {
        "esp4" => (50, false),
        "esp6" => (50, true),
        "ah4" => (51, false),
        "ah6" => (51, true),
        "ipcomp4" => (108, false),
        "ipcomp6" => (108, true),
        _ => return Err("no such xfrm type".to_owned()),
    };
    // The plan's own algorithms first: the lab needs them anyway, others have to be loaded.
    let asked = needs.iter().filter_map(|need| match need {
        Need::Algorithm(kind, name) => Some(with_algorithm(kind, name)),
        _ => None,
    });
    for (_, attributes) in asked.filter(|(of, _)| *of == proto) {
        match add_state(proto, six, attributes) {
            Err(why) if !is_about_the_type(&why) => {}
            answer => return answer,
        }
    }
    let attributes = match proto {
        50 => vec![
            XfrmAttrs::EncryptionAlg(algorithm("ecb(cipher_null)", &[])),
            XfrmAttrs::AuthenticationAlg(algorithm("digest_null", &[])),
        ],
        51 => vec![XfrmAttrs::AuthenticationAlg(algorithm(
            "hmac(sha256)",
            &[1; 32],
        ))],
        _ => vec![XfrmAttrs::CompressionAlg(algorithm("deflate", &[]))],
    };
    add_state(proto, six, attributes)
}

/// Protocol and attributes of an SA with this algorithm and a key of a length that it takes.
fn with_algorithm(kind: &str, name: &str) -> (u8, Vec<XfrmAttrs>) {
    let key = vec![1; key_bytes(name)];
    let null_auth = XfrmAttrs::AuthenticationAlg(algorithm("digest_null", &[]));
    let null_crypt = XfrmAttrs::EncryptionAlg(algorithm("ecb(cipher_null)", &[]));
    match kind {
        "aead" => {
            let aead = AlgAead {
                alg_name: padded(name),
                alg_key_len: bits(&key),
                alg_icv_len: 128,
                alg_key: key,
            };
            (50, vec![XfrmAttrs::EncryptionAlgAead(aead)])
        }
        "comp" => (108, vec![XfrmAttrs::CompressionAlg(algorithm(name, &[]))]),
        "auth" | "auth-trunc" => {
            let auth = AlgAuth {
                alg_name: padded(name),
                alg_key_len: bits(&key),
                alg_trunc_len: 96,
                alg_key: key,
            };
            (
                50,
                vec![null_crypt, XfrmAttrs::AuthenticationAlgTrunc(auth)],
            )
        }
        _ => (
            50,
            vec![XfrmAttrs::EncryptionAlg(algorithm(name, &key)), null_auth],
        ),
    }
}

/// A key length in bytes that the algorithm accepts, its salt included (RFC 4106 section 8.1,
/// RFC 4309 section 7.1, RFC 7634 section 2, RFC 3686 section 5.1).
fn key_bytes(name: &str) -> usize {
    match name {
        "rfc4309(ccm(aes))" => 19,
        "rfc7539esp(chacha20,poly1305)" => 36,
        "ecb(cipher_null)" | "digest_null" => 0,
        "cbc(des)" => 8,
        "cbc(des3_ede)" => 24,
        "hmac(sha1)" => 20,
        "hmac(sha256)" => 32,
        "hmac(sha384)" => 48,
        "hmac(sha512)" => 64,
        // `rfc4106(...)`, `rfc4543(...)` and `rfc3686(...)`: 16 bytes and a salt of 4.
        salted if salted.starts_with("rfc") => 20,
        _ => 16,
    }
}

/// Adds an SA between two loopback addresses, which is never used.
fn add_state(proto: u8, six: bool, nlas: Vec<XfrmAttrs>) -> Result<(), Refusal> {
    // Each SA of this process gets an SPI of its own; IPComp has 16 bits for its CPI.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let spi = 0x100 + u32::from(NEXT.fetch_add(1, Ordering::Relaxed) % 0xf000);
    let (src, dst): (IpAddr, IpAddr) = if six {
        (
            Ipv6Addr::LOCALHOST.into(),
            Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 2).into(),
        )
    } else {
        (
            Ipv4Addr::LOCALHOST.into(),
            Ipv4Addr::new(127, 0, 0, 2).into(),
        )
    };
    let user_sa_info = UserSaInfo {
        id: Id {
            daddr: Address::from_ip(&dst),
            spi,
            proto,
        },
        saddr: Address::from_ip(&src),
        lifetime_cfg: LifetimeConfig::default(),
        family: if six { AF_INET6 } else { AF_INET },
        ..UserSaInfo::default()
    };
    ask(
        &open(NETLINK_XFRM)?,
        XfrmMessage::AddSa(ModifyMessage { user_sa_info, nlas }),
    )
}

fn algorithm(name: &str, key: &[u8]) -> Alg {
    Alg {
        alg_name: padded(name),
        alg_key_len: bits(key),
        alg_key: key.to_vec(),
    }
}

fn bits(key: &[u8]) -> u32 {
    key.len() as u32 * 8
}

/// A name in the kernel's field of 64 bytes; a longer one is cut and will be refused.
fn padded(name: &str) -> [u8; 64] {
    let mut field = [0; 64];
    for (to, from) in field[..63].iter_mut().zip(name.bytes()) {
        *to = from;
    }
    field
}
