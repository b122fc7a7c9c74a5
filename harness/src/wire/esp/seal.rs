//! Owns the way from a payload to an ESP packet's bytes. It draws no randomness: the
//! caller gives the IV, so that a packet can be made twice.

use crate::names::Spi;

use super::{Suite, TRAILER, open::associated, suite::Transform};

/// What to seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft<'a> {
    pub spi: Spi,
    /// Low 32 bits of the sequence number.
    pub seq: u32,
    /// High 32 bits for an SA with ESN; they are authenticated, not sent.
    pub seq_high: Option<u32>,
    /// As long as [`Suite::iv_len`].
    pub iv: &'a [u8],
    pub next_header: u8,
    pub payload: &'a [u8],
    pub padding: Padding,
}

/// The padding of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// As many bytes 1, 2, 3, ... as the algorithm needs (RFC 4303 section 2.4).
    Minimal,
    /// Exactly these bytes with this pad length, for packets that are wrong on purpose.
    Raw { bytes: Vec<u8>, pad_len: u8 },
}

/// Why a draft cannot be sealed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("iv of {got} bytes where the algorithm needs {need}")]
    IvLength { got: usize, need: usize },
    #[error("payload and padding of {len} bytes are no multiple of {block}")]
    BlockLength { len: usize, block: usize },
}

/// Seals a draft into an ESP packet, from the SPI to the ICV.
pub fn seal(draft: &Draft<'_>, suite: &Suite) -> Result<Vec<u8>, SealError> {
    if draft.iv.len() != suite.iv_len() {
        return Err(SealError::IvLength {
            got: draft.iv.len(),
            need: suite.iv_len(),
        });
    }
    let mut text = draft.payload.to_vec();
    match &draft.padding {
        Padding::Minimal => {
            let over = (text.len() + TRAILER) % suite.align();
            let pad = if over == 0 { 0 } else { suite.align() - over } as u8;
            text.extend(1..=pad);
            text.push(pad);
        }
        Padding::Raw { bytes, pad_len } => {
            text.extend(bytes);
            text.push(*pad_len);
        }
    }
    text.push(draft.next_header);

    let wrong = SealError::BlockLength {
        len: text.len(),
        block: suite.align(),
    };
    let (spi, seq) = (draft.spi.0, draft.seq);
    let mut packet = associated(spi, None, seq);
    packet.extend(draft.iv);
    match &suite.transform {
        Transform::Combined(key) => {
            let aad = associated(spi, draft.seq_high, seq);
            let icv = key.seal(draft.iv, &aad, &mut text).ok_or(wrong)?;
            packet.extend(text);
            packet.extend(icv);
        }
        Transform::Split { crypt, auth } => {
            crypt.encrypt(draft.iv, &mut text).ok_or(wrong)?;
            packet.extend(text);
            if let Some(auth) = auth {
                let high: Vec<u8> = draft
                    .seq_high
                    .iter()
                    .flat_map(|h| h.to_be_bytes())
                    .collect();
                let icv = auth.icv(&[&packet, &high]);
                packet.extend(icv);
            }
        }
    }
    Ok(packet)
}
