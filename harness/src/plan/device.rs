//! Owns the devices of a plan that are not link ends: tunnel devices, XFRM interfaces, VRFs,
//! bridges, VLANs. It never touches the kernel.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::IfAddress;
use crate::names::IfId;

/// A device of a node that is not a link end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// Interface name, at most 15 bytes.
    pub name: String,
    pub kind: DeviceKind,
    /// Given or derived for devices with an Ethernet header of their own, `None` for all others.
    pub mac: Option<[u8; 6]>,
    pub mtu: Option<u32>,
    /// VRF or bridge of the same node that the device belongs to.
    pub master: Option<String>,
    /// Node in which the device is made before it moves to its own; addresses, routes, settings
    /// and membership come after the move.
    pub born: Option<String>,
    pub addresses: Vec<IfAddress>,
    /// Whether the device is brought up.
    pub up: bool,
    /// Name of the errno with which the kernel must refuse to make the device.
    pub refused: Option<String>,
}

/// The type of a device, with what belongs to that type alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    Dummy,
    Bridge,
    Vrf {
        /// Routing table of the VRF.
        table: u32,
    },
    Vlan {
        /// Device that carries the tagged frames.
        dev: String,
        /// VLAN identifier, 1 to 4094.
        id: u16,
    },
    Xfrm {
        /// `None` where the file leaves it out: the kernel's 0, or external mode.
        if_id: Option<IfId>,
        /// Underlying device.
        dev: Option<String>,
        /// Whether the interface takes its `if_id` from the route of each packet (`external`).
        external: bool,
    },
    Tunnel(Tunnel),
}

impl DeviceKind {
    /// The type word of `ip link`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Dummy => "dummy",
            Self::Bridge => "bridge",
            Self::Vrf { .. } => "vrf",
            Self::Vlan { .. } => "vlan",
            Self::Xfrm { .. } => "xfrm",
            Self::Tunnel(tunnel) => tunnel.kind.word(),
        }
    }

    /// Whether frames of the device have an Ethernet header with an address of the device's own.
    pub fn has_mac(&self) -> bool {
        match self {
            Self::Dummy | Self::Bridge | Self::Vrf { .. } | Self::Vlan { .. } => true,
            Self::Xfrm { .. } => false,
            Self::Tunnel(tunnel) => {
                matches!(tunnel.kind, TunnelKind::Gretap | TunnelKind::Ip6gretap)
            }
        }
    }
}

/// A device whose packets travel inside others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tunnel {
    pub kind: TunnelKind,
    /// Own outer address, `None` for any.
    pub local: Option<IpAddr>,
    /// Outer address of the other end, `None` for any.
    pub remote: Option<IpAddr>,
    /// Device that outer packets leave through.
    pub dev: Option<String>,
    /// Key that incoming packets have; on a VTI the mark of their lookup.
    pub ikey: Option<u32>,
    /// Key that outgoing packets get; on a VTI the mark of their lookup.
    pub okey: Option<u32>,
    /// Mark that outer packets are routed with.
    pub fwmark: Option<u32>,
    /// TTL or hop limit of outer packets, 0 to take over that of inner ones.
    pub ttl: Option<u8>,
    /// TOS or traffic class of outer packets, 1 to take over that of inner ones.
    pub tos: Option<u8>,
    /// `Some(false)` for `nopmtudisc`: outer packets leave without DF.
    pub pmtudisc: Option<bool>,
}

/// The tunnel types of `ip link`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TunnelKind {
    Vti,
    Vti6,
    Gre,
    Gretap,
    Ip6gre,
    Ip6gretap,
    Ipip,
    Sit,
    Ip6tnl,
}

impl TunnelKind {
    /// The type word of `ip link`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Vti => "vti",
            Self::Vti6 => "vti6",
            Self::Gre => "gre",
            Self::Gretap => "gretap",
            Self::Ip6gre => "ip6gre",
            Self::Ip6gretap => "ip6gretap",
            Self::Ipip => "ipip",
            Self::Sit => "sit",
            Self::Ip6tnl => "ip6tnl",
        }
    }

    /// Whether outer packets are IPv6.
    pub fn is_v6(self) -> bool {
        matches!(
            self,
            Self::Vti6 | Self::Ip6gre | Self::Ip6gretap | Self::Ip6tnl
        )
    }

    /// Whether packets carry or are looked up by a key.
    pub fn has_keys(self) -> bool {
        !matches!(self, Self::Ipip | Self::Sit | Self::Ip6tnl)
    }

    /// Whether the type is a VTI, which has no header of its own and so no TTL, TOS or DF.
    pub fn is_vti(self) -> bool {
        matches!(self, Self::Vti | Self::Vti6)
    }
}
