//! Owns what a key manager tells the kernel of the end of an SA or a policy.

use netlink_packet_xfrm::{
    ExpireMessage, PolicyExpireMessage, UserExpire, UserPolicyExpire, XfrmAttrs, XfrmMessage,
};

use super::{
    policy::{info, sub_policy},
    state::state_message,
    value::{mark, selector_value},
};
use crate::{
    lab::{netlink::Refusal, node::Node},
    plan::{Policy, State},
};

/// Ends an SA as a hard limit would, or tells its soft limit (`xfrm_add_sa_expire()` in `net/xfrm/xfrm_user.c`).
pub(in crate::lab) fn expire_state(
    node: &mut Node,
    state: &State,
    hard: bool,
) -> Result<(), Refusal> {
    let expire = UserExpire {
        state: state_message(node, state)?.user_sa_info,
        hard: u8::from(hard),
    };
    let message = ExpireMessage { expire };
    node.xfrm.request(XfrmMessage::Expire(message), 0)
}

/// Likewise for a policy (`xfrm_add_pol_expire()`).
pub(in crate::lab) fn expire_policy(
    node: &mut Node,
    policy: &Policy,
    hard: bool,
) -> Result<(), Refusal> {
    let mut nlas: Vec<XfrmAttrs> = policy.mark.map(mark).into_iter().collect();
    nlas.extend(policy.if_id.map(|id| XfrmAttrs::IfId(id.0)));
    nlas.extend(policy.sub.then(sub_policy));
    let message = PolicyExpireMessage {
        expire: UserPolicyExpire {
            pol: info(policy, selector_value(node, &policy.selector)?),
            hard: u8::from(hard),
        },
        nlas,
    };
    node.xfrm.request(XfrmMessage::PolicyExpire(message), 0)
}
