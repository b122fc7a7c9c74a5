//! Owns the step from an SA's algorithms (the kernel's names, key material with its salt)
//! to a checked `Suite` of sizes and keys. It never touches a packet.

use crate::plan::{Aead, Algorithms, AuthTrunc, Crypt};

use super::{
    aead::{self, Cipher},
    split::{AuthKey, CryptKey},
};

/// Why no decoder can be built for an SA.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuiteError {
    #[error("no decoder for `{0}`")]
    Unknown(String),
    #[error("key of {got} bytes does not fit `{name}`")]
    KeyLength { name: String, got: usize },
    #[error("icv of {bits} bits does not fit `{name}`")]
    IcvLength { name: String, bits: u32 },
    #[error("no encryption algorithm")]
    NoEncryption,
    #[error("no authentication algorithm")]
    NoAuthentication,
}

/// The algorithms of one SA, ready to open and seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    pub(super) transform: Transform,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Transform {
    /// One algorithm for secrecy and integrity.
    Combined(aead::Combined),
    /// An encryption algorithm (possibly NULL) and an optional HMAC behind it.
    Split {
        crypt: CryptKey,
        auth: Option<AuthKey>,
    },
}

impl Suite {
    /// Checks names, key and ICV lengths of an ESP SA.
    pub fn of(algorithms: &Algorithms) -> Result<Self, SuiteError> {
        let transform = match (&algorithms.aead, &algorithms.crypt) {
            (Some(aead), _) => Transform::Combined(combined(aead)?),
            (None, Some(crypt)) => Transform::Split {
                crypt: encryption(crypt)?,
                auth: auth(algorithms.auth.as_ref())?,
            },
            (None, None) => return Err(SuiteError::NoEncryption),
        };
        Ok(Self { transform })
    }

    /// Bytes of IV in each packet.
    pub fn iv_len(&self) -> usize {
        match &self.transform {
            Transform::Combined(_) => aead::IV,
            Transform::Split { crypt, .. } => crypt.iv_len(),
        }
    }

    /// Bytes of ICV in each packet, 0 for encryption alone.
    pub fn icv_len(&self) -> usize {
        match &self.transform {
            Transform::Combined(key) => key.icv,
            Transform::Split { auth, .. } => auth.as_ref().map_or(0, |a| a.icv),
        }
    }

    /// What payload, padding and trailer together are a multiple of: the cipher's block,
    /// and 4 at least (RFC 4303 section 2.4; `ALIGN(blocksize, 4)` in `esp4.c`).
    pub fn align(&self) -> usize {
        match &self.transform {
            Transform::Combined(_) => 4,
            Transform::Split { crypt, .. } => crypt.block().max(4),
        }
    }

    /// Whether a packet carries an ICV at all.
    pub fn authenticates(&self) -> bool {
        self.icv_len() > 0
    }
}

fn combined(a: &Aead) -> Result<aead::Combined, SuiteError> {
    // Salt bytes behind the key: RFC 4106 section 8.1, RFC 4309 section 7.1, RFC 7634 section 2.
    let (cipher, salt) = match a.name.as_str() {
        "rfc4106(gcm(aes))" => (Cipher::Gcm, 4),
        "rfc4543(gcm(aes))" => (Cipher::Gmac, 4),
        "rfc4309(ccm(aes))" => (Cipher::Ccm, 3),
        "rfc7539esp(chacha20,poly1305)" => (Cipher::ChaCha, 4),
        other => return Err(SuiteError::Unknown(other.to_owned())),
    };
    let icv = (a.icv_bits / 8) as usize;
    let key_fits = |key: &[u8]| match cipher {
        Cipher::ChaCha => key.len() == 32,
        _ => matches!(key.len(), 16 | 24 | 32),
    };
    let icv_fits = match cipher {
        Cipher::Gcm | Cipher::Ccm => matches!(a.icv_bits, 64 | 96 | 128),
        Cipher::Gmac | Cipher::ChaCha => a.icv_bits == 128,
    };
    if !icv_fits {
        return Err(SuiteError::IcvLength {
            name: a.name.clone(),
            bits: a.icv_bits,
        });
    }
    a.key
        .len()
        .checked_sub(salt)
        .and_then(|n| a.key.split_at_checked(n))
        .filter(|(key, _)| key_fits(key))
        .map(|(key, salt)| aead::Combined {
            cipher,
            key: key.to_vec(),
            salt: salt.to_vec(),
            icv,
        })
        .ok_or_else(|| SuiteError::KeyLength {
            name: a.name.clone(),
            got: a.key.len(),
        })
}

fn encryption(c: &Crypt) -> Result<CryptKey, SuiteError> {
    let wrong = || SuiteError::KeyLength {
        name: c.name.clone(),
        got: c.key.len(),
    };
    let aes = |key: &[u8]| matches!(key.len(), 16 | 24 | 32);
    match c.name.as_str() {
        "ecb(cipher_null)" | "cipher_null" => Ok(CryptKey::Null),
        "cbc(aes)" | "aes" => aes(&c.key)
            .then(|| CryptKey::Cbc(c.key.clone()))
            .ok_or_else(wrong),
        // The nonce is the last 4 bytes of the key material (RFC 3686 section 5.1).
        "rfc3686(ctr(aes))" => c
            .key
            .split_last_chunk::<4>()
            .filter(|(key, _)| aes(key))
            .map(|(key, nonce)| CryptKey::Ctr {
                key: key.to_vec(),
                nonce: *nonce,
            })
            .ok_or_else(wrong),
        other => Err(SuiteError::Unknown(other.to_owned())),
    }
}

fn auth(a: Option<&AuthTrunc>) -> Result<Option<AuthKey>, SuiteError> {
    match a {
        None => Ok(None),
        Some(a) if matches!(a.name.as_str(), "digest_null") => Ok(None),
        Some(a) => AuthKey::of(a).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aead(name: &str, key: usize, icv_bits: u32) -> Result<Suite, SuiteError> {
        let aead = Some(Aead {
            name: name.into(),
            key: vec![7; key],
            icv_bits,
        });
        Suite::of(&Algorithms {
            aead,
            ..Algorithms::default()
        })
    }

    #[test]
    fn sizes_follow_the_algorithm() {
        let suite = aead("rfc4106(gcm(aes))", 20, 96).unwrap();
        assert_eq!((suite.iv_len(), suite.icv_len(), suite.align()), (8, 12, 4));
        let cbc = Crypt {
            name: "cbc(aes)".into(),
            key: vec![1; 32],
        };
        let sha = AuthTrunc {
            name: "hmac(sha256)".into(),
            key: vec![2; 32],
            trunc_bits: 128,
        };
        let both = Algorithms {
            crypt: Some(cbc),
            auth: Some(sha),
            ..Algorithms::default()
        };
        let suite = Suite::of(&both).unwrap();
        assert_eq!(
            (suite.iv_len(), suite.icv_len(), suite.align()),
            (16, 16, 16)
        );
    }

    #[test]
    fn lengths_and_names_that_do_not_fit_are_refused() {
        assert!(matches!(
            aead("rfc4106(gcm(aes))", 16, 128),
            Err(SuiteError::KeyLength { .. })
        ));
        assert!(matches!(
            aead("rfc4106(gcm(aes))", 20, 32),
            Err(SuiteError::IcvLength { .. })
        ));
        assert!(matches!(
            aead("rfc4309(ccm(aes))", 20, 128),
            Err(SuiteError::KeyLength { .. })
        ));
        assert!(matches!(
            aead("morus1280", 20, 128),
            Err(SuiteError::Unknown(_))
        ));
        let none = Algorithms::default();
        assert_eq!(Suite::of(&none), Err(SuiteError::NoEncryption));
    }
}
