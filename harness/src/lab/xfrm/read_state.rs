//! Owns the reading back of SAs: a dump of the kernel's, as the states of a plan.

use netlink_packet_core::{Nla as _, Parseable as _};
use netlink_packet_xfrm::{
    Alg, UserSaInfo, XfrmAttrs, XfrmMessage,
    state::{GetDumpMessage, ModifyMessage as StateMessage},
};

use super::{
    state::{
        EXTRA_FLAGS, OFFLOAD_INBOUND, OFFLOAD_PACKET, STATE_FLAGS, XFRM_STATE_ESN,
        XFRMA_IPTFS_DONT_FRAG, XFRMA_IPTFS_DROP_TIME, XFRMA_IPTFS_INIT_DELAY,
        XFRMA_IPTFS_MAX_QSIZE, XFRMA_IPTFS_PKT_SIZE, XFRMA_IPTFS_REORDER_WINDOW,
        XFRMA_NAT_KEEPALIVE_INTERVAL, XFRMA_SA_DIR, XFRMA_SA_PCPU,
    },
    value::{address, context_text, lifetime_of, mark_of, selector_of, words_of},
};
use crate::{
    lab::{netlink::Refusal, node::Node},
    names::{IfId, Mark, Reqid, Spi},
    plan::{
        Aead, Algorithms, AuthTrunc, Crypt, Encap, EncapType, Mode, Offload, OffloadMode, Proto,
        SaDir, State, StateExtras,
    },
};

/// Every SA of the node, with all its attributes; names are the SPIs.
pub(in crate::lab) fn states(node: &mut Node) -> Result<Vec<State>, Refusal> {
    let entries = node
        .xfrm
        .dump(XfrmMessage::GetDumpSa(GetDumpMessage::default()))?;
    Ok(entries
        .iter()
        .filter_map(|bytes| {
            // The crate's parser slices before it looks at the length.
            if bytes.len() < netlink_packet_xfrm::XFRM_USER_SA_INFO_LEN {
                return None;
            }
            let message = StateMessage::parse(bytes).ok()?;
            state(node, &message)
        })
        .collect())
}

fn state(node: &Node, message: &StateMessage) -> Option<State> {
    let info = &message.user_sa_info;
    let spi = Spi(info.id.spi);
    let mut read = State {
        name: spi.to_string(),
        src: address(info.family, &info.saddr),
        dst: address(info.family, &info.id.daddr),
        proto: proto(info.id.proto)?,
        spi,
        reqid: Reqid(info.reqid),
        mode: mode(info.mode)?,
        algorithms: Algorithms::default(),
        encap: None,
        mark: None,
        output_mark: None,
        if_id: None,
        replay_window: u32::from(info.replay_window),
        esn: info.flags & XFRM_STATE_ESN != 0,
        flags: words_of(&STATE_FLAGS, info.flags),
        selector: selector_of(node, &info.selector),
        more: StateExtras {
            seq: info.seq,
            lifetime: lifetime_of(&info.lifetime_cfg),
            ..StateExtras::default()
        },
    };
    for attribute in &message.nlas {
        set(&mut read, node, info, attribute);
    }
    Some(read)
}

fn set(read: &mut State, node: &Node, info: &UserSaInfo, attribute: &XfrmAttrs) {
    let more = &mut read.more;
    match attribute {
        XfrmAttrs::Mark(mark) => read.mark = Some(mark_of(*mark)),
        XfrmAttrs::MarkVal(value) => {
            read.output_mark
                .get_or_insert(Mark { value: 0, mask: 0 })
                .value = *value;
        }
        XfrmAttrs::MarkMask(mask) => {
            read.output_mark
                .get_or_insert(Mark { value: 0, mask: 0 })
                .mask = *mask;
        }
        XfrmAttrs::IfId(id) => read.if_id = Some(IfId(*id)),
        XfrmAttrs::EncapsulationTemplate(encap) => {
            read.encap = encap_type(encap.encap_type).map(|kind| Encap {
                kind,
                sport: encap.encap_sport,
                dport: encap.encap_dport,
                oaddr: address(info.family, &encap.encap_oa),
            });
        }
        XfrmAttrs::ReplayStateEsn(replay) => {
            read.replay_window = replay.replay_window;
            (more.replay_seq, more.replay_oseq) = (replay.seq, replay.oseq);
            (more.replay_seq_hi, more.replay_oseq_hi) = (replay.seq_hi, replay.oseq_hi);
        }
        XfrmAttrs::ReplayState(replay) => {
            (more.replay_seq, more.replay_oseq) = (replay.seq, replay.oseq);
        }
        XfrmAttrs::ExtraFlags(flags) => more.extra_flags = words_of(&EXTRA_FLAGS, *flags),
        XfrmAttrs::TfcPadding(bytes) => more.tfcpad = Some(*bytes),
        XfrmAttrs::CareOfAddr(coa) => more.coa = Some(address(info.family, coa)),
        XfrmAttrs::SecurityContext(context) => more.ctx = Some(context_text(context)),
        XfrmAttrs::OffloadDevice(offload) => {
            more.offload = Some(Offload {
                mode: if offload.flags & OFFLOAD_PACKET == 0 {
                    OffloadMode::Crypto
                } else {
                    OffloadMode::Packet
                },
                dev: node.device_name(offload.ifindex.cast_unsigned()),
                dir: if offload.flags & OFFLOAD_INBOUND == 0 {
                    SaDir::Out
                } else {
                    SaDir::In
                },
            });
        }
        XfrmAttrs::Other(raw) => {
            let mut value = vec![0; raw.value_len()];
            raw.emit_value(&mut value);
            unnamed(more, raw.kind(), &value);
        }
        other => algorithm(&mut read.algorithms, other),
    }
}

/// Attributes for which the crate has no name.
fn unnamed(more: &mut StateExtras, kind: u16, value: &[u8]) {
    let number = value
        .get(..4)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u32::from_ne_bytes);
    let small = value
        .get(..2)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u16::from_ne_bytes);
    let iptfs = &mut more.iptfs;
    match kind {
        XFRMA_SA_DIR => {
            more.dir = match value.first() {
                Some(1) => Some(SaDir::In),
                Some(2) => Some(SaDir::Out),
                _ => None,
            };
        }
        XFRMA_NAT_KEEPALIVE_INTERVAL => more.nat_keepalive = number,
        XFRMA_SA_PCPU => more.pcpu = number,
        XFRMA_IPTFS_DROP_TIME => iptfs.drop_time = number,
        XFRMA_IPTFS_REORDER_WINDOW => iptfs.reorder_window = small,
        XFRMA_IPTFS_DONT_FRAG => iptfs.dont_frag = true,
        XFRMA_IPTFS_INIT_DELAY => iptfs.init_delay = number,
        XFRMA_IPTFS_MAX_QSIZE => iptfs.max_queue_size = number,
        XFRMA_IPTFS_PKT_SIZE => iptfs.pkt_size = number,
        _ => {}
    }
}

fn algorithm(algorithms: &mut Algorithms, attribute: &XfrmAttrs) {
    match attribute {
        XfrmAttrs::EncryptionAlgAead(alg) => {
            algorithms.aead = Some(Aead {
                name: name(&alg.alg_name),
                key: key(&alg.alg_key, alg.alg_key_len),
                icv_bits: alg.alg_icv_len,
            });
        }
        XfrmAttrs::EncryptionAlg(alg) => {
            algorithms.crypt = Some(Crypt {
                name: name(&alg.alg_name),
                key: key(&alg.alg_key, alg.alg_key_len),
            });
        }
        // The kernel tells both; this one has the length of the ICV.
        XfrmAttrs::AuthenticationAlgTrunc(alg) => {
            algorithms.auth = Some(AuthTrunc {
                name: name(&alg.alg_name),
                key: key(&alg.alg_key, alg.alg_key_len),
                trunc_bits: alg.alg_trunc_len,
            });
        }
        XfrmAttrs::CompressionAlg(Alg { alg_name, .. }) => algorithms.comp = Some(name(alg_name)),
        _ => {}
    }
}

fn name(field: &[u8]) -> String {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

fn key(bytes: &[u8], bits: u32) -> Vec<u8> {
    let length = (bits as usize).div_ceil(8).min(bytes.len());
    bytes[..length].to_vec()
}

pub(super) fn proto(number: u8) -> Option<Proto> {
    [
        Proto::Esp,
        Proto::Ah,
        Proto::Comp,
        Proto::Route2,
        Proto::Hao,
    ]
    .into_iter()
    .find(|proto| proto.number() == number)
}

pub(super) fn mode(number: u8) -> Option<Mode> {
    [
        Mode::Transport,
        Mode::Tunnel,
        Mode::Ro,
        Mode::InTrigger,
        Mode::Beet,
        Mode::Iptfs,
    ]
    .into_iter()
    .find(|mode| mode.number() == number)
}

fn encap_type(number: u16) -> Option<EncapType> {
    [
        EncapType::EspInUdp,
        EncapType::EspInUdpNonIke,
        EncapType::EspInTcp,
    ]
    .into_iter()
    .find(|kind| kind.number() == number)
}
