//! Owns what the dumps of a kernel tell of SAs: counters of those that the plan has, and those that it has not.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{
    names::{Mark, Spi},
    plan::{Plan, State},
};

/// Counters of one SA of one node at one moment, from a state dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaSample {
    pub after_steps: u32,
    pub node: String,
    pub dst: IpAddr,
    /// IP protocol number.
    pub proto: u8,
    pub spi: Spi,
    /// The mark by which it is looked up: SAs of one SPI may differ by it alone.
    #[serde(default)]
    pub mark: Option<Mark>,
    pub bytes: u64,
    pub packets: u64,
    /// Packets below the replay window, replayed packets, packets with a wrong ICV.
    pub replay_window: u32,
    pub replay: u32,
    pub integrity_failed: u32,
}

impl SaSample {
    /// Name of the SA, where the plan has it.
    pub fn name<'p>(&self, plan: &'p Plan) -> Option<&'p str> {
        let bits = |mark: Option<Mark>| mark.map_or((0, 0), |m| (m.value & m.mask, m.mask));
        plan.sa_named(&self.node, |s| {
            let key = (s.dst, s.proto.number(), s.spi, bits(s.mark));
            key == (self.dst, self.proto, self.spi, bits(self.mark))
        })
    }
}

/// An SA that something else than the file installed, as a dump of the kernel's told it; its name is its SPI.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignSa {
    pub node: String,
    pub state: State,
}
