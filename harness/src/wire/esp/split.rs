//! Owns ESP's separate algorithms: AES-CBC, AES-CTR and NULL for secrecy, truncated HMACs
//! for integrity, under the kernel's names. It knows keys and lengths, no packet fields.

use aes::{
    Aes128, Aes192, Aes256,
    cipher::{
        Block, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser, KeyIvInit, StreamCipher,
        consts::U16,
    },
};
use hmac::{Hmac, Mac};

use crate::plan::AuthTrunc;

use super::SuiteError;

/// An encryption algorithm with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CryptKey {
    /// RFC 2410.
    Null,
    /// RFC 3602.
    Cbc(Vec<u8>),
    /// RFC 3686.
    Ctr { key: Vec<u8>, nonce: [u8; 4] },
}

impl CryptKey {
    pub(super) fn iv_len(&self) -> usize {
        match self {
            Self::Null => 0,
            Self::Cbc(_) => 16,
            Self::Ctr { .. } => 8,
        }
    }

    /// Cipher block in bytes, 1 for a stream.
    pub(super) fn block(&self) -> usize {
        match self {
            Self::Cbc(_) => 16,
            Self::Null | Self::Ctr { .. } => 1,
        }
    }

    /// Encrypts in place; `None` where key, IV or length do not fit.
    pub(super) fn encrypt(&self, iv: &[u8], text: &mut [u8]) -> Option<()> {
        match self {
            Self::Null => Some(()),
            Self::Cbc(key) => match key.len() {
                16 => cbc_encrypt::<cbc::Encryptor<Aes128>>(key, iv, text),
                24 => cbc_encrypt::<cbc::Encryptor<Aes192>>(key, iv, text),
                _ => cbc_encrypt::<cbc::Encryptor<Aes256>>(key, iv, text),
            },
            Self::Ctr { key, nonce } => ctr(key, *nonce, iv, text),
        }
    }

    /// Decrypts in place; `None` where key, IV or length do not fit.
    pub(super) fn decrypt(&self, iv: &[u8], text: &mut [u8]) -> Option<()> {
        match self {
            Self::Null => Some(()),
            Self::Cbc(key) => match key.len() {
                16 => cbc_decrypt::<cbc::Decryptor<Aes128>>(key, iv, text),
                24 => cbc_decrypt::<cbc::Decryptor<Aes192>>(key, iv, text),
                _ => cbc_decrypt::<cbc::Decryptor<Aes256>>(key, iv, text),
            },
            Self::Ctr { key, nonce } => ctr(key, *nonce, iv, text),
        }
    }
}

fn cbc_encrypt<C>(key: &[u8], iv: &[u8], text: &mut [u8]) -> Option<()>
where
    C: KeyIvInit + BlockModeEncrypt + BlockSizeUser<BlockSize = U16>,
{
    let mut mode = C::new_from_slices(key, iv).ok()?;
    let (blocks, []) = Block::<C>::slice_as_chunks_mut(text) else {
        return None;
    };
    mode.encrypt_blocks(blocks);
    Some(())
}

fn cbc_decrypt<C>(key: &[u8], iv: &[u8], text: &mut [u8]) -> Option<()>
where
    C: KeyIvInit + BlockModeDecrypt + BlockSizeUser<BlockSize = U16>,
{
    let mut mode = C::new_from_slices(key, iv).ok()?;
    let (blocks, []) = Block::<C>::slice_as_chunks_mut(text) else {
        return None;
    };
    mode.decrypt_blocks(blocks);
    Some(())
}

fn ctr(key: &[u8], nonce: [u8; 4], iv: &[u8], text: &mut [u8]) -> Option<()> {
    // The counter block is nonce, IV and a counter that starts at 1 (RFC 3686 section 4).
    let counter = [&nonce[..], iv, &[0, 0, 0, 1]].concat();
    match key.len() {
        16 => stream::<ctr::Ctr32BE<Aes128>>(key, &counter, text),
        24 => stream::<ctr::Ctr32BE<Aes192>>(key, &counter, text),
        _ => stream::<ctr::Ctr32BE<Aes256>>(key, &counter, text),
    }
}

fn stream<C: KeyIvInit + StreamCipher>(key: &[u8], counter: &[u8], text: &mut [u8]) -> Option<()> {
    C::new_from_slices(key, counter)
        .ok()?
        .try_apply_keystream(text)
        .ok()
}

/// A digest under HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// An HMAC key with the length of the truncated ICV in bytes; ESP and AH share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthKey {
    digest: Digest,
    key: Vec<u8>,
    pub(crate) icv: usize,
}

impl AuthKey {
    /// Checks name and truncation of `auth-trunc`, or of `auth` where the truncation is 0.
    pub fn of(auth: &AuthTrunc) -> Result<Self, SuiteError> {
        // Digest, full length and the kernel's default truncation in bits (`aalg_list` in
        // net/xfrm/xfrm_algo.c): SHA-256 keeps the 96 bits of an early draft.
        let (digest, full, default) = match auth.name.as_str() {
            "hmac(sha1)" | "sha1" => (Digest::Sha1, 160, 96),
            "hmac(sha256)" | "sha256" => (Digest::Sha256, 256, 96),
            "hmac(sha384)" => (Digest::Sha384, 384, 192),
            "hmac(sha512)" => (Digest::Sha512, 512, 256),
            other => return Err(SuiteError::Unknown(other.to_owned())),
        };
        let bits = if auth.trunc_bits == 0 {
            default
        } else {
            auth.trunc_bits
        };
        if bits > full || bits % 8 != 0 {
            return Err(SuiteError::IcvLength {
                name: auth.name.clone(),
                bits,
            });
        }
        Ok(Self {
            digest,
            key: auth.key.clone(),
            icv: (bits / 8) as usize,
        })
    }

    /// The truncated ICV over the parts in order.
    pub(crate) fn icv(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut icv = match self.digest {
            Digest::Sha1 => hmac::<Hmac<sha1::Sha1>>(&self.key, parts),
            Digest::Sha256 => hmac::<Hmac<sha2::Sha256>>(&self.key, parts),
            Digest::Sha384 => hmac::<Hmac<sha2::Sha384>>(&self.key, parts),
            Digest::Sha512 => hmac::<Hmac<sha2::Sha512>>(&self.key, parts),
        };
        icv.truncate(self.icv);
        icv
    }
}

fn hmac<M: Mac + hmac::KeyInit>(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    // `Hmac` takes keys of any length (RFC 2104 section 3), so this is empty for no key.
    let Ok(mut mac) = <M as hmac::KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}
