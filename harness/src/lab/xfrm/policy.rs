//! Owns the messages about policies: adding, deleting, flushing.

use netlink_packet_xfrm::{
    Address, Id, Mark as MarkValue, UserPolicyId, UserPolicyInfo, UserPolicyType, UserTemplate,
    XfrmAttrs, XfrmMessage,
    policy::{
        DelGetMessage as DeletePolicy, FlushMessage as FlushPolicies,
        ModifyMessage as PolicyMessage,
    },
};

use super::value::{CREATE, family, lifetime, mark, selector_value};
use crate::{
    lab::{netlink::Refusal, node::Node},
    plan::{Level, Policy, PolicyAction, Template},
};

/// `XFRM_POLICY_LOCALOK` and `XFRM_POLICY_ICMP`.
const POLICY_FLAGS: [(&str, u8); 2] = [("localok", 1), ("icmp", 2)];
const XFRM_POLICY_TYPE_SUB: u8 = 1;

/// Installs a policy.
pub(in crate::lab) fn add_policy(node: &mut Node, policy: &Policy) -> Result<(), Refusal> {
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

/// Deletes every policy.
pub(in crate::lab) fn flush_policies(node: &mut Node) -> Result<(), Refusal> {
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
