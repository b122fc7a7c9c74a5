//! Owns combined-mode ESP: AES-GCM, AES-CCM, ChaCha20-Poly1305 and AES-GMAC, over the
//! `RustCrypto` implementations. It knows keys, nonces and associated data, no packet fields.

use aes::{Aes128, Aes192, Aes256};
use aes_gcm::{
    AesGcm, KeyInit,
    aead::{
        AeadInOut, Nonce, Tag,
        consts::{U8, U11, U12, U16},
    },
};
use ccm::Ccm;
use chacha20poly1305::ChaCha20Poly1305;

/// Bytes of explicit IV of every combined mode of ESP.
pub(super) const IV: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    /// RFC 4106.
    Gcm,
    /// RFC 4309.
    Ccm,
    /// RFC 7634.
    ChaCha,
    /// RFC 4543: nothing is encrypted, everything authenticated.
    Gmac,
}

/// Key without salt, salt, and ICV length in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Combined {
    pub(super) cipher: Cipher,
    pub(super) key: Vec<u8>,
    pub(super) salt: Vec<u8>,
    pub(super) icv: usize,
}

/// What every implementation asks for.
struct Input<'a> {
    key: &'a [u8],
    nonce: &'a [u8],
    associated: &'a [u8],
}

/// One implementation behind plain byte slices; both work on the text in place.
struct Run {
    /// The ICV, `None` where a size does not fit.
    seal: fn(&Input<'_>, &mut [u8]) -> Option<Vec<u8>>,
    /// Whether the ICV (the last argument) fits.
    open: fn(&Input<'_>, &mut [u8], &[u8]) -> bool,
}

impl Run {
    const fn of<C: KeyInit + AeadInOut>() -> Self {
        Self {
            seal: seal::<C>,
            open: open::<C>,
        }
    }
}

fn seal<C: KeyInit + AeadInOut>(input: &Input<'_>, text: &mut [u8]) -> Option<Vec<u8>> {
    let nonce = Nonce::<C>::try_from(input.nonce).ok()?;
    let cipher = C::new_from_slice(input.key).ok()?;
    let tag = cipher
        .encrypt_inout_detached(&nonce, input.associated, text.into())
        .ok()?;
    Some(tag.to_vec())
}

fn open<C: KeyInit + AeadInOut>(input: &Input<'_>, text: &mut [u8], icv: &[u8]) -> bool {
    let cipher = C::new_from_slice(input.key);
    let (nonce, tag) = (Nonce::<C>::try_from(input.nonce), Tag::<C>::try_from(icv));
    let (Ok(cipher), Ok(nonce), Ok(tag)) = (cipher, nonce, tag) else {
        return false;
    };
    cipher
        .decrypt_inout_detached(&nonce, input.associated, text.into(), &tag)
        .is_ok()
}

impl Combined {
    /// `None` for sizes that [`super::Suite::of`] refuses.
    fn run(&self) -> Option<Run> {
        Some(match (self.cipher, self.key.len(), self.icv) {
            (Cipher::ChaCha, 32, 16) => Run::of::<ChaCha20Poly1305>(),
            (Cipher::Gcm | Cipher::Gmac, 16, 16) => Run::of::<AesGcm<Aes128, U12, U16>>(),
            (Cipher::Gcm | Cipher::Gmac, 24, 16) => Run::of::<AesGcm<Aes192, U12, U16>>(),
            (Cipher::Gcm | Cipher::Gmac, 32, 16) => Run::of::<AesGcm<Aes256, U12, U16>>(),
            (Cipher::Gcm, 16, 12) => Run::of::<AesGcm<Aes128, U12, U12>>(),
            (Cipher::Gcm, 24, 12) => Run::of::<AesGcm<Aes192, U12, U12>>(),
            (Cipher::Gcm, 32, 12) => Run::of::<AesGcm<Aes256, U12, U12>>(),
            (Cipher::Gcm, 16, 8) => Run::of::<AesGcm<Aes128, U12, U8>>(),
            (Cipher::Gcm, 24, 8) => Run::of::<AesGcm<Aes192, U12, U8>>(),
            (Cipher::Gcm, 32, 8) => Run::of::<AesGcm<Aes256, U12, U8>>(),
            (Cipher::Ccm, 16, 16) => Run::of::<Ccm<Aes128, U16, U11>>(),
            (Cipher::Ccm, 24, 16) => Run::of::<Ccm<Aes192, U16, U11>>(),
            (Cipher::Ccm, 32, 16) => Run::of::<Ccm<Aes256, U16, U11>>(),
            (Cipher::Ccm, 16, 12) => Run::of::<Ccm<Aes128, U12, U11>>(),
            (Cipher::Ccm, 24, 12) => Run::of::<Ccm<Aes192, U12, U11>>(),
            (Cipher::Ccm, 32, 12) => Run::of::<Ccm<Aes256, U12, U11>>(),
            (Cipher::Ccm, 16, 8) => Run::of::<Ccm<Aes128, U8, U11>>(),
            (Cipher::Ccm, 24, 8) => Run::of::<Ccm<Aes192, U8, U11>>(),
            (Cipher::Ccm, 32, 8) => Run::of::<Ccm<Aes256, U8, U11>>(),
            _ => return None,
        })
    }

    /// Encrypts `text` in place; the ICV, or `None` for sizes that fit no implementation.
    pub(super) fn seal(&self, iv: &[u8], aad: &[u8], text: &mut [u8]) -> Option<Vec<u8>> {
        let (key, nonce) = (&self.key, &[&self.salt, iv].concat());
        if self.cipher == Cipher::Gmac {
            // RFC 4543 section 3.3: header, IV and payload are all associated data.
            let associated = &[aad, iv, text].concat();
            return (self.run()?.seal)(
                &Input {
                    key,
                    nonce,
                    associated,
                },
                &mut [],
            );
        }
        (self.run()?.seal)(
            &Input {
                key,
                nonce,
                associated: aad,
            },
            text,
        )
    }

    /// Decrypts `text` in place; whether the ICV fits.
    pub(super) fn open(&self, iv: &[u8], aad: &[u8], text: &mut [u8], icv: &[u8]) -> bool {
        let Some(run) = self.run() else { return false };
        let (key, nonce) = (&self.key, &[&self.salt, iv].concat());
        if self.cipher == Cipher::Gmac {
            let associated = &[aad, iv, text].concat();
            return (run.open)(
                &Input {
                    key,
                    nonce,
                    associated,
                },
                &mut [],
                icv,
            );
        }
        (run.open)(
            &Input {
                key,
                nonce,
                associated: aad,
            },
            text,
            icv,
        )
    }
}
