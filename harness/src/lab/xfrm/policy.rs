//! Owns the messages about policies: adding, deleting, flushing.

use netlink_packet_core::Emitable as _;
use netlink_packet_xfrm::{
    Address, Id, Mark as MarkValue, Selector as SelectorValue, UserOffloadDev, UserPolicyId,
    UserPolicyInfo, UserPolicyType, UserTemplate, XfrmAttrs, XfrmMessage,
    policy::{
        DelGetMessage as DeletePolicy, FlushMessage as FlushPolicies,
        ModifyMessage as PolicyMessage,
    },
};

use super::{
    state::OFFLOAD_PACKET,
    value::{CREATE, context, family, lifetime, mark, selector_at, selector_value},
};
use crate::{
    lab::{netlink::Refusal, node::Node},
    plan::{Level, Policy, PolicyAction, Template},
};

/// `XFRM_POLICY_LOCALOK` and `XFRM_POLICY_ICMP`.
pub(super) const POLICY_FLAGS: [(&str, u8); 2] = [("localok", 1), ("icmp", 2)];
pub(super) const XFRM_POLICY_TYPE_SUB: u8 = 1;

/// Installs a policy.
pub(in crate::lab) fn add_policy(node: &mut Node, policy: &Policy) -> Result<(), Refusal> {
    let info = info(policy, selector_value(node, &policy.selector)?);
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
    nlas.extend(policy.ctx.as_deref().map(context));
    if let Some(device) = &policy.offload {
        nlas.push(XfrmAttrs::OffloadDevice(UserOffloadDev {
            ifindex: node.index(device)?.cast_signed(),
            flags: OFFLOAD_PACKET,
        }));
    }
    let message = PolicyMessage {
        user_policy_info: info,
        nlas,
    };
    if policy.update {
        node.xfrm.request(XfrmMessage::UpdatePolicy(message), 0)
    } else {
        node.xfrm.request(XfrmMessage::AddPolicy(message), CREATE)
    }
}

/// Deletes a policy.
pub(in crate::lab) fn delete_policy(node: &mut Node, policy: &Policy) -> Result<(), Refusal> {
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

/// Deletes every main policy, or every `sub` one.
pub(in crate::lab) fn flush_policies(node: &mut Node, sub: bool) -> Result<(), Refusal> {
    let nlas = sub.then(sub_policy).into_iter().collect();
    let message = FlushPolicies { nlas };
    match node.xfrm.request(XfrmMessage::FlushPolicy(message), 0) {
        Err(refusal) if refusal.errno == libc::ESRCH => Ok(()),
        outcome => outcome,
    }
}

pub(super) fn info(policy: &Policy, selector: SelectorValue) -> UserPolicyInfo {
    UserPolicyInfo {
        selector,
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
    }
}

/// A policy for `setsockopt()`: `struct xfrm_userpolicy_info` and its templates behind it
/// (`xfrm_compile_policy()` in `net/xfrm/xfrm_user.c`).
pub(in crate::lab) fn socket_policy(policy: &Policy) -> Vec<u8> {
    let info = info(policy, selector_at(&policy.selector, 0));
    let mut bytes = vec![0; info.buffer_len()];
    info.emit(&mut bytes);
    for template in policy.templates.iter().map(template) {
        let start = bytes.len();
        bytes.resize(start + template.buffer_len(), 0);
        template.emit(&mut bytes[start..]);
    }
    bytes
}

pub(super) fn sub_policy() -> XfrmAttrs {
    XfrmAttrs::PolicyType(UserPolicyType {
        ptype: XFRM_POLICY_TYPE_SUB,
        ..UserPolicyType::default()
    })
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
