//! Owns the algorithms that SAs name: key and ICV lengths as in `net/xfrm/xfrm_algo.c` and
//! the templates behind it. It never computes with a key.

use super::{derive, draft::Findings};
use crate::spec::{
    diagnostic::{nearest, shorten},
    lint::Lint,
    schema::transform::AlgTable,
    source::Span,
};

/// Which attribute carries an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Aead,
    Enc,
    Auth,
    AuthTrunc,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Aead => "aead",
            Self::Enc => "enc",
            Self::Auth => "auth",
            Self::AuthTrunc => "auth-trunc",
        }
    }

    fn table(self) -> &'static [Known] {
        match self {
            Self::Aead => AEAD,
            Self::Enc => ENC,
            Self::Auth | Self::AuthTrunc => AUTH,
        }
    }
}

/// An algorithm's lengths.
struct Known {
    name: &'static str,
    /// Key bytes, salt included; empty where any length will do.
    keys: &'static [usize],
    /// Length of a derived key.
    derived: usize,
    /// ICV lengths in bits; for `auth` the largest alone: the whole digest.
    icvs: &'static [u32],
}

const fn known(
    name: &'static str,
    keys: &'static [usize],
    derived: usize,
    icvs: &'static [u32],
) -> Known {
    Known {
        name,
        keys,
        derived,
        icvs,
    }
}

/// The salt is 4 bytes for GCM (RFC 4106, 4543) and `ChaCha20` (RFC 7634), 3 for CCM (RFC 4309).
const AEAD: &[Known] = &[
    known("rfc4106(gcm(aes))", &[20, 28, 36], 20, &[64, 96, 128]),
    known("rfc4543(gcm(aes))", &[20, 28, 36], 20, &[128]),
    known("rfc4309(ccm(aes))", &[19, 27, 35], 19, &[64, 96, 128]),
    known("rfc7539esp(chacha20,poly1305)", &[36], 36, &[128]),
];

const ENC: &[Known] = &[
    known("cbc(aes)", &[16, 24, 32], 16, &[]),
    known("rfc3686(ctr(aes))", &[20, 28, 36], 20, &[]),
    known("cbc(des)", &[8], 8, &[]),
    known("cbc(des3_ede)", &[24], 24, &[]),
    known("cbc(camellia)", &[16, 24, 32], 16, &[]),
    known("cbc(serpent)", &[16, 24, 32], 16, &[]),
    known("cbc(twofish)", &[16, 24, 32], 16, &[]),
    known("cbc(sm4)", &[16], 16, &[]),
    known("ecb(cipher_null)", &[0], 0, &[]),
    known("cipher_null", &[0], 0, &[]),
];

const AUTH: &[Known] = &[
    known("hmac(md5)", &[], 16, &[128]),
    known("hmac(sha1)", &[], 20, &[160]),
    known("hmac(sha256)", &[], 32, &[256]),
    known("hmac(sha384)", &[], 48, &[384]),
    known("hmac(sha512)", &[], 64, &[512]),
    known("hmac(sm3)", &[], 32, &[256]),
    known("hmac(rmd160)", &[], 20, &[160]),
    known("xcbc(aes)", &[16], 16, &[128]),
    known("cmac(aes)", &[16, 24, 32], 16, &[128]),
    known("digest_null", &[0], 0, &[0]),
];

/// `16, 24 or 32`.
fn list_numbers<T: ToString>(numbers: &[T]) -> String {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    match numbers.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => numbers.concat(),
    }
}

/// An algorithm with its key, as one of the plan's three types takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) name: String,
    pub(crate) key: Vec<u8>,
    pub(crate) icv_bits: u32,
}

/// What a file says about an algorithm, over what was said before, over what is derived.
pub(crate) fn choose(
    kind: Kind,
    spec: &AlgTable,
    before: Option<Chosen>,
    sa: &str,
    findings: &mut Findings,
) -> Option<Chosen> {
    let name = match (&spec.alg, &before) {
        (Some(name), _) => name.value.clone(),
        (None, Some(before)) => before.name.clone(),
        (None, None) => return None,
    };
    let span = spec.alg.as_ref().map_or(spec.span, |a| a.span);
    if name.len() > 63 || !name.chars().all(|c| c.is_ascii_graphic()) {
        findings.error(
            span,
            format!("`{}` cannot be an algorithm's name", shorten(&name)),
        );
        return None;
    }
    let found = kind.table().iter().find(|k| k.name == name);
    if found.is_none() {
        unknown(kind, &name, span, findings);
    }
    let same = before.filter(|b| b.name == name);
    let key = match (&spec.key, &same) {
        (Some(key), _) => key.0.clone(),
        (None, Some(before)) => before.key.clone(),
        (None, None) => derive::key(sa, &name, found.map_or(16, |k| k.derived)),
    };
    let icv_bits = match (&spec.icv, same) {
        (Some(icv), _) => icv.0,
        (None, Some(before)) => before.icv_bits,
        (None, None) if kind == Kind::Aead => 128,
        (None, None) => 0,
    };
    let chosen = Chosen {
        name,
        key,
        icv_bits,
    };
    if let Some(found) = found {
        let key_span = spec.key.as_ref().map_or(span, |k| k.span);
        check_key(found, &chosen, key_span, findings);
    }
    let icv_span = spec.icv.as_ref().map_or(span, |i| i.span);
    check_icv(kind, found, &chosen, icv_span, findings);
    Some(chosen)
}

fn unknown(kind: Kind, name: &str, span: Span, findings: &mut Findings) {
    let word = kind.word();
    let names: Vec<&str> = kind.table().iter().map(|k| k.name).collect();
    let problem = findings.lint(
        Lint::UnknownAlgorithm,
        span,
        format!("unknown algorithm `{}` for `{word}`", shorten(name)),
    );
    if let Some(near) = nearest(name, &names) {
        problem.hint(format!("did you mean `{near}`?"));
    }
}

fn check_key(known: &Known, chosen: &Chosen, span: Span, findings: &mut Findings) {
    if known.keys.is_empty() || known.keys.contains(&chosen.key.len()) {
        return;
    }
    let message = format!(
        "the key has {} bytes, but `{}` takes {}",
        chosen.key.len(),
        known.name,
        list_numbers(known.keys)
    );
    findings.lint(Lint::KeyLength, span, message);
}

fn check_icv(
    kind: Kind,
    known: Option<&Known>,
    chosen: &Chosen,
    span: Span,
    findings: &mut Findings,
) {
    let bits = chosen.icv_bits;
    match kind {
        Kind::Enc | Kind::Auth if bits != 0 => {
            let hint = if kind == Kind::Auth {
                "`auth-trunc` takes one"
            } else {
                "leave it out"
            };
            findings
                .error(span, format!("`{}` takes no ICV length", kind.word()))
                .hint(hint);
        }
        Kind::AuthTrunc if bits == 0 => {
            findings
                .error(span, "`auth-trunc` needs an ICV length")
                .hint("`icv = 128` for `hmac(sha256)` (RFC 4868)");
        }
        Kind::AuthTrunc => {
            let whole = known.and_then(|k| k.icvs.first()).copied().unwrap_or(1024);
            if bits > whole || !bits.is_multiple_of(8) {
                let name = &chosen.name;
                let message =
                    format!("`{name}` has no ICV of {bits} bits (whole bytes up to {whole})");
                findings.lint(Lint::IcvLength, span, message);
            }
        }
        Kind::Aead => {
            if let Some(known) = known
                && !known.icvs.contains(&bits)
            {
                let lengths = list_numbers(known.icvs);
                let message = format!("`{}` has no ICV of {bits} bits, but {lengths}", known.name);
                findings.lint(Lint::IcvLength, span, message);
            }
        }
        Kind::Enc | Kind::Auth => {}
    }
}
