//! Owns the xfrm half of a plan: states (SAs), policies, templates, selectors
//! and encapsulation sockets, with the field names of `ip xfrm`.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Lifetime, StateExtras};
use crate::names::{IfId, Mark, Reqid, Spi};

/// The transform protocol of an SA or template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Proto {
    Esp,
    Ah,
    Comp,
    /// Type 2 routing header (Mobile IPv6).
    Route2,
    /// Home address option (Mobile IPv6).
    Hao,
}

impl Proto {
    /// IP protocol number: 50, 51, 108; 43 and 60 for Mobile IPv6.
    pub fn number(self) -> u8 {
        match self {
            Self::Esp => 50,
            Self::Ah => 51,
            Self::Comp => 108,
            Self::Route2 => 43,
            Self::Hao => 60,
        }
    }

    /// The word of `ip xfrm`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Esp => "esp",
            Self::Ah => "ah",
            Self::Comp => "comp",
            Self::Route2 => "route2",
            Self::Hao => "hao",
        }
    }
}

/// Mode of an SA or template (`XFRM_MODE_*` in `include/uapi/linux/xfrm.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    Transport,
    Tunnel,
    /// Route optimisation (Mobile IPv6).
    Ro,
    /// Inbound trigger (Mobile IPv6).
    InTrigger,
    Beet,
    /// RFC 9347.
    Iptfs,
}

impl Mode {
    /// Value of `XFRM_MODE_*`: transport 0, tunnel 1, beet 4, iptfs 5.
    pub fn number(self) -> u8 {
        match self {
            Self::Transport => 0,
            Self::Tunnel => 1,
            Self::Ro => 2,
            Self::InTrigger => 3,
            Self::Beet => 4,
            Self::Iptfs => 5,
        }
    }

    /// The word of `ip xfrm`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Tunnel => "tunnel",
            Self::Ro => "ro",
            Self::InTrigger => "in_trigger",
            Self::Beet => "beet",
            Self::Iptfs => "iptfs",
        }
    }
}

/// One SA as it is installed in one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The SA's symbolic name, the same at both of its ends: `site:left>right`.
    pub name: String,
    pub src: IpAddr,
    pub dst: IpAddr,
    pub proto: Proto,
    pub spi: Spi,
    /// 0 when not given, as in the kernel.
    pub reqid: Reqid,
    pub mode: Mode,
    pub algorithms: Algorithms,
    pub encap: Option<Encap>,
    /// The mark under which this SA is looked up.
    pub mark: Option<Mark>,
    /// The mark that this SA sets on packets (`output-mark`).
    pub output_mark: Option<Mark>,
    pub if_id: Option<IfId>,
    /// In packets; 0 switches replay protection off.
    pub replay_window: u32,
    /// `flag esn`.
    pub esn: bool,
    /// Other words of `flag`, for example `af-unspec`.
    pub flags: Vec<String>,
    /// Selector of the SA itself (`sel`).
    pub selector: Option<Selector>,
    /// What few SAs have.
    #[serde(default)]
    pub more: StateExtras,
}

/// The algorithms of an SA: AEAD, or encryption and authentication apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Algorithms {
    pub aead: Option<Aead>,
    pub crypt: Option<Crypt>,
    pub auth: Option<AuthTrunc>,
    /// Name of the compression algorithm, for `IPComp`.
    #[serde(default)]
    pub comp: Option<String>,
}

/// `aead NAME KEY ICV-BITS`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aead {
    /// The kernel's name: `rfc4106(gcm(aes))`.
    pub name: String,
    /// Key with its salt behind it.
    pub key: Vec<u8>,
    /// ICV length in bits: 64, 96 or 128 for GCM.
    pub icv_bits: u32,
}

/// `enc NAME KEY`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crypt {
    pub name: String,
    pub key: Vec<u8>,
}

/// `auth-trunc NAME KEY BITS`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthTrunc {
    pub name: String,
    pub key: Vec<u8>,
    /// Length of the truncated ICV in bits; 0 leaves it to the kernel's default (`auth`).
    pub trunc_bits: u32,
}

/// `encap TYPE SPORT DPORT OADDR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encap {
    pub kind: EncapType,
    pub sport: u16,
    pub dport: u16,
    /// Original address; unspecified when not given.
    pub oaddr: IpAddr,
}

/// How ESP is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EncapType {
    /// `UDP_ENCAP_ESPINUDP` (RFC 3948).
    EspInUdp,
    /// `UDP_ENCAP_ESPINUDP_NON_IKE`, of drafts before RFC 3948.
    EspInUdpNonIke,
    /// `TCP_ENCAP_ESPINTCP` (RFC 8229).
    EspInTcp,
}

impl EncapType {
    /// Number of `include/uapi/linux/udp.h`.
    pub fn number(self) -> u16 {
        match self {
            Self::EspInUdpNonIke => 1,
            Self::EspInUdp => 2,
            Self::EspInTcp => 7,
        }
    }

    /// The word of `ip xfrm`.
    pub fn word(self) -> &'static str {
        match self {
            Self::EspInUdp => "espinudp",
            Self::EspInUdpNonIke => "espinudp-nonike",
            Self::EspInTcp => "espintcp",
        }
    }
}

/// A UDP socket that hands ESP in UDP to the kernel's ESP input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncapSocket {
    /// Local address, usually the wildcard of its family.
    pub address: IpAddr,
    pub port: u16,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

/// What a policy or an SA applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    pub src: IpNet,
    pub dst: IpNet,
    /// IP protocol number, `None` for any.
    pub proto: Option<u8>,
    /// Port, or ICMP type for `sport` and code for `dport`; `None` for any.
    pub sport: Option<u16>,
    pub dport: Option<u16>,
    /// Device name.
    pub dev: Option<String>,
    /// User id. The kernel keeps it and compares nothing with it (`__xfrm4_selector_match()` in
    /// `net/xfrm/xfrm_policy.c`).
    #[serde(default)]
    pub uid: u32,
}

/// Direction of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dir {
    In,
    Out,
    Fwd,
}

impl Dir {
    /// `XFRM_POLICY_IN` 0, `XFRM_POLICY_OUT` 1, `XFRM_POLICY_FWD` 2.
    pub fn number(self) -> u8 {
        match self {
            Self::In => 0,
            Self::Out => 1,
            Self::Fwd => 2,
        }
    }

    /// The word of `ip xfrm`.
    pub fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
            Self::Fwd => "fwd",
        }
    }
}

/// `action` of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PolicyAction {
    Allow,
    Block,
}

/// One policy of one node's SPD.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Name for selectors of variants and for reports: the tunnel's or the file's.
    pub name: String,
    pub dir: Dir,
    pub selector: Selector,
    pub action: PolicyAction,
    /// Smaller is looked at first; 0 is the kernel's default.
    pub priority: u32,
    pub mark: Option<Mark>,
    pub if_id: Option<IfId>,
    /// `index`, 0 lets the kernel choose.
    pub index: u32,
    pub templates: Vec<Template>,
    /// Words of `flag`: `localok`, `icmp`.
    #[serde(default)]
    pub flags: Vec<String>,
    /// `ptype sub`: looked at before the main policies, and both then apply.
    #[serde(default)]
    pub sub: bool,
    #[serde(default)]
    pub lifetime: Lifetime,
    /// Security context (`ctx`).
    #[serde(default)]
    pub ctx: Option<String>,
    /// Device that the policy is offloaded to (`offload packet dev`).
    #[serde(default)]
    pub offload: Option<String>,
    /// Whether it replaces the policy of the same selector (`ip xfrm policy update`).
    #[serde(default)]
    pub update: bool,
    /// Name of the errno with which the kernel must refuse the policy.
    #[serde(default)]
    pub refused: Option<String>,
}

/// What a policy asks of the SAs that it uses (`tmpl`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Unspecified address when not given (transport mode).
    pub src: IpAddr,
    pub dst: IpAddr,
    pub proto: Proto,
    /// 0 matches any SPI.
    pub spi: Spi,
    pub reqid: Reqid,
    pub mode: Mode,
    pub level: Level,
}

/// `level` of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    Required,
    Use,
}
