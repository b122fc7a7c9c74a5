//! Owns the changes of a plan: what a step does to the world before its traffic.

use serde::{Deserialize, Serialize};

use super::{
    DefaultPolicy, HashThresholds, Object, SpiRequest,
    migrate::Migration,
    network::{Rules, Sysctl},
    xfrm::{Policy, Proto, State},
};

/// One change of one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub node: String,
    pub what: What,
    /// Errno name with which the kernel must refuse it, `None` where it must not.
    pub refused: Option<String>,
}

/// What is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    AddState(Box<State>),
    /// Replaces keys, lifetimes and encapsulation of an SA that is there (`XFRM_MSG_UPDSA`).
    UpdateState(Box<State>),
    DeleteState(Box<State>),
    /// Allocates an SPI (`XFRM_MSG_ALLOCSPI`).
    AllocateSpi(Box<SpiRequest>),
    AddPolicy(Box<Policy>),
    DeletePolicy(Box<Policy>),
    /// All, or those of one protocol.
    FlushStates(Option<Proto>),
    /// All main policies, or `sub` ones.
    FlushPolicies {
        sub: bool,
    },
    /// Moves a policy and its states to other addresses (`XFRM_MSG_MIGRATE`).
    Migrate(Box<Migration>),
    /// Tells the kernel that an SA has expired (`XFRM_MSG_EXPIRE`); a hard expiry ends it.
    ExpireState {
        state: Box<State>,
        hard: bool,
    },
    /// Likewise for a policy (`XFRM_MSG_POLEXPIRE`).
    ExpirePolicy {
        policy: Box<Policy>,
        hard: bool,
    },
    /// Moves a device to another node, where it is down and has no addresses.
    Move {
        device: String,
        to: String,
    },
    Add(Object),
    Delete(Object),
    /// Makes a device a member of a bridge or VRF.
    SetMaster {
        device: String,
        master: String,
    },
    /// Sets a device up.
    Up(String),
    /// Sets a device down.
    Down(String),
    Sysctl(Sysctl),
    /// Loads netfilter rules.
    Load(Rules),
    /// Sets what happens to packets that no policy matches.
    SetDefault(DefaultPolicy),
    /// Sets the prefix lengths from which policies of a family are hashed, also those that are there.
    SetHashThresholds {
        v6: bool,
        thresholds: HashThresholds,
    },
    FlushConntrack,
    /// Deletes every table of nft but the harness's own.
    FlushNft,
}
