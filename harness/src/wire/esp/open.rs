//! Owns the way from an ESP packet's bytes to its payload, or to the field that is wrong.

use crate::names::Spi;

use super::{HEADER, Reason, Suite, TRAILER, suite::Transform};
use crate::wire::bytes::Reader;

/// An opened ESP packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plaintext {
    pub spi: Spi,
    /// Low 32 bits of the sequence number.
    pub seq: u32,
    /// High 32 bits that went into the ICV, `None` without ESN.
    pub seq_high: Option<u32>,
    pub iv_len: usize,
    pub icv_len: usize,
    pub pad_len: u8,
    pub next_header: u8,
    /// Without padding and trailer; TFC padding is still in it.
    pub payload: Vec<u8>,
}

/// Opens an ESP packet (from the SPI on) with one SA's key.
///
/// `highs` are guesses for the high half of an extended sequence number (RFC 4303 section
/// 2.2.1), tried in order; empty means that the SA has no ESN.
pub fn open(esp: &[u8], suite: &Suite, highs: &[u32]) -> Result<Plaintext, Reason> {
    let need = HEADER + suite.iv_len() + TRAILER + suite.icv_len();
    let truncated = Reason::Truncated {
        have: esp.len(),
        need,
    };
    if esp.len() < need {
        return Err(truncated);
    }
    let mut r = Reader::new(esp);
    let parts = (|| {
        let (spi, seq, iv) = (r.u32()?, r.u32()?, r.take(suite.iv_len())?);
        let text = r.take(r.rest().len().checked_sub(suite.icv_len())?)?;
        Some((spi, seq, iv, text, r.rest()))
    })();
    let Some((spi, seq, iv, text, icv)) = parts else {
        return Err(truncated);
    };
    if text.len() % suite.align() != 0 {
        return Err(Reason::BlockLength {
            len: text.len(),
            block: suite.align(),
        });
    }

    let sealed = Sealed {
        head: [spi, seq],
        iv,
        text,
        icv,
    };
    let guesses: Vec<Option<u32>> = if highs.is_empty() {
        vec![None]
    } else {
        highs.iter().copied().map(Some).collect()
    };
    let (seq_high, clear) = guesses
        .into_iter()
        .find_map(|high| Some((high, sealed.decrypt(suite, high)?)))
        .ok_or(Reason::IcvWrong)?;

    let (payload, pad_len, next_header) = strip(clear)?;
    Ok(Plaintext {
        spi: Spi(spi),
        seq,
        seq_high,
        iv_len: iv.len(),
        icv_len: icv.len(),
        pad_len,
        next_header,
        payload,
    })
}

struct Sealed<'a> {
    head: [u32; 2],
    iv: &'a [u8],
    text: &'a [u8],
    icv: &'a [u8],
}

impl Sealed<'_> {
    /// `None` when the ICV does not fit.
    fn decrypt(&self, suite: &Suite, high: Option<u32>) -> Option<Vec<u8>> {
        let [spi, seq] = self.head;
        let mut text = self.text.to_vec();
        match &suite.transform {
            Transform::Combined(key) => {
                let aad = associated(spi, high, seq);
                key.open(self.iv, &aad, &mut text, self.icv).then_some(text)
            }
            Transform::Split { crypt, auth } => {
                if let Some(auth) = auth {
                    let head = associated(spi, None, seq);
                    // With separate algorithms the high half stands behind the packet
                    // (RFC 4303 section 2.2.1).
                    let high = high.map(u32::to_be_bytes);
                    let tail = high.as_ref().map_or(&[][..], |h| &h[..]);
                    if auth.icv(&[&head, self.iv, self.text, tail]) != self.icv {
                        return None;
                    }
                }
                crypt.decrypt(self.iv, &mut text)?;
                Some(text)
            }
        }
    }
}

/// SPI, then the sequence number with its high half in front of the low one
/// (RFC 4106 section 5).
pub(super) fn associated(spi: u32, high: Option<u32>, seq: u32) -> Vec<u8> {
    let mut aad = spi.to_be_bytes().to_vec();
    aad.extend(high.iter().flat_map(|h| h.to_be_bytes()));
    aad.extend(seq.to_be_bytes());
    aad
}

/// Takes next header, pad length and padding off.
fn strip(mut clear: Vec<u8>) -> Result<(Vec<u8>, u8, u8), Reason> {
    let room = clear.len().saturating_sub(TRAILER);
    let Some(&[pad, next_header]) = clear.last_chunk::<TRAILER>() else {
        return Err(Reason::PadLength { pad: 0, room });
    };
    let Some(payload) = room.checked_sub(usize::from(pad)) else {
        return Err(Reason::PadLength { pad, room });
    };
    let padding = clear.get(payload..room).unwrap_or_default();
    for (at, (&got, want)) in padding.iter().zip(1..=u8::MAX).enumerate() {
        if got != want {
            return Err(Reason::PadByte { at, got, want });
        }
    }
    clear.truncate(payload);
    Ok((clear, pad, next_header))
}
