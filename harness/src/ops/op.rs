//! Owns the single operation: one thing that is done to one node.

use serde::{Deserialize, Serialize};

use crate::plan::{
    DefaultPolicy, Device, EncapSocket, End, HashThresholds, IfAddress, Iptables, Migration,
    Neighbour, Netem, Object, OffloadFeature, Policy, Proto, Route, Rule, Rules, SpiRequest, State,
    Sysctl, TextPlace,
};

/// One step of building a world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Op {
    /// Make the namespace and bring its loopback device up.
    AddNode { node: String },
    /// Write one sysctl.
    Sysctl { node: String, sysctl: Sysctl },
    /// Make a veth pair with one end in each namespace, down.
    AddVeth {
        ends: [End; 2],
        /// Interface indexes of the ends, unlike each other. Two ends with one index, as the kernel would give them in
        /// their two namespaces, look like no pair to it, and the carrier of one is noticed up to a second later
        /// (`linkwatch_urgent_event`, `net/core/link_watch.c`, v6.12).
        indexes: [u32; 2],
        mtu: Option<u32>,
    },
    /// Make a device that is not a link end, down, in the node where it is born.
    AddDevice { node: String, device: Device },
    /// Move a device to another node.
    MoveDevice {
        node: String,
        to: String,
        device: String,
    },
    /// Make a device a member of a VRF or bridge.
    SetMaster {
        node: String,
        device: String,
        master: String,
    },
    /// Delay, lose, double or damage what leaves through a device.
    AddNetem {
        node: String,
        device: String,
        netem: Netem,
    },
    /// Switch segmentation, receive and checksum offloads of a device off, but for those that a file asks for, so that a
    /// capture shows packets as a wire would carry them.
    Offloads {
        node: String,
        device: String,
        on: Vec<OffloadFeature>,
    },
    /// Add an address to a device.
    AddAddress {
        node: String,
        device: String,
        address: IfAddress,
        /// Usable at once. A kernel that does not detect duplicates still marks an IPv6 address tentative until a
        /// work item has run (`addrconf_dad_work`, net/ipv6/addrconf.c, v6.12): a route with it as source is then
        /// refused or not, by chance.
        nodad: bool,
    },
    /// Bring a device up.
    Up { node: String, device: String },
    /// Add a permanent neighbour.
    AddNeighbour { node: String, neighbour: Neighbour },
    /// Add a route.
    AddRoute { node: String, route: Route },
    /// Add a routing rule.
    AddRule { node: String, rule: Rule },
    /// Load nftables rules.
    Nft {
        node: String,
        text: String,
        /// Where its lines stand in the file.
        places: Vec<TextPlace>,
    },
    /// Load iptables rules.
    Iptables { node: String, rules: Iptables },
    /// Open a UDP socket with `UDP_ENCAP`.
    OpenEncapSocket { node: String, socket: EncapSocket },
    /// Set what happens to packets that no policy matches.
    SetDefaultPolicy {
        node: String,
        default: DefaultPolicy,
    },
    /// Set the prefix lengths from which policies of a family are hashed.
    SetHashThresholds {
        node: String,
        v6: bool,
        thresholds: HashThresholds,
    },
    /// Allocate an SPI.
    AllocateSpi {
        node: String,
        request: Box<SpiRequest>,
    },
    /// Install an SA.
    AddState { node: String, state: Box<State> },
    /// Install a policy.
    AddPolicy { node: String, policy: Box<Policy> },
    /// Try an operation that the kernel must refuse with this errno (`EEXIST`).
    Refused { errno: String, op: Box<Op> },
    /// Replace what may be replaced of an SA that is there.
    UpdateState { node: String, state: Box<State> },
    /// Delete an SA by destination, protocol, SPI and mark.
    DeleteState { node: String, state: Box<State> },
    /// Delete a policy by selector, direction and mark.
    DeletePolicy { node: String, policy: Box<Policy> },
    /// Delete every SA, or those of one protocol.
    FlushStates { node: String, proto: Option<Proto> },
    /// Delete every main policy, or every `sub` one.
    FlushPolicies { node: String, sub: bool },
    /// Move a policy and its SAs to other addresses.
    Migrate {
        node: String,
        migration: Box<Migration>,
    },
    /// Tell that an SA has expired.
    ExpireState {
        node: String,
        state: Box<State>,
        hard: bool,
    },
    /// Tell that a policy has expired.
    ExpirePolicy {
        node: String,
        policy: Box<Policy>,
        hard: bool,
    },
    /// Forget every tracked connection.
    FlushConntrack { node: String },
    /// Delete what is neither an SA nor a policy.
    DeleteObject { node: String, object: Box<Object> },
    /// Delete every table of nft but the harness's own.
    FlushNft { node: String },
    /// Take a device down.
    Down { node: String, device: String },
}

impl Op {
    /// Loads rules by the command that they are for.
    pub(crate) fn load(node: String, rules: Rules) -> Self {
        match rules {
            Rules::Nft(text, places) => Self::Nft { node, text, places },
            Rules::Iptables(rules) => Self::Iptables { node, rules },
        }
    }

    /// The node that the operation is done in; for a veth pair its first end's.
    pub fn node(&self) -> &str {
        match self {
            Self::AddVeth { ends, .. } => &ends[0].node,
            Self::Refused { op, .. } => op.node(),
            Self::AddNode { node }
            | Self::Sysctl { node, .. }
            | Self::AddDevice { node, .. }
            | Self::MoveDevice { node, .. }
            | Self::SetMaster { node, .. }
            | Self::AddNetem { node, .. }
            | Self::AddNeighbour { node, .. }
            | Self::AddRule { node, .. }
            | Self::SetDefaultPolicy { node, .. }
            | Self::SetHashThresholds { node, .. }
            | Self::Offloads { node, .. }
            | Self::Iptables { node, .. }
            | Self::AddAddress { node, .. }
            | Self::Up { node, .. }
            | Self::AddRoute { node, .. }
            | Self::Nft { node, .. }
            | Self::OpenEncapSocket { node, .. }
            | Self::AddState { node, .. }
            | Self::AddPolicy { node, .. }
            | Self::UpdateState { node, .. }
            | Self::DeleteState { node, .. }
            | Self::DeletePolicy { node, .. }
            | Self::FlushStates { node, .. }
            | Self::FlushPolicies { node, .. }
            | Self::AllocateSpi { node, .. }
            | Self::Migrate { node, .. }
            | Self::ExpireState { node, .. }
            | Self::ExpirePolicy { node, .. }
            | Self::FlushConntrack { node }
            | Self::FlushNft { node }
            | Self::DeleteObject { node, .. }
            | Self::Down { node, .. } => node,
        }
    }
}
