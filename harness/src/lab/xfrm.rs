//! Owns the xfrm half of building: states and policies as `NETLINK_XFRM` messages, and the dump of SA counters.

use std::net::IpAddr;

use netlink_packet_core::{DefaultNla, Parseable as _};
use netlink_packet_xfrm::{
    Address, Alg, AlgAead, AlgAuth, EncapTmpl, Id, LifetimeConfig, Mark as MarkValue, Replay,
    ReplayEsn, Selector as SelectorValue, UserPolicyId, UserPolicyInfo, UserPolicyType, UserSaId,
    UserSaInfo, UserTemplate, XfrmAttrs, XfrmMessage,
    policy::{
        DelGetMessage as DeletePolicy, FlushMessage as FlushPolicies,
        ModifyMessage as PolicyMessage,
    },
    state::{
        DelGetMessage as DeleteState, FlushMessage as FlushStates, GetDumpMessage,
        ModifyMessage as StateMessage,
    },
};

use super::{netlink::Refusal, node::Node};
use crate::{
    names::Spi,
    observe::SaSample,
    plan::{EncapType, Level, Lifetime, Policy, PolicyAction, Selector, State, Template},
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
/// `XFRM_POLICY_LOCALOK` and `XFRM_POLICY_ICMP`.
const POLICY_FLAGS: [(&str, u8); 2] = [("localok", 1), ("icmp", 2)];
/// `XFRMA_SA_DIR`, for which `netlink-packet-xfrm` has no name.
const XFRMA_SA_DIR: u16 = 33;
const XFRM_POLICY_TYPE_SUB: u8 = 1;
const UDP_ENCAP_ESPINUDP: u16 = 2;

/// Installs an SA.
pub(super) fn add_state(node: &mut Node, state: &State) -> Result<(), Refusal> {
    let message = state_message(node, state)?;
    node.xfrm.request(XfrmMessage::AddSa(message), CREATE)
}

/// Replaces an SA that is there.
pub(super) fn update_state(node: &mut Node, state: &State) -> Result<(), Refusal> {
    let message = state_message(node, state)?;
    node.xfrm.request(XfrmMessage::UpdateSa(message), 0)
}

/// Deletes an SA.
pub(super) fn delete_state(node: &mut Node, state: &State) -> Result<(), Refusal> {
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

/// Deletes a policy.
pub(super) fn delete_policy(node: &mut Node, policy: &Policy) -> Result<(), Refusal> {
    let mut nlas: Vec<_> = policy.mark.map(mark).into_iter().collect();
    nlas.extend(policy.if_id.map(|id| XfrmAttrs::IfId(id.0)));
    nlas.extend(policy.sub.then(sub_policy));
    let message = DeletePolicy {
        user_policy_id: UserPolicyId {
            selector: selector_value(node, &policy.selector)?,
            index: policy.index,
            direction: policy.dir.number(),
        },
        nlas,
    };
    node.xfrm.request(XfrmMessage::DeletePolicy(message), 0)
}

/// Deletes every SA.
pub(super) fn flush_states(node: &mut Node) -> Result<(), Refusal> {
    // IPSEC_PROTO_ANY.
    let message = FlushStates { protocol: 255 };
    match node.xfrm.request(XfrmMessage::FlushSa(message), 0) {
        // There was none.
        Err(refusal) if refusal.errno == libc::ESRCH => Ok(()),
        outcome => outcome,
    }
}

/// Deletes every policy.
pub(super) fn flush_policies(node: &mut Node) -> Result<(), Refusal> {
    let message = FlushPolicies { nlas: Vec::new() };
    match node.xfrm.request(XfrmMessage::FlushPolicy(message), 0) {
        Err(refusal) if refusal.errno == libc::ESRCH => Ok(()),
        outcome => outcome,
    }
}

fn sub_policy() -> XfrmAttrs {
    XfrmAttrs::PolicyType(UserPolicyType {
        ptype: XFRM_POLICY_TYPE_SUB,
        ..UserPolicyType::default()
    })
}

fn mark(mark: crate::names::Mark) -> XfrmAttrs {
    XfrmAttrs::Mark(MarkValue {
        value: mark.value,
        mask: mark.mask,
    })
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

/// `NLM_F_CREATE | NLM_F_EXCL`: the kernel says `EEXIST` rather than replace.
const CREATE: u16 = netlink_packet_core::NLM_F_CREATE | netlink_packet_core::NLM_F_EXCL;

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

/// `struct xfrm_lifetime_cfg`. No limit is `XFRM_INF` for bytes and packets and 0 for seconds.
fn lifetime(lifetime: &Lifetime) -> LifetimeConfig {
    let count = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
    let seconds = |limit: Option<u64>| limit.unwrap_or(0);
    LifetimeConfig {
        soft_byte_limit: count(lifetime.soft_bytes),
        hard_byte_limit: count(lifetime.hard_bytes),
        soft_packet_limit: count(lifetime.soft_packets),
        hard_packet_limit: count(lifetime.hard_packets),
        soft_add_expires_seconds: seconds(lifetime.soft_seconds),
        hard_add_expires_seconds: seconds(lifetime.hard_seconds),
        soft_use_expires_seconds: seconds(lifetime.soft_use_seconds),
        hard_use_expires_seconds: seconds(lifetime.hard_use_seconds),
    }
}

/// Installs a policy.
pub(super) fn add_policy(node: &mut Node, policy: &Policy) -> Result<(), Refusal> {
    let info = UserPolicyInfo {
        selector: selector_value(node, &policy.selector)?,
        lifetime_cfg: lifetime(&policy.lifetime),
        priority: policy.priority,
        index: policy.index,
        direction: policy.dir.number(),
        action: match policy.action {
            PolicyAction::Allow => 0,
            PolicyAction::Block => 1,
        },
        flags: POLICY_FLAGS
            .iter()
            .filter(|(word, _)| policy.flags.iter().any(|f| f == word))
            .fold(0, |flags, (_, bit)| flags | bit),
        ..UserPolicyInfo::default()
    };
    let mut nlas = Vec::new();
    nlas.extend(policy.sub.then(sub_policy));
    if !policy.templates.is_empty() {
        nlas.push(XfrmAttrs::Template(
            policy.templates.iter().map(template).collect(),
        ));
    }
    if let Some(mark) = policy.mark {
        nlas.push(XfrmAttrs::Mark(MarkValue {
            value: mark.value,
            mask: mark.mask,
        }));
    }
    if let Some(if_id) = policy.if_id {
        nlas.push(XfrmAttrs::IfId(if_id.0));
    }
    node.xfrm.request(
        XfrmMessage::AddPolicy(PolicyMessage {
            user_policy_info: info,
            nlas,
        }),
        CREATE,
    )
}

fn template(template: &Template) -> UserTemplate {
    UserTemplate {
        id: Id {
            daddr: Address::from_ip(&template.dst),
            spi: template.spi.0,
            proto: template.proto.number(),
        },
        family: family(template.dst),
        saddr: Address::from_ip(&template.src),
        reqid: template.reqid.0,
        mode: template.mode.number(),
        optional: u8::from(template.level == Level::Use),
        ..UserTemplate::default()
    }
}

/// The fields are set one by one: the crate's own setters force the prefix of an unspecified address to 0.
fn selector_value(node: &mut Node, selector: &Selector) -> Result<SelectorValue, Refusal> {
    let ifindex = match &selector.dev {
        Some(device) => node.index(device)?.cast_signed(),
        None => 0,
    };
    let mask = |port: Option<u16>| if port.is_some() { u16::MAX } else { 0 };
    Ok(SelectorValue {
        daddr: Address::from_ip(&selector.dst.addr()),
        saddr: Address::from_ip(&selector.src.addr()),
        dport: selector.dport.unwrap_or(0),
        dport_mask: mask(selector.dport),
        sport: selector.sport.unwrap_or(0),
        sport_mask: mask(selector.sport),
        family: family(selector.dst.addr()),
        prefixlen_d: selector.dst.prefix_len(),
        prefixlen_s: selector.src.prefix_len(),
        proto: selector.proto.unwrap_or(0),
        ifindex,
        user: 0,
    })
}

/// The counters of every SA of the node.
pub(super) fn sample(node: &mut Node, after_steps: u32) -> Result<Vec<SaSample>, Refusal> {
    let entries = node
        .xfrm
        .dump(XfrmMessage::GetDumpSa(GetDumpMessage::default()))?;
    Ok(entries
        .iter()
        .filter_map(|bytes| sa_sample(&node.name, after_steps, bytes))
        .collect())
}

fn sa_sample(node: &str, after_steps: u32, bytes: &[u8]) -> Option<SaSample> {
    // The crate's parser slices before it looks at the length.
    if bytes.len() < netlink_packet_xfrm::XFRM_USER_SA_INFO_LEN {
        return None;
    }
    let info = StateMessage::parse(bytes).ok()?.user_sa_info;
    Some(SaSample {
        after_steps,
        node: node.to_owned(),
        dst: address(info.family, &info.id.daddr),
        proto: info.id.proto,
        spi: Spi(info.id.spi),
        bytes: info.lifetime_cur.bytes,
        packets: info.lifetime_cur.packets,
        replay_window: info.stats.replay_window,
        replay: info.stats.replay,
        integrity_failed: info.stats.integrity_failed,
    })
}

fn address(family: u16, address: &Address) -> IpAddr {
    if i32::from(family) == libc::AF_INET {
        let [a, b, c, d, ..] = address.addr;
        IpAddr::from([a, b, c, d])
    } else {
        IpAddr::from(address.addr)
    }
}

fn family(address: IpAddr) -> u16 {
    const AF_INET: u16 = 2;
    const AF_INET6: u16 = 10;
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
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
