//! Owns the adding and deleting of routing rules and permanent neighbours, over `NETLINK_ROUTE`.

use std::net::IpAddr;

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::{
    AddressFamily, IpProtocol, RouteNetlinkMessage as Request,
    neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage, NeighbourState},
    rule::{RuleAction as Action, RuleAttribute, RuleMessage, RulePortRange},
};

use super::{netlink::Refusal, node::Node};
use crate::plan::{Neighbour, Rule, RuleAction};

const CREATE: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// Adds a routing rule.
pub(super) fn add(node: &mut Node, rule: &Rule) -> Result<(), Refusal> {
    node.route.request(Request::NewRule(message(rule)), CREATE)
}

/// Deletes a routing rule.
pub(super) fn delete(node: &mut Node, rule: &Rule) -> Result<(), Refusal> {
    node.route.request(Request::DelRule(message(rule)), 0)
}

fn message(rule: &Rule) -> RuleMessage {
    let mut message = RuleMessage::default();
    message.header.family = family(rule.v6);
    message.header.src_len = rule.from.map_or(0, |net| net.prefix_len());
    message.header.dst_len = rule.to.map_or(0, |net| net.prefix_len());
    let mut list = Vec::new();
    // A prefix of length 0 is any address, for which the kernel wants no attribute.
    let address =
        |net: Option<ipnet::IpNet>| net.filter(|n| n.prefix_len() > 0).map(|n| n.network());
    list.extend(address(rule.from).map(RuleAttribute::Source));
    list.extend(address(rule.to).map(RuleAttribute::Destination));
    list.extend(rule.iif.clone().map(RuleAttribute::Iifname));
    list.extend(rule.oif.clone().map(RuleAttribute::Oifname));
    if let Some(mark) = rule.fwmark {
        list.push(RuleAttribute::FwMark(mark.value));
        list.push(RuleAttribute::FwMask(mark.mask));
    }
    list.extend(
        rule.ipproto
            .map(|p| RuleAttribute::IpProtocol(IpProtocol::from(i32::from(p)))),
    );
    let port = |port: u16| RulePortRange {
        start: port,
        end: port,
    };
    list.extend(rule.sport.map(port).map(RuleAttribute::SourcePortRange));
    list.extend(
        rule.dport
            .map(port)
            .map(RuleAttribute::DestinationPortRange),
    );
    list.extend(rule.priority.map(RuleAttribute::Priority));
    message.header.action = match rule.action {
        RuleAction::Lookup(table) => {
            list.push(RuleAttribute::Table(table));
            Action::ToTable
        }
        RuleAction::Blackhole => Action::Blackhole,
        RuleAction::Unreachable => Action::Unreachable,
        RuleAction::Prohibit => Action::Prohibit,
    };
    message.attributes = list;
    message
}

/// Adds a neighbour that does not age.
pub(super) fn add_neighbour(node: &mut Node, neighbour: &Neighbour) -> Result<(), Refusal> {
    let message = neighbour_message(node, neighbour)?;
    node.route.request(Request::NewNeighbour(message), CREATE)
}

/// Deletes such a neighbour.
pub(super) fn delete_neighbour(node: &mut Node, neighbour: &Neighbour) -> Result<(), Refusal> {
    let message = neighbour_message(node, neighbour)?;
    node.route.request(Request::DelNeighbour(message), 0)
}

fn neighbour_message(node: &mut Node, neighbour: &Neighbour) -> Result<NeighbourMessage, Refusal> {
    let mut message = NeighbourMessage::default();
    message.header.family = family(neighbour.address.is_ipv6());
    message.header.ifindex = node.index(&neighbour.device)?;
    message.header.state = NeighbourState::Permanent;
    let address = match neighbour.address {
        IpAddr::V4(v4) => NeighbourAddress::Inet(v4),
        IpAddr::V6(v6) => NeighbourAddress::Inet6(v6),
    };
    message.attributes = vec![
        NeighbourAttribute::Destination(address),
        NeighbourAttribute::LinkLayerAddress(neighbour.mac.to_vec()),
    ];
    Ok(message)
}

fn family(v6: bool) -> AddressFamily {
    if v6 {
        AddressFamily::Inet6
    } else {
        AddressFamily::Inet
    }
}
