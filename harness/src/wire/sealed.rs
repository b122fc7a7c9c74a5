//! Owns the packets of an ESP flow: whole IP packets with a sealed datagram inside, right or
//! wrong in one named way. It sends nothing.

use std::net::IpAddr;

use etherparse::{IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, PacketBuilder};

use super::{
    esp::{Draft, Padding, SealError, Suite, SuiteError, TRAILER, seal},
    sealed_ah,
};
use crate::{
    names::Spi,
    plan::{Datagram, EspFlow, Mode, Proto, Wrong},
};

const TTL: u8 = 64;
const UDP: u8 = 17;
/// For experiments (RFC 3692).
const EXPERIMENT: u8 = 253;

/// Why a packet cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    #[error(transparent)]
    Suite(#[from] SuiteError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("payload of {0} bytes does not fit one packet")]
    TooLong(usize),
    #[error("the harness does not seal packets of mode {0}")]
    Mode(&'static str),
    #[error("the harness has no key of AH for sa `{0}`")]
    NoAh(String),
    #[error("the ends of the sa are of two families")]
    Families,
}

/// The packet with sequence number `seq` and this payload in its datagram, from the outer IP
/// header on. The same arguments give the same bytes.
pub fn sealed(flow: &EspFlow, seq: u64, payload: &[u8]) -> Result<Vec<u8>, SealedError> {
    let state = &flow.state;
    if state.proto == Proto::Ah {
        return sealed_ah::sealed(flow, seq, payload);
    }
    let suite = Suite::of(&state.algorithms)?;
    let (next_header, inner) = match state.mode {
        Mode::Tunnel => {
            let next = if flow.inner.dst.is_ipv4() { 4 } else { 41 };
            (next, datagram(&flow.inner, payload)?)
        }
        Mode::Iptfs | Mode::Ro | Mode::InTrigger => {
            return Err(SealedError::Mode(state.mode.word()));
        }
        Mode::Transport | Mode::Beet => {
            let whole = datagram(&flow.inner, payload)?;
            let header = if flow.inner.dst.is_ipv4() { 20 } else { 40 };
            (UDP, whole[header..].to_vec())
        }
    };
    // Nothing secret: it must differ from packet to packet, and a packet can be made twice.
    let iv: Vec<u8> = seq
        .to_be_bytes()
        .into_iter()
        .map(|b| b ^ 0x5a)
        .cycle()
        .take(suite.iv_len())
        .collect();
    let spi = match flow.wrong {
        Some(Wrong::Spi) => Spi(state.spi.0 ^ 0x8000_0000),
        _ => state.spi,
    };
    let draft = Draft {
        spi,
        seq: seq as u32,
        seq_high: state.esn.then_some((seq >> 32) as u32),
        iv: &iv,
        next_header: match flow.wrong {
            Some(Wrong::NextHeader) => EXPERIMENT,
            _ => next_header,
        },
        payload: &inner,
        padding: padding(flow.wrong, inner.len(), suite.align()),
    };
    let mut esp = seal(&draft, &suite)?;
    match flow.wrong {
        Some(Wrong::Icv) => {
            if let Some(last) = esp.last_mut() {
                *last ^= 1;
            }
        }
        Some(Wrong::Truncated) => esp.truncate(esp.len() - 4),
        _ => {}
    }
    let (proto, body) = match state.encap {
        None => (50, esp),
        Some(encap) => {
            let length = u16::try_from(esp.len() + 8).unwrap_or(u16::MAX);
            // A checksum of zero is none (RFC 3948 section 2.1).
            let header = [encap.sport, encap.dport, length, 0].map(u16::to_be_bytes);
            (UDP, [header.concat(), esp].concat())
        }
    };
    packet(state.src, state.dst, proto, &body)
}

fn padding(wrong: Option<Wrong>, len: usize, align: usize) -> Padding {
    let over = (len + TRAILER) % align;
    let least = if over == 0 { 0 } else { align - over };
    match wrong {
        Some(Wrong::Padding) => {
            // At least one byte of padding, or nothing would be wrong about it.
            let size = if least == 0 { align } else { least };
            Padding::Raw {
                bytes: vec![0; size],
                pad_len: size as u8,
            }
        }
        Some(Wrong::PadLength) => Padding::Raw {
            bytes: (1..=least as u8).collect(),
            pad_len: u8::MAX,
        },
        _ => Padding::Minimal,
    }
}

/// An IP packet with a UDP datagram.
pub(super) fn datagram(inner: &Datagram, payload: &[u8]) -> Result<Vec<u8>, SealedError> {
    let builder = match (inner.src, inner.dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => PacketBuilder::ipv4(src.octets(), dst.octets(), TTL),
        (IpAddr::V6(src), IpAddr::V6(dst)) => PacketBuilder::ipv6(src.octets(), dst.octets(), TTL),
        _ => return Err(SealedError::Families),
    };
    let mut out = Vec::new();
    builder
        .udp(inner.sport, inner.dport)
        .write(&mut out, payload)
        .map_err(|_| SealedError::TooLong(payload.len()))?;
    Ok(out)
}

/// An IP packet around a body.
pub(super) fn packet(
    src: IpAddr,
    dst: IpAddr,
    proto: u8,
    body: &[u8],
) -> Result<Vec<u8>, SealedError> {
    let too_long = || SealedError::TooLong(body.len());
    let length = u16::try_from(body.len()).map_err(|_| too_long())?;
    let mut out = match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            let (src, dst) = (src.octets(), dst.octets());
            let mut header =
                Ipv4Header::new(length, TTL, IpNumber(proto), src, dst).map_err(|_| too_long())?;
            header.header_checksum = header.calc_header_checksum();
            header.to_bytes().to_vec()
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => Ipv6Header {
            traffic_class: 0,
            flow_label: Ipv6FlowLabel::ZERO,
            payload_length: length,
            next_header: IpNumber(proto),
            hop_limit: TTL,
            source: src.octets(),
            destination: dst.octets(),
        }
        .to_bytes()
        .to_vec(),
        _ => return Err(SealedError::Families),
    };
    out.extend(body);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        plan::{Aead, Algorithms, Proto, State},
        wire::{Line, SaTable, decode_packet, words},
    };

    fn flow(mode: Mode, wrong: Option<Wrong>) -> EspFlow {
        let address = |text: &str| text.parse().unwrap();
        EspFlow {
            from: "r1".into(),
            state: State {
                name: "door".into(),
                src: address("3.0.0.1"),
                dst: address("5.0.0.1"),
                proto: Proto::Esp,
                spi: Spi(0x1000),
                reqid: crate::names::Reqid(0),
                mode,
                algorithms: Algorithms {
                    aead: Some(Aead {
                        name: "rfc4106(gcm(aes))".into(),
                        key: vec![7; 20],
                        icv_bits: 128,
                    }),
                    ..Algorithms::default()
                },
                encap: None,
                mark: None,
                output_mark: None,
                if_id: None,
                replay_window: 32,
                esn: false,
                flags: Vec::new(),
                selector: None,
                more: crate::plan::StateExtras::default(),
            },
            seqs: vec![9],
            inner: Datagram {
                src: address("10.0.1.100"),
                dst: address("10.0.2.100"),
                sport: 1,
                dport: 2,
                size: 20,
            },
            at: "h2".into(),
            wrong,
        }
    }

    #[track_caller]
    fn check(mode: Mode, wrong: Option<Wrong>, expected: &str) {
        let flow = flow(mode, wrong);
        let bytes = sealed(&flow, 9, &[5; 20]).unwrap();
        let mut sas = SaTable::default();
        sas.insert("r2", &flow.state);
        let line: Line = words(&decode_packet(&bytes, &sas));
        let text = line.to_string();
        assert!(text.contains(expected), "`{expected}` is not in\n{text}");
    }

    #[test]
    fn the_own_decoder_opens_it_and_names_what_is_wrong() {
        check(
            Mode::Tunnel,
            None,
            "esp 3.0.0.1 > 5.0.0.1 door spi=0x00001000 seq=9",
        );
        check(Mode::Tunnel, None, "{ udp 10.0.1.100.1 > 10.0.2.100.2");
        check(Mode::Transport, None, "{ udp 3.0.0.1.1 > 5.0.0.1.2");
        check(Mode::Tunnel, Some(Wrong::Icv), "not-opened");
        check(Mode::Tunnel, Some(Wrong::Truncated), "not-opened");
        check(Mode::Tunnel, Some(Wrong::Spi), "0x80001000");
        check(Mode::Tunnel, Some(Wrong::Padding), "not-opened");
        check(Mode::Tunnel, Some(Wrong::PadLength), "not-opened");
        check(Mode::Tunnel, Some(Wrong::NextHeader), "next=253");
    }

    #[test]
    fn the_same_packet_comes_out_twice() {
        let flow = flow(Mode::Tunnel, None);
        assert_eq!(sealed(&flow, 1, &[1]), sealed(&flow, 1, &[1]));
        assert_ne!(sealed(&flow, 1, &[1]), sealed(&flow, 2, &[1]));
    }
}
