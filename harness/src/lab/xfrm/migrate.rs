//! Owns the message that moves a policy and its SAs to other addresses.

use netlink_packet_core::{DefaultNla, Emitable as _};
use netlink_packet_xfrm::{
    Address, UserMigrate, UserPolicyId, XfrmAttrs, XfrmMessage, monitor::MigrateMessage,
};

use super::value::{family, selector_value};
use crate::{
    lab::{netlink::Refusal, node::Node},
    plan::Migration,
};

/// `XFRMA_MIGRATE`, whose list of several the crate cannot carry.
const XFRMA_MIGRATE: u16 = 17;

/// Moves every template that has addresses, with the SAs that it uses.
pub(in crate::lab) fn migrate(node: &mut Node, migration: &Migration) -> Result<(), Refusal> {
    let policy = &migration.policy;
    let mut list = Vec::new();
    for (template, (src, dst)) in Migration::templates(policy).zip(&migration.ends) {
        let one = UserMigrate {
            old_daddr: Address::from_ip(&template.dst),
            old_saddr: Address::from_ip(&template.src),
            new_daddr: Address::from_ip(dst),
            new_saddr: Address::from_ip(src),
            proto: template.proto.number(),
            mode: template.mode.number(),
            reserved: 0,
            reqid: template.reqid.0,
            old_family: family(template.dst),
            new_family: family(*dst),
        };
        let mut bytes = vec![0; one.buffer_len()];
        one.emit(&mut bytes);
        list.extend(bytes);
    }
    let mut nlas = vec![XfrmAttrs::Other(DefaultNla::new(XFRMA_MIGRATE, list))];
    nlas.extend(policy.if_id.map(|id| XfrmAttrs::IfId(id.0)));
    let message = MigrateMessage {
        user_policy_id: UserPolicyId {
            selector: selector_value(node, &policy.selector)?,
            index: policy.index,
            direction: policy.dir.number(),
        },
        nlas,
    };
    node.xfrm.request(XfrmMessage::Migrate(message), 0)
}
