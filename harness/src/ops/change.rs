//! Owns the operation behind each change of a step. It never does one.

use super::Op;
use crate::plan::{Change, What};

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
        What::AddRoute(route) => Op::AddRoute { node, route },
        What::Up(device) => Op::Up { node, device },
        What::Down(device) => Op::Down { node, device },
        What::Sysctl(sysctl) => Op::Sysctl { node, sysctl },
        What::Nft(text, places) => Op::Nft { node, text, places },
        What::FlushConntrack => Op::FlushConntrack { node },
    }
}
