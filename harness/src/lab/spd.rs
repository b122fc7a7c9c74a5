//! Owns what holds for all policies of a node: the default policy and the hash thresholds.

use netlink_packet_xfrm::{
    UserPolicyDefault, XfrmMessage,
    policy::{DefaultMessage, NewSpdInfoMessage, SpdHThresh, SpdInfoAttrs},
};

use super::{netlink::Refusal, node::Node};
use crate::plan::{DefaultPolicy, HashThresholds, PolicyAction};

/// `XFRM_USERPOLICY_BLOCK` and `XFRM_USERPOLICY_ACCEPT` (`include/uapi/linux/xfrm.h`).
const BLOCK: u8 = 1;
const ACCEPT: u8 = 2;

/// Sets what happens to packets that no policy matches.
pub(super) fn set_default(node: &mut Node, default: &DefaultPolicy) -> Result<(), Refusal> {
    let action = |action| match action {
        PolicyAction::Allow => ACCEPT,
        PolicyAction::Block => BLOCK,
    };
    let user_policy = UserPolicyDefault {
        input: action(default.r#in),
        forward: action(default.fwd),
        output: action(default.out),
    };
    node.xfrm.request(
        XfrmMessage::SetPolicyDefault(DefaultMessage { user_policy }),
        0,
    )
}

/// Sets the prefix lengths from which policies of a family are hashed.
pub(super) fn set_thresholds(
    node: &mut Node,
    v6: bool,
    thresholds: &HashThresholds,
) -> Result<(), Refusal> {
    let value = SpdHThresh {
        lbits: thresholds.local,
        rbits: thresholds.remote,
    };
    let attribute = if v6 {
        SpdInfoAttrs::SpdIpv6HThresh(value)
    } else {
        SpdInfoAttrs::SpdIpv4HThresh(value)
    };
    let message = NewSpdInfoMessage {
        flags: 0,
        nlas: vec![attribute],
    };
    node.xfrm.request(XfrmMessage::NewSpdInfo(message), 0)
}
