//! Owns the messages about SAs: adding, replacing, deleting, flushing.

use netlink_packet_core::DefaultNla;
use netlink_packet_xfrm::{
    Address, Alg, AlgAead, AlgAuth, EncapTmpl, Id, Mark as MarkValue, Replay, ReplayEsn,
    Selector as SelectorValue, UserSaId, UserSaInfo, XfrmAttrs, XfrmMessage,
    state::{
        DelGetMessage as DeleteState, FlushMessage as FlushStates, ModifyMessage as StateMessage,
    },
};

use super::value::{CREATE, family, lifetime, mark, selector_value};
use crate::{
    lab::{netlink::Refusal, node::Node},
    plan::{EncapType, State},
};

/// `XFRM_STATE_*` flags (`include/uapi/linux/xfrm.h`) by the words of `ip xfrm state`.
const STATE_FLAGS: [(&str, u8); 7] = [
    ("noecn", 1),
    ("decap-dscp", 2),
    ("nopmtudisc", 4),
    ("wildrecv", 8),
    ("icmp", 16),
    ("af-unspec", 32),
    ("align4", 64),
];
const XFRM_STATE_ESN: u8 = 128;
/// `XFRM_SA_XFLAG_*`.
const EXTRA_FLAGS: [(&str, u32); 2] = [("dont-encap-dscp", 1), ("oseq-may-wrap", 2)];
/// `XFRMA_SA_DIR`, for which `netlink-packet-xfrm` has no name.
const XFRMA_SA_DIR: u16 = 33;
const UDP_ENCAP_ESPINUDP: u16 = 2;

/// Installs an SA.
pub(in crate::lab) fn add_state(node: &mut Node, state: &State) -> Result<(), Refusal> {
    let message = state_message(node, state)?;
    node.xfrm.request(XfrmMessage::AddSa(message), CREATE)
}

/// Replaces an SA that is there.
pub(in crate::lab) fn update_state(node: &mut Node, state: &State) -> Result<(), Refusal> {
    let message = state_message(node, state)?;
    node.xfrm.request(XfrmMessage::UpdateSa(message), 0)
}

/// Deletes an SA.
pub(in crate::lab) fn delete_state(node: &mut Node, state: &State) -> Result<(), Refusal> {
    let message = DeleteState {
        user_sa_id: UserSaId {
            daddr: Address::from_ip(&state.dst),
            spi: state.spi.0,
            family: family(state.dst),
            proto: state.proto.number(),
        },
        nlas: state.mark.map(mark).into_iter().collect(),
    };
    node.xfrm.request(XfrmMessage::DeleteSa(message), 0)
}

/// Deletes every SA.
pub(in crate::lab) fn flush_states(node: &mut Node) -> Result<(), Refusal> {
    // IPSEC_PROTO_ANY.
    let message = FlushStates { protocol: 255 };
    match node.xfrm.request(XfrmMessage::FlushSa(message), 0) {
        // There was none.
        Err(refusal) if refusal.errno == libc::ESRCH => Ok(()),
        outcome => outcome,
    }
}

fn state_message(node: &mut Node, state: &State) -> Result<StateMessage, Refusal> {
    let selector = match &state.selector {
        Some(selector) => selector_value(node, selector)?,
        // A selector of nothing but a family matches everything; `ip` leaves even the family out for tunnels.
        None => SelectorValue::default(),
    };
    Ok(StateMessage {
        user_sa_info: state_info(state, selector),
        nlas: state_attributes(state),
    })
}

fn state_info(state: &State, selector: SelectorValue) -> UserSaInfo {
    UserSaInfo {
        selector,
        id: Id {
            daddr: Address::from_ip(&state.dst),
            spi: state.spi.0,
            proto: state.proto.number(),
        },
        saddr: Address::from_ip(&state.src),
        lifetime_cfg: lifetime(&state.more.lifetime),
        reqid: state.reqid.0,
        family: family(state.dst),
        mode: state.mode.number(),
        // Windows over 32 and ESN live in XFRMA_REPLAY_ESN_VAL; the old field then stays 0.
        replay_window: if needs_esn_window(state) {
            0
        } else {
            state.replay_window as u8
        },
        flags: flags(state),
        ..UserSaInfo::default()
    }
}

/// The bits of a state's flags.
fn flags(state: &State) -> u8 {
    let esn = if state.esn { XFRM_STATE_ESN } else { 0 };
    STATE_FLAGS
        .iter()
        .filter(|(word, _)| state.flags.iter().any(|flag| flag == word))
        .fold(esn, |flags, (_, bit)| flags | bit)
}

fn needs_esn_window(state: &State) -> bool {
    state.esn || state.replay_window > 32
}

fn state_attributes(state: &State) -> Vec<XfrmAttrs> {
    let mut out = Vec::new();
    if let Some(aead) = &state.algorithms.aead {
        out.push(XfrmAttrs::EncryptionAlgAead(AlgAead {
            alg_name: algorithm_name(&aead.name),
            alg_key_len: bits(&aead.key),
            alg_icv_len: aead.icv_bits,
            alg_key: aead.key.clone(),
        }));
    }
    if let Some(auth) = &state.algorithms.auth {
        out.push(if auth.trunc_bits == 0 {
            XfrmAttrs::AuthenticationAlg(algorithm(&auth.name, &auth.key))
        } else {
            XfrmAttrs::AuthenticationAlgTrunc(AlgAuth {
                alg_name: algorithm_name(&auth.name),
                alg_key_len: bits(&auth.key),
                alg_trunc_len: auth.trunc_bits,
                alg_key: auth.key.clone(),
            })
        });
    }
    if let Some(crypt) = &state.algorithms.crypt {
        out.push(XfrmAttrs::EncryptionAlg(algorithm(&crypt.name, &crypt.key)));
    }
    if let Some(comp) = &state.algorithms.comp {
        out.push(XfrmAttrs::CompressionAlg(algorithm(comp, &[])));
    }
    if let Some(encap) = state.encap {
        let EncapType::EspInUdp = encap.kind;
        out.push(XfrmAttrs::EncapsulationTemplate(EncapTmpl {
            encap_type: UDP_ENCAP_ESPINUDP,
            encap_sport: encap.sport,
            encap_dport: encap.dport,
            encap_oa: Address::from_ip(&encap.oaddr),
        }));
    }
    if let Some(mark) = state.mark {
        out.push(XfrmAttrs::Mark(MarkValue {
            value: mark.value,
            mask: mark.mask,
        }));
    }
    if let Some(mark) = state.output_mark {
        out.push(XfrmAttrs::MarkVal(mark.value));
        out.push(XfrmAttrs::MarkMask(mark.mask));
    }
    if let Some(if_id) = state.if_id {
        out.push(XfrmAttrs::IfId(if_id.0));
    }
    if needs_esn_window(state) {
        let words = state.replay_window.div_ceil(32);
        out.push(XfrmAttrs::ReplayStateEsn(ReplayEsn {
            bmp_len: words,
            replay_window: state.replay_window,
            bmp: vec![0; words as usize],
            oseq: state.more.replay_oseq,
            seq: state.more.replay_seq,
            oseq_hi: state.more.replay_oseq_hi,
            seq_hi: state.more.replay_seq_hi,
        }));
    } else if (state.more.replay_seq, state.more.replay_oseq) != (0, 0) {
        out.push(XfrmAttrs::ReplayState(Replay {
            oseq: state.more.replay_oseq,
            seq: state.more.replay_seq,
            bitmap: 0,
        }));
    }
    out.extend(extra_attributes(state));
    out
}

/// Attributes that few SAs have.
fn extra_attributes(state: &State) -> impl Iterator<Item = XfrmAttrs> {
    let more = &state.more;
    let flags = EXTRA_FLAGS
        .iter()
        .filter(|(word, _)| more.extra_flags.iter().any(|f| f == word))
        .fold(0, |flags, (_, bit)| flags | bit);
    [
        (flags != 0).then_some(XfrmAttrs::ExtraFlags(flags)),
        more.tfcpad.map(XfrmAttrs::TfcPadding),
        more.coa
            .map(|coa| XfrmAttrs::CareOfAddr(Address::from_ip(&coa))),
        more.dir
            .map(|dir| XfrmAttrs::Other(DefaultNla::new(XFRMA_SA_DIR, vec![dir.number()]))),
    ]
    .into_iter()
    .flatten()
}

fn algorithm(name: &str, key: &[u8]) -> Alg {
    Alg {
        alg_name: algorithm_name(name),
        alg_key_len: bits(key),
        alg_key: key.to_vec(),
    }
}

/// Key length in bits, as the kernel counts it.
fn bits(key: &[u8]) -> u32 {
    key.len() as u32 * 8
}

/// Zero-terminated in 64 bytes; longer names are refused when a file is checked.
fn algorithm_name(name: &str) -> [u8; 64] {
    let mut out = [0; 64];
    for (slot, byte) in out[..63].iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    out
}
