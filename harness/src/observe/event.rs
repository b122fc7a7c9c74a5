//! Owns what the kernel tells about xfrm (`NETLINK_XFRM` notifications), and its text face: one line per event.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::FactLine;
use crate::{names::Spi, plan::Plan};

/// One notification of one node's kernel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct XfrmEvent {
    pub step: u32,
    pub node: String,
    /// When it was read, in nanoseconds since the epoch: behind the packet that caused it and before
    /// the next one. The kernel stamps no notification.
    pub ts_ns: u64,
    /// `acquire`, `expire soft`, `new policy`, ...: the words that a line begins with.
    pub kind: String,
    /// The SA that it is about.
    #[serde(default)]
    pub sa: Option<SaKey>,
    /// Attributes in the words of `ip xfrm`, in the kernel's order; `attr40` for one that has no word here.
    pub fields: Vec<(String, String)>,
}

/// What the kernel knows an SA by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaKey {
    pub dst: IpAddr,
    /// IP protocol number.
    pub proto: u8,
    pub spi: Spi,
}

/// The first words of events that only tell of a change that the file itself made.
const ECHOES: [&str; 4] = ["new", "update", "delete", "flush"];

/// First words that a line may have.
pub const EVENT_WORDS: [&str; 9] = [
    "acquire", "expire", "mapping", "migrate", "report", "new", "update", "delete", "flush",
];

/// Reads a line of an event block.
///
/// # Errors
/// What is wrong with it.
pub fn event_line(text: &str) -> Result<FactLine, String> {
    let line = FactLine::parse(text)?;
    let first = line.words.first().map_or("", String::as_str);
    if EVENT_WORDS.contains(&first) {
        return Ok(line);
    }
    Err(format!(
        "`{first}` begins no event\n(hint: {})",
        EVENT_WORDS.join(", ")
    ))
}

/// Whether the file makes this happen itself: such events count only where it speaks of their kind.
pub fn is_echo(line: &FactLine) -> bool {
    let first = line.words.first();
    first.is_some_and(|w| ECHOES.contains(&w.as_str()))
}

impl XfrmEvent {
    /// The event as a line, with the SA by its name where the plan has one of those keys.
    pub fn line(&self, plan: &Plan) -> FactLine {
        let mut words: Vec<String> = self.kind.split_whitespace().map(str::to_owned).collect();
        if let Some(sa) = &self.sa {
            let name = plan.sa_name(&self.node, sa.dst, sa.proto, sa.spi);
            words.push(name.map_or_else(|| sa.spi.to_string(), str::to_owned));
        }
        FactLine {
            words,
            fields: self.fields.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::event_line;

    #[test]
    fn what_is_no_event_is_told() {
        assert!(event_line("expire soft packets=3").is_ok());
        for wrong in ["", "packets=3", "soft expire", "expire packets=3 soft"] {
            assert!(event_line(wrong).is_err(), "{wrong}");
        }
    }
}
