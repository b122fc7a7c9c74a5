//! Owns the `Plan`: the world of one run with every name bound, every default
//! filled and every shorthand expanded. It never touches the kernel.
//!
//! A `Plan` is built from a [`crate::spec`] document by [`crate::spec::resolve`]; nothing in
//! it means "not decided yet": an `Option` here is an attribute that is really absent.

mod allocate;
mod change;
mod device;
mod extras;
mod iptfs;
mod migrate;
mod network;
mod offload;
mod step;
mod traffic;
mod xfrm;

pub use allocate::SpiRequest;
pub use change::{Change, What};
pub use device::{Device, DeviceKind, Tunnel, TunnelKind};
pub use extras::{DefaultPolicy, HashThresholds, Lifetime, SaDir, SpdSettings, StateExtras};
pub use iptfs::Iptfs;
pub use migrate::Migration;
pub use network::{
    End, IfAddress, Link, Neighbour, Netem, Node, Route, RouteKind, Rule, RuleAction, Sysctl,
};
pub use offload::{Offload, OffloadMode};
pub use step::{Block, BlockLine, CounterExpect, CounterRule, Expect, Step, WireBlock};
pub use traffic::{
    Datagram, Delivered, EspFlow, Flow, Outcome, Ping, Raw, RawHow, SocketOptions, Tcp, TcpPeer,
    Traffic, Udp, Wrong,
};
pub use xfrm::{
    Aead, Algorithms, AuthTrunc, Crypt, Dir, Encap, EncapSocket, EncapType, Level, Mode, Policy,
    PolicyAction, Proto, Selector, State, Template,
};

use serde::{Deserialize, Serialize};

/// The world of one run, what happens in it, and what must be seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The claim that the file makes.
    pub title: String,
    /// Where the case comes from.
    pub source: Option<String>,
    /// Name of the variant that this plan is, `None` for the file as it stands.
    pub variant: Option<String>,
    /// Network namespaces, in the order of the file.
    pub nodes: Vec<Node>,
    /// Veth pairs, in the order of the file.
    pub links: Vec<Link>,
    /// Indexes into `links`: those between the ends of a tunnel, where only
    /// protected traffic may leave (default-deny by envelope).
    pub guarded: Vec<usize>,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// What the kernel must be able to do, named as in `Need::name`.
    pub needs: Vec<Need>,
    /// For a variant: how it must fail.
    pub fails: Option<Fails>,
}

/// How a variant must fail: the declaration that `xfrmlab` holds against the verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fails {
    /// Node of the first divergent hop.
    pub at: String,
    /// The first line that differs: words that this line must contain (matched
    /// like an expectation line), where the file names it.
    pub line: Option<String>,
    /// Name of the cause that the diagnosis must give.
    pub cause: Option<String>,
    /// An xfrm counter at node `at` that must have moved.
    pub counter: Option<String>,
}

/// One capability of the kernel that a plan cannot do without.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Need {
    /// An xfrm type: `esp4`, `esp6`, `ah4`, `ah6`, `ipcomp4`, `ipcomp6`.
    XfrmType(String),
    /// A crypto algorithm by the kernel's name, with the attribute that carries
    /// it: (`aead`, `rfc4106(gcm(aes))`).
    Algorithm(String, String),
    /// A device type by its `ip link` name: `vti`, `xfrm`, `gre`, `vrf`, ...
    Device(String),
    /// A queueing discipline: `netem`.
    Qdisc(String),
    /// An option of states that kernels may lack, by its word: `pcpu-num`, `mode iptfs`, `encap espintcp`.
    StateOption(String),
    /// nftables, through the `nft` command (files that bring rules of their own).
    Nft,
}

impl Need {
    /// The name under which a skip lists this capability.
    pub fn name(&self) -> String {
        match self {
            Self::XfrmType(t) => t.clone(),
            Self::Algorithm(kind, name) => format!("{kind} {name}"),
            Self::Device(d) => format!("device {d}"),
            Self::Qdisc(q) => format!("qdisc {q}"),
            Self::StateOption(word) => format!("xfrm state {word}"),
            Self::Nft => "nft".to_owned(),
        }
    }
}

impl Plan {
    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.name == name)
    }

    /// Every SA of the plan as (node where it is installed, state).
    pub fn states(&self) -> impl Iterator<Item = (&Node, &State)> {
        self.nodes
            .iter()
            .flat_map(|n| n.states.iter().map(move |s| (n, s)))
    }
}
