//! Owns the offload of an SA to a device. It never touches the kernel.

use serde::{Deserialize, Serialize};

use super::SaDir;

/// `offload [crypto|packet] dev DEV dir DIR` of `ip xfrm state`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offload {
    pub mode: OffloadMode,
    /// Name of the device.
    pub dev: String,
    pub dir: SaDir,
}

/// How much of the work the device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OffloadMode {
    /// Encryption and authentication alone.
    Crypto,
    /// Everything: policies, encapsulation, replay protection.
    Packet,
}

impl OffloadMode {
    /// The word of `ip xfrm`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Crypto => "crypto",
            Self::Packet => "packet",
        }
    }
}
