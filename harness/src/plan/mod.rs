//! Owns the `Plan`: the world of one run with every name bound, every default
//! filled and every shorthand expanded. It never touches the kernel.
//!
//! A `Plan` is built from a [`crate::spec`] document by [`crate::spec::resolve`]; nothing in
//! it means "not decided yet": an `Option` here is an attribute that is really absent.

mod allocate;
mod change;
mod device;
mod exec;
mod extras;
mod iptfs;
mod migrate;
mod network;
mod object;
mod offload;
mod offloads;
mod step;
mod text;
mod tracking;
mod traffic;
mod xfrm;

pub use allocate::SpiRequest;
pub use change::{Change, What};
pub use device::{Device, DeviceKind, Tunnel, TunnelKind};
pub use exec::{Exec, Ready};
pub use extras::{DefaultPolicy, HashThresholds, Lifetime, SaDir, SpdSettings, StateExtras};
pub use iptfs::Iptfs;
pub use migrate::Migration;
pub use network::{
    End, IfAddress, Iptables, Link, Neighbour, Netem, Node, RefusedRules, Route, RouteKind, Rule,
    RuleAction, Rules, Scope, Sysctl, XfrmEncap,
};
pub use object::Object;
pub use offload::{Offload, OffloadMode};
pub use offloads::{OffloadFeature, Offloads};
pub use step::{
    Block, BlockLine, CapturePoint, Cause, CounterExpect, CounterRule, Expect, MeterExpect, Step,
    Trigger, Way, WireBlock,
};
pub use text::TextPlace;
pub use tracking::Family;
pub use traffic::{
    Again, Datagram, Delivered, EspFlow, Flow, Keepalive, Outcome, Ping, Raw, RawHow,
    SocketOptions, Tcp, TcpPeer, Traffic, Udp, Wrong,
};
pub use xfrm::{
    Aead, Algorithms, AuthTrunc, Crypt, Dir, Encap, EncapSocket, EncapType, Level, Mode, Policy,
    PolicyAction, Proto, Selector, State, Template,
};

use std::{net::IpAddr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::names::Spi;

/// Seconds of a time limit that a run waits for. Longer ones are there to be shown, not to be reached.
const AWAITED: u64 = 10;
/// Seconds that an event may be late: timers of an emulated processor.
const SLACK: u64 = 3;

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
    /// What is watched.
    #[serde(default)]
    pub observe: Observe,
    /// Veth pairs, in the order of the file.
    pub links: Vec<Link>,
    /// Those that the kernel must refuse: no device comes of them.
    #[serde(default)]
    pub refused_links: Vec<Link>,
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
    /// All causes that it must give, each as node and name, in this order; empty where that is not asserted.
    #[serde(default)]
    pub causes: Vec<(String, String)>,
    /// Words that the sentence of the cause must contain.
    #[serde(default)]
    pub why: Option<String>,
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
    /// iptables rules over nftables, through the `iptables-nft-restore` command.
    Iptables,
    /// The kernel's log can be read.
    KernelLog,
    /// Packets that the kernel frees can be watched.
    FreedPackets,
    /// A kernel release from this one on, by its first two numbers.
    Kernel(u32, u32),
    /// A kernel release before this one: for what a later one no longer does.
    KernelBefore(u32, u32),
}

/// What of a run is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Observe {
    /// Hooks and wires.
    #[default]
    All,
    /// Wires alone: no table of the harness is in any node.
    Wire,
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
            Self::Iptables => "iptables-nft".to_owned(),
            Self::KernelLog => "kernel log".to_owned(),
            Self::FreedPackets => "freed packets".to_owned(),
            Self::Kernel(major, minor) => format!("linux {major}.{minor}"),
            Self::KernelBefore(major, minor) => format!("linux before {major}.{minor}"),
        }
    }
}

impl Plan {
    /// The plan of a run that has one window of step `index` for its only step; `None` where there is no such step.
    #[must_use]
    pub fn of_window(&self, index: u32) -> Option<Self> {
        let step = self.steps.get(index as usize)?.window();
        Some(Self {
            steps: vec![step],
            fails: None,
            ..self.clone()
        })
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|n| n.name == name)
    }

    /// Whether the file asks for named counters of nft at that node.
    pub fn counts_in_nft(&self, node: &str) -> bool {
        let mut meters = self.steps.iter().flat_map(|s| &s.expect.meters);
        meters.any(|m| m.node == node && m.group.starts_with("nft "))
    }

    /// Every command that the plan runs, with its step.
    pub fn commands(&self) -> impl Iterator<Item = (&Step, &Exec)> {
        let flows = self
            .steps
            .iter()
            .flat_map(|s| s.flows.iter().map(move |f| (s, f)));
        flows.filter_map(|(step, flow)| match &flow.traffic {
            Traffic::Exec(exec) => Some((step, exec)),
            _ => None,
        })
    }

    /// How long its commands may take, all of them together.
    pub fn command_time(&self) -> Duration {
        let each = self.commands().map(|(_, exec)| u64::from(exec.within_s));
        Duration::from_secs(each.sum())
    }

    /// Whether the file says anything of what the kernel of that node tells.
    pub fn speaks_of_events(&self, node: &str) -> bool {
        self.steps.iter().any(|step| {
            let expected = step.expect.events.iter().any(|(at, _)| at == node);
            expected
                || step
                    .on
                    .iter()
                    .any(|t| matches!(&t.cause, Cause::Event { node: at, .. } if at == node))
        })
    }

    /// Every SA that the plan installs anywhere, at the start or in a step, by node.
    pub fn states_ever(&self) -> impl Iterator<Item = (&str, &State)> {
        let changes = self.steps.iter().flat_map(Step::every_change);
        let changed = changes.flat_map(|c| {
            let states: &[State] = match &c.what {
                What::AddState(state) | What::UpdateState(state) => std::slice::from_ref(&**state),
                What::Migrate(migration) => &migration.states,
                _ => &[],
            };
            states.iter().map(|s| (c.node.as_str(), s))
        });
        self.states()
            .map(|(node, state)| (node.name.as_str(), state))
            .chain(changed)
    }

    /// How long the kernel's own clock may take to bring an event: the longest time limit of an SA, and a little
    /// more. `None` where no SA has one, or none that a run would wait for.
    pub fn clock(&self) -> Option<Duration> {
        let limits = self.states_ever().flat_map(|(_, s)| {
            let it = &s.more.lifetime;
            [
                it.soft_seconds,
                it.hard_seconds,
                it.soft_use_seconds,
                it.hard_use_seconds,
            ]
        });
        let longest = limits.flatten().filter(|s| *s <= AWAITED).max()?;
        Some(Duration::from_secs(longest + SLACK))
    }

    /// The name of the SA that `node` has, or any node has, by what the kernel knows it by.
    pub fn sa_name(&self, node: &str, dst: IpAddr, proto: u8, spi: Spi) -> Option<&str> {
        self.sa_named(node, |s| {
            s.dst == dst && s.proto.number() == proto && s.spi == spi
        })
    }

    /// Name of the SA that fits, one of the node's own before those of others.
    pub(crate) fn sa_named(&self, node: &str, fits: impl Fn(&State) -> bool) -> Option<&str> {
        let all = || self.states_ever().filter(|(_, s)| fits(s));
        all()
            .find(|(at, _)| *at == node)
            .or_else(|| all().next())
            .map(|(_, s)| s.name.as_str())
    }

    /// Every SA of the plan as (node where it is installed, state).
    pub fn states(&self) -> impl Iterator<Item = (&Node, &State)> {
        self.nodes
            .iter()
            .flat_map(|n| n.states.iter().map(move |s| (n, s)))
    }
}
