//! Owns the messages about SAs: adding, replacing, deleting, flushing.

use netlink_packet_core::DefaultNla;
use netlink_packet_xfrm::{
    Address, Alg, AlgAead, AlgAuth, EncapTmpl, Id, Mark as MarkValue, Replay, ReplayEsn,
    Selector as SelectorValue, UserOffloadDev, UserSaId, UserSaInfo, UserSpiInfo, XfrmAttrs,
    XfrmMessage,
    state::{
        AllocSpiMessage, DelGetMessage as DeleteState, FlushMessage as FlushStates,
        ModifyMessage as StateMessage,
    },
};

use super::value::{CREATE, context, family, lifetime, mark, selector_value};
use crate::{
    lab::{netlink::Refusal, node::Node},
    plan::{Iptfs, OffloadMode, Proto, SaDir, SpiRequest, State},
};

/// `XFRM_STATE_*` flags (`include/uapi/linux/xfrm.h`) by the words of `ip xfrm state`.
pub(super) const STATE_FLAGS: [(&str, u8); 7] = [
    ("noecn", 1),
    ("decap-dscp", 2),
    ("nopmtudisc", 4),
    ("wildrecv", 8),
    ("icmp", 16),
    ("af-unspec", 32),
    ("align4", 64),
];
pub(super) const XFRM_STATE_ESN: u8 = 128;
/// `XFRM_SA_XFLAG_*`.
pub(super) const EXTRA_FLAGS: [(&str, u32); 2] = [("dont-encap-dscp", 1), ("oseq-may-wrap", 2)];
/// `XFRMA_SA_DIR`, for which `netlink-packet-xfrm` has no name.
pub(super) const XFRMA_SA_DIR: u16 = 33;
/// Likewise, up to Linux 6.14.
pub(super) const XFRMA_NAT_KEEPALIVE_INTERVAL: u16 = 34;
pub(super) const XFRMA_SA_PCPU: u16 = 35;
pub(super) const XFRMA_IPTFS_DROP_TIME: u16 = 36;
pub(super) const XFRMA_IPTFS_REORDER_WINDOW: u16 = 37;
pub(super) const XFRMA_IPTFS_DONT_FRAG: u16 = 38;
pub(super) const XFRMA_IPTFS_INIT_DELAY: u16 = 39;
pub(super) const XFRMA_IPTFS_MAX_QSIZE: u16 = 40;
pub(super) const XFRMA_IPTFS_PKT_SIZE: u16 = 41;
/// `XFRM_OFFLOAD_INBOUND` and `XFRM_OFFLOAD_PACKET`.
pub(super) const OFFLOAD_INBOUND: u8 = 2;
pub(super) const OFFLOAD_PACKET: u8 = 4;

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

/// Deletes every SA, or those of one protocol.
pub(in crate::lab) fn flush_states(node: &mut Node, proto: Option<Proto>) -> Result<(), Refusal> {
    // IPSEC_PROTO_ANY.
    let protocol = proto.map_or(255, Proto::number);
    let message = FlushStates { protocol };
    match node.xfrm.request(XfrmMessage::FlushSa(message), 0) {
        // There was none.
        Err(refusal) if refusal.errno == libc::ESRCH => Ok(()),
        outcome => outcome,
    }
}

pub(super) fn state_message(node: &mut Node, state: &State) -> Result<StateMessage, Refusal> {
    let selector = match &state.selector {
        Some(selector) => selector_value(node, selector)?,
        // A selector of nothing but a family matches everything; `ip` leaves even the family out for tunnels.
        None => SelectorValue::default(),
    };
    let mut nlas = state_attributes(state);
    if let Some(offload) = &state.more.offload {
        let inbound = if offload.dir == SaDir::In {
            OFFLOAD_INBOUND
        } else {
            0
        };
        let packet = if offload.mode == OffloadMode::Packet {
            OFFLOAD_PACKET
        } else {
            0
        };
        nlas.push(XfrmAttrs::OffloadDevice(UserOffloadDev {
            ifindex: node.index(&offload.dev)?.cast_signed(),
            flags: inbound | packet,
        }));
    }
    Ok(StateMessage {
        user_sa_info: state_info(state, selector),
        nlas,
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
        seq: state.more.seq,
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
        out.push(XfrmAttrs::EncapsulationTemplate(EncapTmpl {
            encap_type: encap.kind.number(),
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

fn raw(kind: u16, value: Vec<u8>) -> XfrmAttrs {
    XfrmAttrs::Other(DefaultNla::new(kind, value))
}

fn number(kind: u16, value: u32) -> XfrmAttrs {
    raw(kind, value.to_ne_bytes().to_vec())
}

fn direction(dir: SaDir) -> XfrmAttrs {
    raw(XFRMA_SA_DIR, vec![dir.number()])
}

fn iptfs_attributes(iptfs: &Iptfs) -> impl Iterator<Item = XfrmAttrs> + use<> {
    let window = iptfs.reorder_window;
    [
        iptfs.drop_time.map(|n| number(XFRMA_IPTFS_DROP_TIME, n)),
        window.map(|n| raw(XFRMA_IPTFS_REORDER_WINDOW, n.to_ne_bytes().to_vec())),
        iptfs
            .dont_frag
            .then(|| raw(XFRMA_IPTFS_DONT_FRAG, Vec::new())),
        iptfs.init_delay.map(|n| number(XFRMA_IPTFS_INIT_DELAY, n)),
        iptfs
            .max_queue_size
            .map(|n| number(XFRMA_IPTFS_MAX_QSIZE, n)),
        iptfs.pkt_size.map(|n| number(XFRMA_IPTFS_PKT_SIZE, n)),
    ]
    .into_iter()
    .flatten()
}

/// Asks for an SPI. The kernel answers with the state that has it, then with the ack.
pub(in crate::lab) fn allocate_spi(node: &mut Node, request: &SpiRequest) -> Result<(), Refusal> {
    let nlas = [
        request.mark.map(mark),
        request.dir.map(direction),
        request.pcpu.map(|cpu| number(XFRMA_SA_PCPU, cpu)),
    ];
    let message = AllocSpiMessage {
        spi_info: UserSpiInfo {
            info: UserSaInfo {
                id: Id {
                    daddr: Address::from_ip(&request.dst),
                    spi: 0,
                    proto: request.proto.number(),
                },
                saddr: Address::from_ip(&request.src),
                reqid: request.reqid.0,
                family: family(request.dst),
                mode: request.mode.number(),
                seq: request.seq,
                ..UserSaInfo::default()
            },
            min: request.min.0,
            max: request.max.0,
        },
        nlas: nlas.into_iter().flatten().collect(),
    };
    node.xfrm.request(XfrmMessage::AllocSpi(message), 0)
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
        more.ctx.as_deref().map(context),
        more.dir.map(direction),
        more.nat_keepalive
            .map(|seconds| number(XFRMA_NAT_KEEPALIVE_INTERVAL, seconds)),
        more.pcpu.map(|cpu| number(XFRMA_SA_PCPU, cpu)),
    ]
    .into_iter()
    .flatten()
    .chain(iptfs_attributes(&more.iptfs))
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
