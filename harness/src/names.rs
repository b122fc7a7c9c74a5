//! Owns the newtypes of the field: SPI, reqid, interface id, mark, and how they print.
//!
//! Numbers that a person compares with `ip xfrm` output print as `ip xfrm`
//! prints them: SPIs and marks in hexadecimal, reqids in decimal.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Security Parameters Index, host byte order (RFC 4303 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spi(pub u32);

impl fmt::Display for Spi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

/// The number that ties a policy template to its SAs (`reqid` in `ip xfrm`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reqid(pub u32);

impl fmt::Display for Reqid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The XFRM interface that a policy or SA belongs to (`if_id` in `ip xfrm`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IfId(pub u32);

impl fmt::Display for IfId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}

/// A value under a mask, as in `ip xfrm ... mark VALUE mask MASK`.
///
/// It is what a lookup compares or what an SA sets, never a packet's own mark:
/// that one is a plain `u32` (`skb->mark`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    pub value: u32,
    pub mask: u32,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}/0x{:x}", self.value, self.mask)
    }
}
