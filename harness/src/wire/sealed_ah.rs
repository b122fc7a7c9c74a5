//! Owns the packets of an AH flow: whole IP packets with a datagram inside, right or wrong in one named way. It sends
//! nothing.

use etherparse::Ipv4Header;

use super::{
    mutable,
    sa::{Keys, SaEntry},
    sealed::{SealedError, datagram, packet},
};
use crate::{
    names::Spi,
    plan::{EspFlow, Mode, Wrong},
};

const AH: u8 = 51;
const UDP: u8 = 17;
/// For experiments (RFC 3692).
const EXPERIMENT: u8 = 253;
/// Bytes before the ICV (RFC 4302 section 2).
const FIXED: usize = 12;

/// The packet with sequence number `seq` and this payload in its datagram, from the outer IP header on.
pub(super) fn sealed(flow: &EspFlow, seq: u64, payload: &[u8]) -> Result<Vec<u8>, SealedError> {
    let state = &flow.state;
    let entry = SaEntry::of("", state);
    let Keys::Ah(Ok(key)) = &entry.keys else {
        return Err(SealedError::NoAh(state.name.clone()));
    };
    let (next, inner) = match state.mode {
        Mode::Tunnel => {
            let next = if flow.inner.dst.is_ipv4() { 4 } else { 41 };
            (next, datagram(&flow.inner, payload)?)
        }
        Mode::Transport => {
            let whole = datagram(&flow.inner, payload)?;
            let header = if flow.inner.dst.is_ipv4() { 20 } else { 40 };
            (UDP, whole[header..].to_vec())
        }
        mode => return Err(SealedError::Mode(mode.word())),
    };
    let next = if flow.wrong == Some(Wrong::NextHeader) {
        EXPERIMENT
    } else {
        next
    };
    let spi = match flow.wrong {
        Some(Wrong::Spi) => Spi(state.spi.0 ^ 0x8000_0000),
        _ => state.spi,
    };
    // The kernel fills the header up to 8 bytes for both families (ah_init_state() in net/ipv4/ah4.c), and to 4 for
    // IPv4 only where the SA says so.
    let align = if state.flags.iter().any(|f| f == "align4") && state.dst.is_ipv4() {
        4
    } else {
        8
    };
    let length = (FIXED + key.icv).next_multiple_of(align);
    let mut fixed = vec![next, (length / 4 - 2) as u8, 0, 0];
    fixed.extend(spi.0.to_be_bytes());
    fixed.extend((seq as u32).to_be_bytes());
    let fill = vec![0; length - FIXED - key.icv];
    let body = |icv: &[u8]| [fixed.as_slice(), icv, &fill, &inner].concat();
    let zero = vec![0; key.icv];
    let mut whole = packet(state.src, state.dst, AH, &body(&zero))?;
    let header = whole.len() - body(&zero).len();
    if state.dst.is_ipv4() {
        // A raw socket fills in an identification of zero, and that is covered.
        whole[4..6].copy_from_slice(&(seq as u16 | 0x4000).to_be_bytes());
        whole[10..12].copy_from_slice(&[0; 2]);
    }
    let covered = mutable::zeroed(&whole[..header]).ok_or(SealedError::Families)?;
    let high = if state.esn {
        ((seq >> 32) as u32).to_be_bytes().to_vec()
    } else {
        Vec::new()
    };
    let mut icv = key.icv(&[&covered, &fixed, &zero, &fill, &inner, &high]);
    if flow.wrong == Some(Wrong::Icv) {
        icv[0] ^= 1;
    }
    whole.truncate(header);
    whole.extend(body(&icv));
    if flow.wrong == Some(Wrong::Truncated) {
        // In the middle of the ICV, and the IP header says so: with a payload that is short the ICV were merely wrong.
        whole.truncate(header + FIXED + 4);
        let length = whole.len() as u16;
        if state.dst.is_ipv4() {
            whole[2..4].copy_from_slice(&length.to_be_bytes());
        } else {
            whole[4..6].copy_from_slice(&(length - 40).to_be_bytes());
        }
    }
    if state.dst.is_ipv4() {
        let (mut first, _) = Ipv4Header::from_slice(&whole).map_err(|_| SealedError::Families)?;
        first.header_checksum = first.calc_header_checksum();
        whole[..header].copy_from_slice(&first.to_bytes());
    }
    Ok(whole)
}
