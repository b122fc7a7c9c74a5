//! Owns which offloads of a link end stay on.

use serde::{Deserialize, Serialize};

/// The offloads of a link end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Offloads {
    /// These, in the order of [`OffloadFeature::ALL`]; the others are off.
    Only(Vec<OffloadFeature>),
    /// Those that the kernel switches on for such a device.
    Kernel,
}

impl Default for Offloads {
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

/// An offload by its word of `ethtool -K`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OffloadFeature {
    Rx,
    Tx,
    Sg,
    Tso,
    Gso,
    Gro,
}

impl OffloadFeature {
    /// In the order in which they can be switched on: one needs only others before it.
    pub const ALL: [Self; 6] = [
        Self::Rx,
        Self::Tx,
        Self::Sg,
        Self::Tso,
        Self::Gso,
        Self::Gro,
    ];

    /// The word of `ethtool -K`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rx => "rx",
            Self::Tx => "tx",
            Self::Sg => "sg",
            Self::Tso => "tso",
            Self::Gso => "gso",
            Self::Gro => "gro",
        }
    }

    /// What the kernel takes it away without (`netdev_fix_features()` in net/core/dev.c, v6.12).
    pub fn needs(self) -> &'static [Self] {
        match self {
            Self::Tso => &[Self::Sg, Self::Tx],
            Self::Gso => &[Self::Sg],
            Self::Rx | Self::Tx | Self::Sg | Self::Gro => &[],
        }
    }
}
