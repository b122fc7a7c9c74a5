//! Owns what the kernel tells about xfrm (`NETLINK_XFRM` notifications), and its text face: one line per
//! event, and the matching of such a line with what a file says.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

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

/// One event, or what a file says of one: words in order, then attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// `expire`, `soft`, `site:left>right`; `*` stands for any one.
    pub words: Vec<String>,
    /// `packets=3`, in any order; `*` stands for any value.
    pub fields: Vec<(String, String)>,
}

/// First words that a line may have.
pub const EVENT_WORDS: [&str; 9] = [
    "acquire", "expire", "mapping", "migrate", "report", "new", "update", "delete", "flush",
];

impl EventLine {
    /// Reads a line of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut line = Self {
            words: Vec::new(),
            fields: Vec::new(),
        };
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some((key, value)) => line.fields.push((key.to_owned(), value.to_owned())),
                None if line.fields.is_empty() => line.words.push(word.to_owned()),
                None => {
                    return Err(format!(
                        "`{word}` stands behind attributes\n(hint: `expire soft SA packets=3`)"
                    ));
                }
            }
        }
        match line.words.first() {
            Some(first) if EVENT_WORDS.contains(&first.as_str()) => Ok(line),
            Some(first) => Err(format!(
                "`{first}` begins no event\n(hint: {})",
                EVENT_WORDS.join(", ")
            )),
            None => Err("an event begins with a word, such as `acquire`".to_owned()),
        }
    }

    /// Whether the file makes this happen itself: such events count only where it speaks of their kind.
    pub fn is_echo(&self) -> bool {
        self.words
            .first()
            .is_some_and(|w| ECHOES.contains(&w.as_str()))
    }

    /// Whether `self`, what a file says, fits what was seen: its words are the first ones there, and all
    /// its attributes are there.
    pub fn fits(&self, seen: &Self) -> bool {
        let same = |want: &str, got: &str| want == "*" || want == got;
        self.words.len() <= seen.words.len()
            && self.words.iter().zip(&seen.words).all(|(w, s)| same(w, s))
            && self
                .fields
                .iter()
                .all(|(key, want)| seen.field(key).is_some_and(|got| same(want, got)))
    }

    /// The value of an attribute.
    pub fn field(&self, key: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Display for EventLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words.join(" "))?;
        self.fields
            .iter()
            .try_for_each(|(key, value)| write!(f, " {key}={value}"))
    }
}

impl XfrmEvent {
    /// The event as a line, with the SA by its name where the plan has one of those keys.
    pub fn line(&self, plan: &Plan) -> EventLine {
        let mut words: Vec<String> = self.kind.split_whitespace().map(str::to_owned).collect();
        if let Some(sa) = &self.sa {
            let name = plan.sa_name(&self.node, sa.dst, sa.proto, sa.spi);
            words.push(name.map_or_else(|| sa.spi.to_string(), str::to_owned));
        }
        EventLine {
            words,
            fields: self.fields.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::EventLine;

    #[track_caller]
    fn check(wanted: &str, seen: &str, fits: bool) {
        let line = |text| EventLine::parse(text).unwrap();
        assert_eq!(line(wanted).fits(&line(seen)), fits, "{wanted} / {seen}");
    }

    #[test]
    fn a_line_fits_what_it_mentions() {
        let seen = "expire soft a>b packets=3 bytes=252";
        for fits in [
            "expire",
            "expire soft",
            "expire * a>b",
            "expire soft a>b bytes=252",
            "expire packets=*",
        ] {
            check(fits, seen, true);
        }
        for other in [
            "expire hard",
            "expire soft b>a",
            "acquire",
            "expire packets=4",
            "expire mark=0x1",
            "expire soft a>b more",
        ] {
            check(other, seen, false);
        }
    }

    #[test]
    fn what_is_no_event_is_told() {
        for wrong in ["", "packets=3", "soft expire", "expire packets=3 soft"] {
            assert!(EventLine::parse(wrong).is_err(), "{wrong}");
        }
    }
}
