//! Owns the objects of a node that a step adds and deletes, apart from SAs and policies. It never touches the kernel.

use serde::{Deserialize, Serialize};

use super::{Device, EncapSocket, IfAddress, Neighbour, Route, Rule};

/// One object of one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Object {
    Address {
        device: String,
        address: IfAddress,
    },
    Route(Route),
    Rule(Rule),
    Neighbour(Neighbour),
    /// Alone: what belongs to it (addresses, settings) are objects of their own.
    Device(Box<Device>),
    Encap(EncapSocket),
}

impl Object {
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    pub fn refused(&self) -> &Option<String> {
        match self {
            Self::Address { address, .. } => &address.refused,
            Self::Route(route) => &route.refused,
            Self::Rule(rule) => &rule.refused,
            Self::Neighbour(neighbour) => &neighbour.refused,
            Self::Device(device) => &device.refused,
            Self::Encap(socket) => &socket.refused,
        }
    }
}
