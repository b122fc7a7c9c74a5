//! Owns the request for an SPI. It never touches the kernel.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::{Mode, Proto, SaDir};
use crate::names::{Mark, Reqid, Spi};

/// What `ip xfrm state allocspi` asks for: an SA that has an SPI and nothing else yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpiRequest {
    pub src: IpAddr,
    pub dst: IpAddr,
    pub proto: Proto,
    pub mode: Mode,
    pub reqid: Reqid,
    pub mark: Option<Mark>,
    /// Sequence number of the acquire that this answers, 0 for none.
    pub seq: u32,
    pub dir: Option<SaDir>,
    pub pcpu: Option<u32>,
    /// The SPI is one of these and those between.
    pub min: Spi,
    pub max: Spi,
}
