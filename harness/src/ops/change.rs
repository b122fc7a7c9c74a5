//! Owns the operation behind each change of a step. It never does one.

use super::Op;
use crate::plan::{Change, Object, What};

/// The operation that makes `change`.
pub fn change(change: &Change) -> Op {
    let node = change.node.clone();
    match change.what.clone() {
        What::AddState(state) => Op::AddState { node, state },
        What::UpdateState(state) => Op::UpdateState { node, state },
        What::DeleteState(state) => Op::DeleteState { node, state },
        What::AddPolicy(policy) => Op::AddPolicy { node, policy },
        What::DeletePolicy(policy) => Op::DeletePolicy { node, policy },
        What::FlushStates(proto) => Op::FlushStates { node, proto },
        What::FlushPolicies { sub } => Op::FlushPolicies { node, sub },
        What::AllocateSpi(request) => Op::AllocateSpi { node, request },
        What::Migrate(migration) => Op::Migrate { node, migration },
        What::ExpireState { state, hard } => Op::ExpireState { node, state, hard },
        What::ExpirePolicy { policy, hard } => Op::ExpirePolicy { node, policy, hard },
        What::Move { device, to } => Op::MoveDevice { node, to, device },
        What::Add(object) => add(node, object),
        What::Delete(object) => Op::DeleteObject {
            node,
            object: Box::new(object),
        },
        What::SetMaster { device, master } => Op::SetMaster {
            node,
            device,
            master,
        },
        What::Up(device) => Op::Up { node, device },
        What::Down(device) => Op::Down { node, device },
        What::Sysctl(sysctl) => Op::Sysctl { node, sysctl },
        What::Load(rules) => Op::load(node, rules),
        What::FlushConntrack => Op::FlushConntrack { node },
        What::SetDefault(default) => Op::SetDefaultPolicy { node, default },
        What::SetHashThresholds { v6, thresholds } => Op::SetHashThresholds {
            node,
            v6,
            thresholds,
        },
        What::FlushNft => Op::FlushNft { node },
    }
}

fn add(node: String, object: Object) -> Op {
    match object {
        Object::Address { device, address } => Op::AddAddress {
            nodad: address.address.is_ipv6(),
            node,
            device,
            address,
        },
        Object::Route(route) => Op::AddRoute { node, route },
        Object::Rule(rule) => Op::AddRule { node, rule },
        Object::Neighbour(neighbour) => Op::AddNeighbour { node, neighbour },
        Object::Device(device) => Op::AddDevice {
            node,
            device: *device,
        },
        Object::Encap(socket) => Op::OpenEncapSocket { node, socket },
    }
}
