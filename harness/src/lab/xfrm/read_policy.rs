//! Owns the reading back of policies: a dump of the kernel's, as the policies of a plan.

use netlink_packet_core::Parseable as _;
use netlink_packet_xfrm::{
    UserPolicyId, UserTemplate, XfrmAttrs, XfrmMessage,
    policy::{DelGetMessage, ModifyMessage as PolicyMessage},
};

use super::{
    policy::{POLICY_FLAGS, XFRM_POLICY_TYPE_SUB},
    read_state::{mode, proto},
    value::{address, any_selector, context_text, lifetime_of, mark_of, words_of},
};
use crate::{
    lab::{netlink::Refusal, node::Node},
    names::{IfId, Reqid, Spi},
    plan::{Dir, Level, Policy, PolicyAction, Template},
};

/// Every policy of the node but those of sockets, with all their attributes.
pub(in crate::lab) fn policies(node: &mut Node) -> Result<Vec<Policy>, Refusal> {
    let all = DelGetMessage {
        user_policy_id: UserPolicyId::default(),
        nlas: Vec::new(),
    };
    let entries = node.xfrm.dump(XfrmMessage::GetPolicy(all))?;
    Ok(entries
        .iter()
        .filter_map(|bytes| {
            // The crate's parser slices before it looks at the length.
            if bytes.len() < netlink_packet_xfrm::XFRM_USER_POLICY_INFO_LEN {
                return None;
            }
            policy(node, &PolicyMessage::parse(bytes).ok()?)
        })
        .collect())
}

fn policy(node: &Node, message: &PolicyMessage) -> Option<Policy> {
    let info = &message.user_policy_info;
    let mut read = Policy {
        name: "policy".to_owned(),
        dir: match info.direction {
            0 => Dir::In,
            1 => Dir::Out,
            2 => Dir::Fwd,
            // Those of sockets have 3 more.
            _ => return None,
        },
        selector: any_selector(node, &info.selector)?,
        action: if info.action == 0 {
            PolicyAction::Allow
        } else {
            PolicyAction::Block
        },
        priority: info.priority,
        mark: None,
        if_id: None,
        index: info.index,
        templates: Vec::new(),
        flags: words_of(&POLICY_FLAGS, info.flags),
        sub: false,
        lifetime: lifetime_of(&info.lifetime_cfg),
        ctx: None,
        offload: None,
        update: false,
        refused: None,
    };
    for attribute in &message.nlas {
        match attribute {
            XfrmAttrs::Mark(mark) => read.mark = Some(mark_of(*mark)),
            XfrmAttrs::IfId(id) => read.if_id = Some(IfId(*id)),
            XfrmAttrs::PolicyType(kind) => read.sub = kind.ptype == XFRM_POLICY_TYPE_SUB,
            XfrmAttrs::Template(list) => {
                read.templates = list.iter().filter_map(template).collect();
            }
            XfrmAttrs::SecurityContext(context) => read.ctx = Some(context_text(context)),
            XfrmAttrs::OffloadDevice(offload) => {
                read.offload = Some(node.device_name(offload.ifindex.cast_unsigned()));
            }
            _ => {}
        }
    }
    Some(read)
}

fn template(template: &UserTemplate) -> Option<Template> {
    Some(Template {
        src: address(template.family, &template.saddr),
        dst: address(template.family, &template.id.daddr),
        proto: proto(template.id.proto)?,
        spi: Spi(template.id.spi),
        reqid: Reqid(template.reqid),
        mode: mode(template.mode)?,
        level: if template.optional == 0 {
            Level::Required
        } else {
            Level::Use
        },
    })
}
