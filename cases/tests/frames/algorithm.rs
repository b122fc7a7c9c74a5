//! Owns the algorithms of the product: what a topology file says of each, and the sizes that its RFC
//! gives it. It never asks the codec under test.

use std::fmt::Write as _;

/// The algorithms of one SA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Algorithm {
    pub(crate) name: &'static str,
    pub(crate) proto: Proto,
    pub(crate) parts: &'static [Part],
    /// IV on the wire, in bytes.
    pub(crate) iv: usize,
    /// ICV on the wire, in bytes.
    pub(crate) icv: usize,
    /// Block of the cipher in bytes, 1 for a stream.
    pub(crate) block: usize,
}

/// One `aead`, `enc` or `auth-trunc` of a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    field: &'static str,
    /// The kernel's.
    name: &'static str,
    /// Bytes of key and salt.
    key: usize,
    /// 0 where the field has none.
    icv_bits: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proto {
    Esp,
    Ah,
}

impl Algorithm {
    /// The lines of `tunnels.*`. Keys are plain patterns: only their lengths matter here.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for part in self.parts {
            let _ = write!(text, "{} = {{ alg = \"{}\"", part.field, part.name);
            if part.key > 0 {
                text.push_str(", key = \"0x");
                for byte in 1..=part.key {
                    let _ = write!(text, "{:02x}", byte * 3);
                }
                text.push('"');
            }
            if part.icv_bits > 0 {
                let _ = write!(text, ", icv = {}", part.icv_bits);
            }
            text.push_str(" }\n");
        }
        text
    }
}

/// `KEY` bytes of key and salt, an ICV of `icv` bytes.
macro_rules! aead {
    ($name:ident, $kernel:literal, $key:literal, $icv:literal) => {
        pub(crate) const $name: Algorithm = Algorithm {
            name: stringify!($name),
            proto: Proto::Esp,
            parts: &[Part {
                field: "aead",
                name: $kernel,
                key: $key,
                icv_bits: $icv * 8,
            }],
            iv: 8,
            icv: $icv,
            block: 1,
        };
    };
}

macro_rules! split {
    ($name:ident, ($enc:literal, $key:literal, iv $iv:literal, block $block:literal), ($auth:literal, $auth_key:literal, $icv:literal)) => {
        pub(crate) const $name: Algorithm = Algorithm {
            name: stringify!($name),
            proto: Proto::Esp,
            parts: &[
                Part {
                    field: "enc",
                    name: $enc,
                    key: $key,
                    icv_bits: 0,
                },
                Part {
                    field: "auth-trunc",
                    name: $auth,
                    key: $auth_key,
                    icv_bits: $icv * 8,
                },
            ],
            iv: $iv,
            icv: $icv,
            block: $block,
        };
    };
    ($name:ident, ($enc:literal, $key:literal, iv $iv:literal, block $block:literal)) => {
        pub(crate) const $name: Algorithm = Algorithm {
            name: stringify!($name),
            proto: Proto::Esp,
            parts: &[Part {
                field: "enc",
                name: $enc,
                key: $key,
                icv_bits: 0,
            }],
            iv: $iv,
            icv: 0,
            block: $block,
        };
    };
}

macro_rules! ah {
    ($name:ident, $auth:literal, $key:literal, $icv:literal) => {
        pub(crate) const $name: Algorithm = Algorithm {
            name: stringify!($name),
            proto: Proto::Ah,
            parts: &[Part {
                field: "auth-trunc",
                name: $auth,
                key: $key,
                icv_bits: $icv * 8,
            }],
            iv: 0,
            icv: $icv,
            block: 1,
        };
    };
}

// RFC 4106: 8 bytes of IV, 4 of salt behind the key, ICV of 8, 12 or 16.
aead!(GCM_128_ICV_64, "rfc4106(gcm(aes))", 20, 8);
aead!(GCM_128_ICV_96, "rfc4106(gcm(aes))", 20, 12);
aead!(GCM_128_ICV_128, "rfc4106(gcm(aes))", 20, 16);
aead!(GCM_192_ICV_64, "rfc4106(gcm(aes))", 28, 8);
aead!(GCM_192_ICV_96, "rfc4106(gcm(aes))", 28, 12);
aead!(GCM_192_ICV_128, "rfc4106(gcm(aes))", 28, 16);
aead!(GCM_256_ICV_64, "rfc4106(gcm(aes))", 36, 8);
aead!(GCM_256_ICV_96, "rfc4106(gcm(aes))", 36, 12);
aead!(GCM_256_ICV_128, "rfc4106(gcm(aes))", 36, 16);
// RFC 4309: 3 bytes of salt.
aead!(CCM_128_ICV_64, "rfc4309(ccm(aes))", 19, 8);
aead!(CCM_128_ICV_96, "rfc4309(ccm(aes))", 19, 12);
aead!(CCM_128_ICV_128, "rfc4309(ccm(aes))", 19, 16);
aead!(CCM_192_ICV_64, "rfc4309(ccm(aes))", 27, 8);
aead!(CCM_192_ICV_96, "rfc4309(ccm(aes))", 27, 12);
aead!(CCM_192_ICV_128, "rfc4309(ccm(aes))", 27, 16);
aead!(CCM_256_ICV_64, "rfc4309(ccm(aes))", 35, 8);
aead!(CCM_256_ICV_96, "rfc4309(ccm(aes))", 35, 12);
aead!(CCM_256_ICV_128, "rfc4309(ccm(aes))", 35, 16);
// RFC 7634, RFC 4543.
aead!(CHACHA_POLY, "rfc7539esp(chacha20,poly1305)", 36, 16);
aead!(GMAC_128, "rfc4543(gcm(aes))", 20, 16);
aead!(GMAC_192, "rfc4543(gcm(aes))", 28, 16);
aead!(GMAC_256, "rfc4543(gcm(aes))", 36, 16);

// RFC 3602 with RFC 2404 and RFC 4868. HMAC-SHA-256 with 96 bits is an early draft's, which the
// kernel's `auth` still means.
split!(CBC_128_SHA1_96, ("cbc(aes)", 16, iv 16, block 16), ("hmac(sha1)", 20, 12));
split!(CBC_192_SHA384_192, ("cbc(aes)", 24, iv 16, block 16), ("hmac(sha384)", 48, 24));
split!(CBC_256_SHA256_96, ("cbc(aes)", 32, iv 16, block 16), ("hmac(sha256)", 32, 12));
split!(CBC_256_SHA256_128, ("cbc(aes)", 32, iv 16, block 16), ("hmac(sha256)", 32, 16));
split!(CBC_256_SHA512_256, ("cbc(aes)", 32, iv 16, block 16), ("hmac(sha512)", 64, 32));
// RFC 3686: 4 bytes of nonce behind the key.
split!(CTR_128_SHA1_96, ("rfc3686(ctr(aes))", 20, iv 8, block 1), ("hmac(sha1)", 20, 12));
split!(CTR_192_SHA512_256, ("rfc3686(ctr(aes))", 28, iv 8, block 1), ("hmac(sha512)", 64, 32));
split!(CTR_256_SHA256_128, ("rfc3686(ctr(aes))", 36, iv 8, block 1), ("hmac(sha256)", 32, 16));
// RFC 2410.
split!(NULL_SHA1_96, ("ecb(cipher_null)", 0, iv 0, block 1), ("hmac(sha1)", 20, 12));
split!(NULL_SHA256_128, ("ecb(cipher_null)", 0, iv 0, block 1), ("hmac(sha256)", 32, 16));
split!(NULL_SHA384_192, ("ecb(cipher_null)", 0, iv 0, block 1), ("hmac(sha384)", 48, 24));
split!(CBC_128_BARE, ("cbc(aes)", 16, iv 16, block 16));
split!(CTR_128_BARE, ("rfc3686(ctr(aes))", 20, iv 8, block 1));

/// Every cipher, key length and ICV length that the codec has, and each HMAC.
pub(crate) const EVERY_ESP: &[Algorithm] = &[
    GCM_128_ICV_64,
    GCM_128_ICV_96,
    GCM_128_ICV_128,
    GCM_192_ICV_64,
    GCM_192_ICV_96,
    GCM_192_ICV_128,
    GCM_256_ICV_64,
    GCM_256_ICV_96,
    GCM_256_ICV_128,
    CCM_128_ICV_64,
    CCM_128_ICV_96,
    CCM_128_ICV_128,
    CCM_192_ICV_64,
    CCM_192_ICV_96,
    CCM_192_ICV_128,
    CCM_256_ICV_64,
    CCM_256_ICV_96,
    CCM_256_ICV_128,
    CHACHA_POLY,
    GMAC_128,
    GMAC_192,
    GMAC_256,
    CBC_128_SHA1_96,
    CBC_192_SHA384_192,
    CBC_256_SHA256_96,
    CBC_256_SHA256_128,
    CBC_256_SHA512_256,
    CTR_128_SHA1_96,
    CTR_192_SHA512_256,
    CTR_256_SHA256_128,
    NULL_SHA1_96,
    NULL_SHA256_128,
    NULL_SHA384_192,
    CBC_128_BARE,
    CTR_128_BARE,
];

// RFC 4302 with the same HMACs.
ah!(AH_SHA1_96, "hmac(sha1)", 20, 12);
ah!(AH_SHA256_96, "hmac(sha256)", 32, 12);
ah!(AH_SHA256_128, "hmac(sha256)", 32, 16);
ah!(AH_SHA512_256, "hmac(sha512)", 64, 32);
