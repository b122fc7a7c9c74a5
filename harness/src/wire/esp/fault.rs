//! Owns the question which field is at fault where an ICV does not fit, or what was decrypted is no payload: a salt
//! or the high half of a sequence number is named if the packet opens with another one. It never opens a packet for
//! anyone: what it finds is a reason.

use super::{Reason, Suite, open, split::CryptKey, suite::Transform};

/// The first high halves, which are tried beside those that somebody may be at. Each costs about as much as opening the
/// packet, and a run may have ten thousand that do not open: with 256 of them it took 0.15 to 0.7 ms a frame (10,000 frames
/// of 140 bytes, AES-GCM, a busy machine), as much as all the rest of judging it; with these it takes 0.03 ms.
const HIGHS: u32 = 4;

/// What is wrong about a sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SequenceFault {
    /// The SA has extended sequence numbers, the sender has none.
    #[error("sealed without the high half that the sa has (esn)")]
    Plain,
    /// The sender has extended sequence numbers, the SA has none.
    #[error("sealed with high half {0}, and the sa has none (no esn)")]
    Extended(u32),
    /// Another high half than the SA may be at.
    #[error("sealed with high half {0}, where the sa is not")]
    High(u32),
}

/// What is wrong about a salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SaltFault {
    #[error("sealed with it in reverse byte order")]
    Reversed,
    #[error("sealed with zeros for it")]
    Zero,
    #[error("sealed with that of another sa")]
    Other,
}

/// The field at fault about a packet that did not open for `reason`, where another value of it opens the packet.
///
/// `highs` as for [`open`]; `others` are high halves that senders may be at; `salts` are those of other SAs.
pub fn blame<'a>(
    (esp, reason): (&[u8], &Reason),
    suite: &Suite,
    (highs, others): (&[u32], &[u32]),
    salts: impl Iterator<Item = &'a [u8]>,
) -> Option<Reason> {
    if !suite.authenticates() {
        // A key that "opens" without an ICV proves nothing.
        return None;
    }
    match reason {
        Reason::IcvWrong => sequence(esp, suite, highs, others)
            .map(Reason::Sequence)
            .or_else(|| salt(esp, suite, highs, salts).map(Reason::Salt)),
        // An HMAC does not cover the nonce of a cipher in counter mode, so a wrong one shows in what comes out.
        Reason::PadLength { .. } | Reason::PadByte { .. } if covers_no_salt(suite) => {
            salt(esp, suite, highs, salts).map(Reason::Salt)
        }
        _ => None,
    }
}

fn sequence(esp: &[u8], suite: &Suite, highs: &[u32], others: &[u32]) -> Option<SequenceFault> {
    let with = |high: u32| open(esp, suite, &[high]).is_ok();
    let beside = others.iter().copied().filter(|high| *high >= HIGHS);
    let mut near = (0..HIGHS)
        .chain(beside)
        .filter(|high| !highs.contains(high));
    if highs.is_empty() {
        near.find(|h| with(*h)).map(SequenceFault::Extended)
    } else if open(esp, suite, &[]).is_ok() {
        Some(SequenceFault::Plain)
    } else {
        near.find(|h| with(*h)).map(SequenceFault::High)
    }
}

fn salt<'a>(
    esp: &[u8],
    suite: &Suite,
    highs: &[u32],
    others: impl Iterator<Item = &'a [u8]>,
) -> Option<SaltFault> {
    let own = suite.salt()?;
    let opens = |salt: &[u8]| {
        let other = suite.with_salt(salt);
        other.is_some_and(|suite| open(esp, &suite, highs).is_ok())
    };
    let reversed: Vec<u8> = own.iter().rev().copied().collect();
    if opens(&reversed) {
        return Some(SaltFault::Reversed);
    }
    if opens(&vec![0; own.len()]) {
        return Some(SaltFault::Zero);
    }
    let mut others = others.filter(|salt| *salt != own);
    others.any(opens).then_some(SaltFault::Other)
}

fn covers_no_salt(suite: &Suite) -> bool {
    matches!(
        &suite.transform,
        Transform::Split {
            crypt: CryptKey::Ctr { .. },
            ..
        }
    )
}

impl Suite {
    /// What stands behind the key and goes into each nonce.
    pub fn salt(&self) -> Option<&[u8]> {
        match &self.transform {
            Transform::Combined(key) => Some(&key.salt),
            Transform::Split {
                crypt: CryptKey::Ctr { nonce, .. },
                ..
            } => Some(nonce),
            Transform::Split { .. } => None,
        }
    }

    /// The same with another salt; `None` where it does not fit.
    fn with_salt(&self, salt: &[u8]) -> Option<Self> {
        let mut other = self.clone();
        match &mut other.transform {
            Transform::Combined(key) if key.salt.len() == salt.len() => key.salt = salt.to_vec(),
            Transform::Split {
                crypt: CryptKey::Ctr { nonce, .. },
                ..
            } => {
                *nonce = salt.try_into().ok()?;
            }
            _ => return None,
        }
        Some(other)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Draft, Padding, seal,
            vectors::{combined, split},
        },
        *,
    };
    use crate::names::Spi;

    fn salted(salt: &[u8]) -> Vec<Suite> {
        let key = |len: usize, salt: &[u8]| {
            let hex = |b: &u8| format!("{b:02x}");
            "a1".repeat(len) + &salt.iter().map(hex).collect::<String>()
        };
        vec![
            combined("rfc4106(gcm(aes))", &key(16, salt), 128),
            combined("rfc4543(gcm(aes))", &key(16, salt), 128),
            combined("rfc4309(ccm(aes))", &key(16, &salt[..3]), 128),
            combined("rfc7539esp(chacha20,poly1305)", &key(32, salt), 128),
            split(
                "rfc3686(ctr(aes))",
                &[&[9; 16][..], salt].concat(),
                Some(("hmac(sha256)", 128)),
            ),
        ]
    }

    /// The reason why a packet sealed so does not open for `receiver`, at first and when asked for the field.
    fn blamed(
        sender: &Suite,
        high: Option<u32>,
        receiver: &Suite,
        highs: &[u32],
        salts: &[Vec<u8>],
    ) -> Option<Reason> {
        let draft = Draft {
            spi: Spi(0x1000),
            seq: 7,
            seq_high: high,
            iv: &vec![0x11; sender.iv_len()],
            next_header: 17,
            payload: &[0x42; 37],
            padding: Padding::Minimal,
        };
        let packet = seal(&draft, sender).unwrap();
        let reason = open(&packet, receiver, highs).unwrap_err();
        let salts = salts.iter().map(Vec::as_slice);
        blame((&packet, &reason), receiver, (highs, &[9]), salts)
    }

    #[test]
    fn a_wrong_salt_is_named_with_every_algorithm_that_has_one() {
        let right = salted(&[1, 2, 3, 4]);
        let reversed_ccm = combined("rfc4309(ccm(aes))", &("a1".repeat(16) + "030201"), 128);
        let mut reversed = salted(&[4, 3, 2, 1]);
        reversed[2] = reversed_ccm;
        let others = [vec![6, 6, 6, 6], vec![7, 8, 9, 10], vec![7, 8, 9]];
        let faults = [
            (reversed, SaltFault::Reversed),
            (salted(&[0; 4]), SaltFault::Zero),
            (salted(&[7, 8, 9, 10]), SaltFault::Other),
        ];
        for (senders, fault) in faults {
            for (sender, receiver) in senders.iter().zip(&right) {
                let got = blamed(sender, None, receiver, &[], &others);
                assert_eq!(got, Some(Reason::Salt(fault)), "{receiver:?}");
            }
        }
        // A salt that nobody has stays an ICV error, and with a counter mode under HMAC a padding error.
        for (sender, receiver) in salted(&[9; 4]).iter().zip(&right) {
            assert_eq!(blamed(sender, None, receiver, &[], &others), None);
        }
    }

    #[test]
    fn a_wrong_half_of_a_sequence_number_is_named() {
        let mut suites = salted(&[1, 2, 3, 4]);
        suites.push(split("cbc(aes)", &[8; 16], Some(("hmac(sha1)", 96))));
        for suite in &suites {
            let named = |high, highs: &[u32]| blamed(suite, high, suite, highs, &[]);
            let sequence = |fault| Some(Reason::Sequence(fault));
            assert_eq!(named(None, &[0, 1]), sequence(SequenceFault::Plain));
            assert_eq!(named(Some(0), &[]), sequence(SequenceFault::Extended(0)));
            assert_eq!(named(Some(3), &[]), sequence(SequenceFault::Extended(3)));
            assert_eq!(named(Some(9), &[0, 1]), sequence(SequenceFault::High(9)));
            // Nobody is known to be there.
            assert_eq!(named(Some(8), &[0, 1]), None);
        }
    }

    #[test]
    fn a_changed_packet_and_one_without_icv_are_blamed_on_no_field() {
        let suite = &salted(&[1, 2, 3, 4])[0];
        let draft = Draft {
            spi: Spi(1),
            seq: 1,
            seq_high: None,
            iv: &[0; 8],
            next_header: 17,
            payload: &[1; 20],
            padding: Padding::Minimal,
        };
        let mut packet = seal(&draft, suite).unwrap();
        *packet.last_mut().unwrap() ^= 1;
        let none = || std::iter::empty();
        assert_eq!(
            blame((&packet, &Reason::IcvWrong), suite, (&[], &[]), none()),
            None
        );
        let bare = split("rfc3686(ctr(aes))", &[9; 20], None);
        let pad = Reason::PadLength { pad: 9, room: 1 };
        assert_eq!(blame((&packet, &pad), &bare, (&[], &[]), none()), None);
    }
}
