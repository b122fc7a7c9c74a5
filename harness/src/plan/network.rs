//! Owns the network half of a plan: nodes, links, addresses, neighbours, routes and rules.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Device, EncapSocket, Offloads, Policy, SpdSettings, State, TextPlace};
use crate::names::Mark;

/// One network namespace and everything that is set up inside it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Name in the file; also the namespace name in exported scripts. At most 15 bytes.
    pub name: String,
    /// Written before any device comes up; defaults of the lab included
    /// (forwarding, IPv6 DAD off and so on), in the order in which they are written.
    pub sysctls: Vec<Sysctl>,
    /// Devices beyond loopback and link ends, in order of creation.
    pub devices: Vec<Device>,
    /// Entries of the neighbour table that do not age.
    #[serde(default)]
    pub neighbours: Vec<Neighbour>,
    /// Routes, added after all addresses of the node.
    pub routes: Vec<Route>,
    /// Routing rules, beside the kernel's own three.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// UDP sockets with `UDP_ENCAP`, open for the life of the lab.
    pub encap_sockets: Vec<EncapSocket>,
    /// What holds for all policies of the node.
    #[serde(default)]
    pub spd: SpdSettings,
    /// SAs in order of installation.
    pub states: Vec<State>,
    /// Policies in order of installation.
    pub policies: Vec<Policy>,
    /// nftables rules of the file, as given; may be empty.
    pub nft: String,
    /// Where each line of `nft` stands.
    #[serde(default)]
    pub nft_places: Vec<TextPlace>,
    /// iptables rules of the file, of at most one text for each family.
    #[serde(default)]
    pub iptables: Vec<Iptables>,
    /// Rules that must be refused, each loaded by itself after the others.
    #[serde(default)]
    pub refused_rules: Vec<RefusedRules>,
}

impl Node {
    /// Whether the file brings netfilter rules of its own, of either kind.
    pub fn has_rules(&self) -> bool {
        !self.nft.trim().is_empty() || !self.iptables.is_empty()
    }
}

/// Rules as `iptables-restore` or `ip6tables-restore` takes them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Iptables {
    pub v6: bool,
    pub text: String,
    /// Where each line of `text` stands.
    pub places: Vec<TextPlace>,
}

/// Netfilter rules that the kernel must refuse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RefusedRules {
    pub rules: Rules,
    /// How, as `ERRNO` or `ERRNO: TEXT`.
    pub refused: String,
}

/// Netfilter rules of one text, by what loads them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rules {
    /// Text for `nft -f`, and where its lines stand.
    Nft(String, Vec<TextPlace>),
    Iptables(Iptables),
}

impl Rules {
    /// The text as it is loaded.
    pub fn text(&self) -> &str {
        match self {
            Self::Nft(text, _) => text,
            Self::Iptables(rules) => &rules.text,
        }
    }
}

/// One `sysctl` setting of a node, by the dotted name below `/proc/sys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sysctl {
    /// For example `net.ipv4.ip_forward`.
    pub key: String,
    pub value: String,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

impl Sysctl {
    /// A setting as a file says it: the value, and behind the word `refused` how the kernel must refuse it.
    pub fn new(key: &str, text: &str) -> Self {
        let (value, refused) = match text.split_once(" refused ") {
            Some((value, refused)) => (value, Some(refused.to_owned())),
            None => (text, None),
        };
        Self {
            key: key.to_owned(),
            value: value.to_owned(),
            refused,
        }
    }

    /// The device that the setting rules alone: `vti0` of `net.ipv4.conf.vti0.disable_policy`.
    /// As with sysctl(8), a key with slashes takes dots as they are.
    pub fn device(&self) -> Option<&str> {
        let separator = if self.key.contains('/') { '/' } else { '.' };
        let mut parts = self.key.split(separator);
        let family = (parts.next()? == "net").then(|| parts.next()).flatten()?;
        let conf = parts.next()?;
        let device = parts.next()?;
        parts.next()?;
        (matches!(family, "ipv4" | "ipv6")
            && matches!(conf, "conf" | "neigh")
            && !matches!(device, "all" | "default" | "lo"))
        .then_some(device)
    }
}

/// A veth pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The two ends, in the order of the file.
    pub ends: [End; 2],
    /// MTU of both ends, in bytes.
    pub mtu: Option<u32>,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

/// One end of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    pub node: String,
    /// Interface name inside the node, at most 15 bytes.
    pub device: String,
    /// Derived from node and device name unless the file gives it.
    pub mac: [u8; 6],
    pub addresses: Vec<IfAddress>,
    /// VRF or bridge of the node that the end belongs to.
    #[serde(default)]
    pub master: Option<String>,
    /// What happens to packets that leave through this end.
    #[serde(default)]
    pub netem: Option<Netem>,
    /// Segmentation, receive and checksum offloads.
    #[serde(default)]
    pub offloads: Offloads,
}

/// A `netem` queueing discipline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Netem {
    /// In nanoseconds.
    pub delay_ns: u64,
    /// Random variation of the delay, in nanoseconds.
    pub jitter_ns: u64,
    /// Probabilities in parts of `u32::MAX`, as the kernel takes them.
    pub loss: u32,
    pub duplicate: u32,
    pub reorder: u32,
    /// Every n-th packet is sent at once, with `reorder`; 0 means 1.
    pub gap: u32,
    pub corrupt: u32,
    /// Bytes per second; 0 for no limit.
    pub rate: u64,
    /// Packets that the queue holds.
    pub limit: u32,
    /// Seed of the random numbers (Linux 6.6), so that two runs lose the same packets.
    pub seed: u64,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

impl Netem {
    /// Packets that the queue holds unless a file says otherwise, as with `tc`.
    pub const LIMIT: u32 = 1000;

    /// Whether chance decides about packets.
    pub fn random(&self) -> bool {
        let chance = |part: &u32| *part != 0 && *part != u32::MAX;
        [self.loss, self.duplicate, self.reorder, self.corrupt]
            .iter()
            .any(chance)
            || self.corrupt != 0
            || self.jitter_ns != 0
    }
}

/// A permanent entry of the neighbour table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    pub address: IpAddr,
    pub device: String,
    pub mac: [u8; 6],
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

/// A routing rule in the words of `ip rule`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub v6: bool,
    pub from: Option<IpNet>,
    pub to: Option<IpNet>,
    pub iif: Option<String>,
    pub oif: Option<String>,
    pub fwmark: Option<Mark>,
    /// IP protocol number.
    pub ipproto: Option<u8>,
    pub sport: Option<u16>,
    pub dport: Option<u16>,
    pub priority: Option<u32>,
    pub action: RuleAction,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

/// What a rule does with a packet that it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RuleAction {
    /// Looks into this table.
    Lookup(u32),
    Blackhole,
    Unreachable,
    Prohibit,
}

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IfAddress {
    pub address: IpAddr,
    /// Length of the network's prefix: of the address, or of `peer` where there is one.
    pub prefix: u8,
    /// The other end of a point-to-point link.
    #[serde(default)]
    pub peer: Option<IpAddr>,
    /// Word of `rtm_scope`, where it is not `global`.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

impl IfAddress {
    /// The network that the address makes reachable.
    pub fn net(&self) -> Option<IpNet> {
        IpNet::new(self.peer.unwrap_or(self.address), self.prefix).ok()
    }
}

/// `scope` of a route or an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scope {
    Global,
    Site,
    Link,
    Host,
}

impl Scope {
    /// Value of `RT_SCOPE_*` (`include/uapi/linux/rtnetlink.h`).
    pub fn number(self) -> u8 {
        match self {
            Self::Global => 0,
            Self::Site => 200,
            Self::Link => 253,
            Self::Host => 254,
        }
    }

    /// The word of `ip`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Site => "site",
            Self::Link => "link",
            Self::Host => "host",
        }
    }
}

/// A route in the words of `ip route`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    pub kind: RouteKind,
    /// `0.0.0.0/0` or `::/0` for `default`.
    pub dst: IpNet,
    pub via: Option<IpAddr>,
    pub dev: Option<String>,
    /// Preferred source address (`src`).
    pub src: Option<IpAddr>,
    /// 254 (`main`) unless given.
    pub table: u32,
    pub metric: Option<u32>,
    /// Route MTU in bytes.
    pub mtu: Option<u32>,
    pub onlink: bool,
    /// `None` for the one that the kind of route has.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// `encap xfrm`: the interface id for packets of this route.
    #[serde(default)]
    pub encap: Option<XfrmEncap>,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

/// `encap xfrm if_id N [link_dev D]`: metadata for an XFRM interface of external mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct XfrmEncap {
    pub if_id: u32,
    pub link_dev: Option<String>,
}

/// The type word of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RouteKind {
    Unicast,
    Blackhole,
    Unreachable,
    Prohibit,
    Throw,
    Multicast,
    Local,
}

impl RouteKind {
    /// The word of `ip route`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unicast => "unicast",
            Self::Blackhole => "blackhole",
            Self::Unreachable => "unreachable",
            Self::Prohibit => "prohibit",
            Self::Throw => "throw",
            Self::Multicast => "multicast",
            Self::Local => "local",
        }
    }

    /// Whether packets of the route leave through a device.
    pub fn leaves(self) -> bool {
        matches!(self, Self::Unicast | Self::Multicast)
    }
}
