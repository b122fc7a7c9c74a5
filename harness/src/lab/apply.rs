//! Owns the doing of operations: each [`Op`] as the netlink message, write or call that it stands for.

use std::path::Path;

use netlink_packet_route::RouteNetlinkMessage as Request;
use rtnetlink::LinkUnspec;

use super::{
    conntrack, device, encap,
    error::LabError,
    iptables, link,
    netlink::Refusal,
    nft,
    node::{Node, Nodes},
    offload, qdisc, rule, spd, sysctl, xfrm,
};
use crate::{
    ops::{self, Op},
    plan::Object,
};

/// Does one operation. A refusal names it in the words of `ip`.
#[expect(
    clippy::too_many_lines,
    reason = "a table: one arm of a line or two for each operation"
)]
pub(super) fn apply(op: &Op, nodes: &mut Nodes, names: &Path) -> Result<(), LabError> {
    let refused = |r: Refusal| r.of("do", op.node(), ops::line(op));
    match op {
        Op::AddNode { node } => {
            let mut made = Node::make(node, names)?;
            let loopback = made.index("lo").map_err(refused)?;
            let up = LinkUnspec::new_with_index(loopback).up().build();
            made.route
                .request(Request::SetLink(up), 0)
                .map_err(refused)?;
            nodes.0.push(made);
            Ok(())
        }
        Op::Sysctl { node, sysctl } => sysctl::write(nodes.get(node), sysctl),
        Op::AddVeth { ends, indexes, mtu } => {
            link::add_veth(nodes, ends, *indexes, *mtu).map_err(refused)?;
            let both = ends.each_ref().map(|e| (e.node.clone(), e.device.clone()));
            nodes.2.push(both);
            Ok(())
        }
        Op::AddDevice { node, device } => device::add(nodes.get_mut(node), device).map_err(refused),
        Op::MoveDevice { node, to, device } => {
            device::move_to(nodes, node, to, device).map_err(refused)
        }
        Op::SetMaster {
            node,
            device,
            master,
        } => device::set_master(nodes.get_mut(node), device, master).map_err(refused),
        Op::AddNetem {
            node,
            device,
            netem,
        } => {
            let node = nodes.get_mut(node);
            qdisc::add_netem(node, device, netem).map_err(refused)?;
            node.delays = true;
            Ok(())
        }
        Op::AddNeighbour { node, neighbour } => {
            rule::add_neighbour(nodes.get_mut(node), neighbour).map_err(refused)
        }
        Op::AddRule { node, rule } => rule::add(nodes.get_mut(node), rule).map_err(refused),
        Op::SetDefaultPolicy { node, default } => {
            spd::set_default(nodes.get_mut(node), default).map_err(refused)
        }
        Op::SetHashThresholds {
            node,
            v6,
            thresholds,
        } => spd::set_thresholds(nodes.get_mut(node), *v6, thresholds).map_err(refused),
        Op::Refused { errno, op } => {
            let outcome = apply(op, nodes, names);
            nodes.note_refusal(op, errno, outcome.err());
            Ok(())
        }
        Op::Offloads { node, device, on } => offload::set(nodes.get(node), device, on),
        Op::AddAddress {
            node,
            device,
            address,
            nodad,
        } => link::add_address(nodes.get_mut(node), device, address, *nodad).map_err(refused),
        Op::Up { node, device } => link::up(nodes.get_mut(node), device).map_err(refused),
        Op::AddRoute { node, route } => {
            link::add_route(nodes.get_mut(node), route).map_err(refused)
        }
        Op::Nft { node, text, places } => {
            let node = nodes.get_mut(node);
            node.ruled = true;
            nft::load(node, text, places)
        }
        Op::Iptables { node, rules } => {
            let node = nodes.get_mut(node);
            node.ruled = true;
            iptables::load(node, rules)
        }
        Op::OpenEncapSocket { node, socket } => encap::open(nodes.get_mut(node), socket),
        Op::AddState { node, state } => {
            xfrm::add_state(nodes.get_mut(node), state).map_err(refused)
        }
        Op::AddPolicy { node, policy } => {
            xfrm::add_policy(nodes.get_mut(node), policy).map_err(refused)
        }
        Op::UpdateState { node, state } => {
            xfrm::update_state(nodes.get_mut(node), state).map_err(refused)
        }
        Op::DeleteState { node, state } => {
            xfrm::delete_state(nodes.get_mut(node), state).map_err(refused)
        }
        Op::DeletePolicy { node, policy } => {
            xfrm::delete_policy(nodes.get_mut(node), policy).map_err(refused)
        }
        Op::FlushStates { node, proto } => {
            xfrm::flush_states(nodes.get_mut(node), *proto).map_err(refused)
        }
        Op::FlushPolicies { node, sub } => {
            xfrm::flush_policies(nodes.get_mut(node), *sub).map_err(refused)
        }
        Op::AllocateSpi { node, request } => {
            xfrm::allocate_spi(nodes.get_mut(node), request).map_err(refused)
        }
        Op::Migrate { node, migration } => {
            xfrm::migrate(nodes.get_mut(node), migration).map_err(refused)
        }
        Op::ExpireState { node, state, hard } => {
            xfrm::expire_state(nodes.get_mut(node), state, *hard).map_err(refused)
        }
        Op::ExpirePolicy { node, policy, hard } => {
            xfrm::expire_policy(nodes.get_mut(node), policy, *hard).map_err(refused)
        }
        Op::FlushConntrack { node } => conntrack::flush(nodes.get_mut(node)).map_err(refused),
        Op::FlushNft { node } => nft::flush(nodes.get(node)),
        Op::DeleteObject { node, object } => delete(nodes.get_mut(node), object).map_err(refused),
        Op::Down { node, device } => link::down(nodes.get_mut(node), device).map_err(refused),
    }
}

/// Deletes what is neither an SA nor a policy.
fn delete(node: &mut Node, object: &Object) -> Result<(), Refusal> {
    match object {
        Object::Address { device, address } => link::delete_address(node, device, address),
        Object::Route(route) => link::delete_route(node, route),
        Object::Rule(rule) => rule::delete(node, rule),
        Object::Neighbour(neighbour) => rule::delete_neighbour(node, neighbour),
        Object::Device(made) => device::delete(node, &made.name),
        Object::Encap(socket) => encap::close(node, socket),
    }
}
