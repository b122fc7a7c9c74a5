//! Owns what few SAs, policies and policy databases have: lifetimes, sequence numbers to start
//! from, direction, default policies. It never touches the kernel.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Iptfs, Offload, PolicyAction};

/// What few SAs have, in the words of `ip xfrm state`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateExtras {
    /// Words of `extra-flag`: `dont-encap-dscp`, `oseq-may-wrap`.
    pub extra_flags: Vec<String>,
    pub lifetime: Lifetime,
    /// Bytes to which ESP pads packets of a flow (`tfcpad`).
    pub tfcpad: Option<u32>,
    /// Highest sequence number that was received.
    pub replay_seq: u32,
    /// Last sequence number that was sent.
    pub replay_oseq: u32,
    /// Upper halves of both, for ESN.
    pub replay_seq_hi: u32,
    pub replay_oseq_hi: u32,
    /// Care-of address (Mobile IPv6).
    pub coa: Option<IpAddr>,
    /// Direction that the SA is bound to (Linux 6.10).
    pub dir: Option<SaDir>,
    /// Name of the errno with which the kernel must refuse the SA.
    pub refused: Option<String>,
    /// Sequence number of the acquire that this SA answers.
    #[serde(default)]
    pub seq: u32,
    /// Security context (`ctx`).
    #[serde(default)]
    pub ctx: Option<String>,
    #[serde(default)]
    pub offload: Option<Offload>,
    /// The CPU that the SA is for (Linux 6.13).
    #[serde(default)]
    pub pcpu: Option<u32>,
    /// Seconds between NAT keepalives that the kernel sends (Linux 6.11).
    #[serde(default)]
    pub nat_keepalive: Option<u32>,
    #[serde(default)]
    pub iptfs: Iptfs,
    /// Whether the SPI is allocated first and the SA then an update of what that made, as IKE daemons do.
    #[serde(default)]
    pub allocspi: bool,
}

/// `dir` of an SA (`XFRM_SA_DIR_*` in `include/uapi/linux/xfrm.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaDir {
    In,
    Out,
}

impl SaDir {
    /// `XFRM_SA_DIR_IN` 1, `XFRM_SA_DIR_OUT` 2.
    pub fn number(self) -> u8 {
        match self {
            Self::In => 1,
            Self::Out => 2,
        }
    }

    /// The word of `ip xfrm`.
    pub fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }
}

/// `limit` of an SA or policy; `None` is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    pub soft_bytes: Option<u64>,
    pub hard_bytes: Option<u64>,
    pub soft_packets: Option<u64>,
    pub hard_packets: Option<u64>,
    /// Seconds since it was added.
    pub soft_seconds: Option<u64>,
    pub hard_seconds: Option<u64>,
    /// Seconds since it was first used.
    pub soft_use_seconds: Option<u64>,
    pub hard_use_seconds: Option<u64>,
}

impl Lifetime {
    /// Every limit with its word of `ip xfrm ... limit`.
    pub fn limits(&self) -> [(&'static str, Option<u64>); 8] {
        [
            ("byte-soft", self.soft_bytes),
            ("byte-hard", self.hard_bytes),
            ("packet-soft", self.soft_packets),
            ("packet-hard", self.hard_packets),
            ("time-soft", self.soft_seconds),
            ("time-hard", self.hard_seconds),
            ("time-use-soft", self.soft_use_seconds),
            ("time-use-hard", self.hard_use_seconds),
        ]
    }
}

/// What holds for all policies of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpdSettings {
    /// What happens to packets that no policy matches; `None` leaves the kernel's `accept`.
    pub default: Option<DefaultPolicy>,
    /// Prefix lengths from which policies are hashed; `None` leaves the kernel's.
    pub hthresh4: Option<HashThresholds>,
    pub hthresh6: Option<HashThresholds>,
}

/// `ip xfrm policy setdefault`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPolicy {
    pub r#in: PolicyAction,
    pub fwd: PolicyAction,
    pub out: PolicyAction,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}

/// `ip xfrm policy set hthresh4 LOCAL REMOTE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashThresholds {
    pub local: u8,
    pub remote: u8,
    /// How the kernel must refuse it, as `ERRNO` or `ERRNO: TEXT`.
    #[serde(default)]
    pub refused: Option<String>,
}
