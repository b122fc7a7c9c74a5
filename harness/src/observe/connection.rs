//! Owns tracked connections as they stand after a step, and their text face.

use serde::{Deserialize, Serialize};

use super::FactLine;

/// One entry of a node's conntrack table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The step after which it was there.
    pub step: u32,
    pub node: String,
    /// `udp`, `tcp`, `icmp`, or a number.
    pub proto: String,
    /// Ends of the first packet: from, to, with ports where the protocol has some.
    pub original: [String; 2],
    /// Ends of an answer; NAT is where they are not those of `original` turned round.
    pub reply: [String; 2],
    /// `ct mark`.
    pub mark: u32,
    pub zone: u16,
    /// `seen-reply`, `assured`, `snat`, `dnat`.
    pub status: Vec<String>,
    /// State of a TCP connection.
    pub state: Option<String>,
}

/// A node whose conntrack is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    pub node: String,
    /// `NFPROTO_*` of the packets of which each hook tells conntrack state and mark.
    pub hooks: Vec<u8>,
}

impl Connection {
    /// `udp 10.0.1.100:5000 > 10.0.2.100:53 reply=10.0.2.100:53>3.0.0.1:5000 status=seen-reply,snat`; a mark or
    /// zone of 0 is left out.
    pub fn line(&self) -> FactLine {
        let mut line = self.whole_line();
        let nothing = |(key, value): &(String, String)| match key.as_str() {
            "mark" => value == "0x0",
            "zone" => value == "0",
            _ => false,
        };
        line.fields.retain(|field| !nothing(field));
        line
    }

    /// The same with everything that a file can state of it, `mark=0x0` too.
    pub fn whole_line(&self) -> FactLine {
        let [from, to] = &self.original;
        let [answer, back] = &self.reply;
        let mut fields = vec![("reply".to_owned(), format!("{answer}>{back}"))];
        let mut put = |key: &str, value: String, there: bool| {
            if there {
                fields.push((key.to_owned(), value));
            }
        };
        put("mark", format!("0x{:x}", self.mark), true);
        put("zone", self.zone.to_string(), true);
        put("status", self.status.join(","), true);
        put(
            "state",
            self.state.clone().unwrap_or_default(),
            self.state.is_some(),
        );
        FactLine {
            words: vec![self.proto.clone(), from.clone(), ">".into(), to.clone()],
            fields,
        }
    }
}
