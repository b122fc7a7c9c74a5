//! Owns the Authentication Header as a layer (RFC 4302): its fields, and whether its ICV fits
//! the packet around it.

use super::{
    bytes::Reader,
    esp::Reason,
    mutable,
    packet::{Ah, AhIcv},
    sa::{Keys, SaEntry},
    scope::{Extent, Scope},
    upper,
};
use crate::{names::Spi, plan::Proto};

/// Bytes before the ICV.
const FIXED: usize = 12;

pub(crate) fn decode(bytes: &[u8], scope: &Scope<'_>) -> Option<Ah> {
    let mut r = Reader::new(bytes);
    let (next_header, words, _reserved) = (r.u8()?, r.u8()?, r.u16()?);
    let (spi, seq) = (Spi(r.u32()?), r.u32()?);
    // The length counts 32-bit words minus 2 (RFC 4302 section 2.2).
    let len = (usize::from(words) + 2) * 4;
    let icv_len = len.checked_sub(FIXED)?;
    let rest = bytes.get(len..).unwrap_or_default();
    let inside = Scope {
        declared: scope.declared.saturating_sub(len),
        depth: scope.depth + 1,
        ip_header: &[],
        ..*scope
    };
    Some(Ah {
        spi,
        seq,
        sa: scope.sas.name(scope.src, scope.dst, Proto::Ah, spi),
        icv_len,
        next_header,
        icv: verify(bytes, icv_len, spi, scope),
        inner: upper::inner(next_header, rest, &inside),
    })
}

fn verify(bytes: &[u8], icv_len: usize, spi: Spi, scope: &Scope<'_>) -> AhIcv {
    match scope.extent {
        Extent::Whole => {}
        Extent::Headers => return AhIcv::Not(Reason::HeadersOnly),
        Extent::Fragment => return AhIcv::Not(Reason::Fragment),
        Extent::Cut => {
            return AhIcv::Not(Reason::Truncated {
                have: bytes.len(),
                need: scope.declared,
            });
        }
    }
    let Some(covered) = mutable::zeroed(scope.ip_header) else {
        return AhIcv::Not(Reason::HeaderBefore);
    };
    let mut first = None;
    for entry in scope.sas.lookup(scope.dst, Proto::Ah, spi) {
        match with_entry(bytes, icv_len, &covered, entry, &scope.sas.highs) {
            Ok(seq_high) => {
                return AhIcv::Ok {
                    nodes: entry.nodes.clone(),
                    seq_high,
                };
            }
            Err(reason) => {
                first.get_or_insert(reason);
            }
        }
    }
    AhIcv::Not(first.unwrap_or(Reason::NoSa))
}

/// The high half of the sequence number with which the ICV fits, `None` without ESN.
fn with_entry(
    bytes: &[u8],
    icv_len: usize,
    header: &[u8],
    entry: &SaEntry,
    highs: &[u32],
) -> Result<Option<u32>, Reason> {
    let key = match &entry.keys {
        Keys::Ah(Ok(key)) => key,
        Keys::Ah(Err(e)) => return Err(Reason::NoDecoder(e.clone())),
        Keys::Esp(_) | Keys::Comp(_) => return Err(Reason::NoSa),
    };
    let need = FIXED + key.icv.max(icv_len);
    let Some((fixed, rest)) = bytes
        .split_at_checked(FIXED)
        .filter(|_| bytes.len() >= need)
    else {
        return Err(Reason::Truncated {
            have: bytes.len(),
            need,
        });
    };
    let short = Reason::Truncated {
        have: icv_len,
        need: key.icv,
    };
    if key.icv > icv_len {
        return Err(short);
    }
    let (icv, behind) = rest.split_at_checked(key.icv).ok_or(short)?;
    let fits = |high: &[u8]| {
        // The ICV field counts as zero; padding behind it as it is (RFC 4302 section 3.3.3).
        key.icv(&[header, fixed, &vec![0; key.icv], behind, high]) == icv
    };
    if entry.esn {
        let high = highs.iter().find(|h| fits(&h.to_be_bytes()));
        high.map(|h| Some(*h)).ok_or(Reason::IcvWrong)
    } else {
        fits(&[]).then_some(None).ok_or(Reason::IcvWrong)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{samples::*, *};
    use crate::plan::{Algorithms, AuthTrunc, Proto, State};
    use hmac::{Hmac, KeyInit, Mac};

    fn sa(name: &str, bits: u32, src: &str, dst: &str) -> State {
        let auth = AuthTrunc {
            name: name.into(),
            key: vec![3; 20],
            trunc_bits: bits,
        };
        let algorithms = Algorithms {
            auth: Some(auth),
            ..Algorithms::default()
        };
        State {
            proto: Proto::Ah,
            algorithms,
            ..state("a>b", src, dst, 0x4000, 0)
        }
    }

    /// An AH packet whose ICV is computed here, over bytes that are written out zeroed.
    fn packet(src: &str, dst: &str, zeroed: fn(&mut Vec<u8>)) -> Vec<u8> {
        numbered(src, dst, 1, zeroed)
    }

    /// The same with another sequence number.
    fn numbered(src: &str, dst: &str, number: u8, zeroed: fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut ah = vec![17, 4, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, number];
        ah.extend([0; 12]);
        ah.extend(udp(1, 2, b"payload!"));
        let mut packet = ip_packet(src, dst, 51, &ah);
        let mut covered = packet.clone();
        zeroed(&mut covered);
        let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&[3; 20]).unwrap();
        mac.update(&covered);
        let at = packet.len() - ah.len() + 12;
        packet[at..at + 12].copy_from_slice(&mac.finalize().into_bytes()[..12]);
        packet
    }

    /// RFC 4302 section 2.5.
    #[test]
    fn sequence_number_0_is_told_to_be_wrong() {
        let sa1 = sa("hmac(sha1)", 96, "1.1.1.1", "2.2.2.2");
        let wrong = |number: u8| {
            let packet = numbered("1.1.1.1", "2.2.2.2", number, |b| {
                b[1] = 0;
                b[6..9].copy_from_slice(&[0; 3]);
                b[10..12].copy_from_slice(&[0; 2]);
            });
            let got = words(&decode_packet(&packet, &table(&[("r1", &sa1)])));
            got.field("wrong").map(str::to_owned)
        };
        let said = "sequence number 0: the first packet of an sa has 1";
        assert_eq!((wrong(0).as_deref(), wrong(1)), (Some(said), None));
    }

    fn v4() -> Vec<u8> {
        packet("1.1.1.1", "2.2.2.2", |b| {
            b[1] = 0;
            b[6..9].copy_from_slice(&[0; 3]);
            b[10..12].copy_from_slice(&[0; 2]);
        })
    }

    #[track_caller]
    fn check(packet: &[u8], sa: &State, icv_ok: Option<&str>) {
        let got = words(&decode_packet(packet, &table(&[("r1", sa)])));
        assert_eq!(got.head, ["ah"]);
        assert_eq!(got.field("icv-ok"), icv_ok);
    }

    #[test]
    fn the_icv_covers_what_routers_leave_alone() {
        let sa1 = sa("hmac(sha1)", 96, "1.1.1.1", "2.2.2.2");
        check(&v4(), &sa1, Some("yes"));
        let mut forwarded = v4();
        forwarded[8] = 61;
        forwarded[1] = 0xb8;
        check(&forwarded, &sa1, Some("yes"));
        let v6 = packet("fd00::1", "fd00::2", |b| b[7] = 0);
        check(
            &v6,
            &sa("hmac(sha1)", 96, "fd00::1", "fd00::2"),
            Some("yes"),
        );
    }

    #[test]
    fn what_nat_changes_breaks_the_icv() {
        let sa1 = sa("hmac(sha1)", 96, "1.1.1.1", "2.2.2.2");
        // IP identification, source address, next header, sequence number, payload.
        for at in [4, 12, 20, 31, 55] {
            let mut changed = v4();
            changed[at] ^= 4;
            let got = words(&decode_packet(&changed, &table(&[("r1", &sa1)])));
            assert_eq!(got.field("icv-ok"), Some("no"), "byte {at}");
        }
    }

    #[test]
    fn without_a_key_nothing_is_claimed() {
        check(&v4(), &sa("hmac(sha1)", 96, "1.1.1.1", "9.9.9.9"), None);
        check(
            &v4(),
            &sa("hmac(whirlpool)", 96, "1.1.1.1", "2.2.2.2"),
            None,
        );
        check(
            &v4()[..59],
            &sa("hmac(sha1)", 96, "1.1.1.1", "2.2.2.2"),
            None,
        );
    }

    #[test]
    fn the_line_says_what_is_protected() {
        let sa1 = sa("hmac(sha1)", 96, "1.1.1.1", "2.2.2.2");
        let packet = decode_packet(&v4(), &table(&[("r1", &sa1)]));
        assert_eq!(
            line(&packet, Detail::Normal),
            "ah 1.1.1.1 > 2.2.2.2 a>b seq=1 ttl=64 len=60 icv=12 next=17 { udp 1.1.1.1.1 > 2.2.2.2.2 }"
        );
    }
}
