//! Packets as lines of text: the words of the report, and of expectations about it.
//!
//! # Grammar
//!
//! ```text
//! line    = head [ endpoint ">" endpoint ] { word } [ sa ] { field } { flag } [ "{" line "}" ]
//! head    = one or more words: what it is           icmp echo-request
//! endpoint= address, or address "." port            10.0.1.100   fd00::1.4500
//! word    = a word of the protocol                  syn, keepalive, ike, esp (in UDP)
//! sa      = name of the SA, right behind the endpoints of esp, ah and ipcomp, or behind
//!           the word esp in UDP; absent where none fits
//! field   = key "=" value; a value with blanks stands in double quotes
//! flag    = df | more
//! ```
//!
//! The name of an SA holds no blanks, no `=` and no lone brace. Tokens are separated by blanks, `>`, `{` and `}` included. `*` stands for any value, any
//! word of a head and any part of an endpoint. In an expectation a line matches on what it
//! mentions: a shorter head, missing endpoints, fields and flags match anything; words, where
//! there are any, must be all the words ([`Line::mismatch`]).
//!
//! | head | words, fields of its own |
//! |---|---|
//! | `icmp`, `icmp6` + `echo-request`, `echo-reply` | `id` `seq` `payload` |
//! | `icmp unreachable` + `net` `host` `protocol` `port` `frag-needed` ... | `mtu`, the quoted packet inside |
//! | `icmp6 unreachable` + `no-route` `admin` `scope` `address` `port` ... | the quoted packet |
//! | `icmp6 packet-too-big` | `mtu`, the quoted packet |
//! | `icmp`, `icmp6` + `time-exceeded` + `transit`, `reassembly` | the quoted packet |
//! | `icmp`, `icmp6` + `parameter-problem` | `pointer`, the quoted packet |
//! | `icmp redirect` | `gateway`, the quoted packet |
//! | `icmp6 neighbor-solicit`, `neighbor-advert`, `redirect` | `target` |
//! | `icmp6 router-solicit`, `router-advert`, `mld-query`, `mld-report`, `mld-done`, `mld2-report` | |
//! | `udp` | `keepalive`, `ike`, `esp`; `payload`, and for ESP its fields |
//! | `tcp` | `syn fin rst psh ack urg ece cwr`; `seq` `ack` `payload` |
//! | `esp` | `spi` `seq` `iv` `icv` `pad` `next` `tfc` `payload` `seq-high` `key-of` `not-opened` `wrong`, the inner packet |
//! | `ah` | `spi` `seq` `icv` `next` `seq-high` `icv-ok` `wrong`, what it protects |
//! | `gre` | `key` `seq` `proto`, the inner packet |
//! | `ipip`, `6in4`, `4in6`, `6in6` | the inner packet |
//! | `ipcomp` | `cpi` `next` |
//! | `igmp` | `type` |
//! | `ip-fragment` | `proto` `off` `ipid` |
//! | `ip` | `proto`: any other protocol |
//! | `arp who-has IP tell IP`, `arp IP is-at MAC` | |
//! | `ether` | `type` `len` |
//!
//! Every packet with an IP header has `ttl`, `tos`, `len` (bytes of the whole IP packet),
//! `ipid` or `flow`, `ipcsum`, `csum` of its transport, `ext` (IPv6 extension headers) and the
//! flags `df` and `more` with `off`. In transport mode the line inside ESP or AH repeats the
//! addresses of its packet and has none of those. A captured frame with VLAN tags has `vlan=5`, or `vlan=5,6` from
//! the outside inwards.

mod detail;
mod errors;
mod mismatch;
mod parse;
mod ports;
mod vocabulary;
mod words;

pub use detail::{Detail, NONDETERMINISTIC};
pub use mismatch::Mismatch;
pub(crate) use mismatch::{glob, same_value};
pub use parse::LineError;
pub(crate) use vocabulary::is_endpoint;
pub use vocabulary::{FRAME_FIELDS, HEADS, Head, IP_FIELDS, Strange};
pub use words::{frame_words, words};

use std::fmt;

use super::packet::Packet;

/// A packet in words; see the grammar above.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub head: Vec<String>,
    pub src: Option<String>,
    pub dst: Option<String>,
    pub words: Vec<String>,
    pub sa: Option<String>,
    /// Key and value, in the order in which they print.
    pub fields: Vec<(String, String)>,
    pub flags: Vec<String>,
    pub inner: Option<Box<Line>>,
}

impl Line {
    /// The value of a field of this layer.
    pub fn field(&self, key: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(k, _)| k == key)
            .map(|(_, v)| v.as_str())
    }
}

/// One line of text for a packet.
pub fn line(packet: &Packet, detail: Detail) -> String {
    words(packet).at(detail).to_string()
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tokens: Vec<String> = self.head.clone();
        if let (Some(src), Some(dst)) = (&self.src, &self.dst) {
            tokens.extend([src.clone(), ">".to_owned(), dst.clone()]);
        }
        tokens.extend(self.words.iter().chain(&self.sa).cloned());
        tokens.extend(self.fields.iter().map(|(key, value)| {
            if value.is_empty() || value.contains(char::is_whitespace) {
                format!("{key}=\"{value}\"")
            } else {
                format!("{key}={value}")
            }
        }));
        tokens.extend(self.flags.iter().cloned());
        if let Some(inner) = &self.inner {
            tokens.push(format!("{{ {inner} }}"));
        }
        f.write_str(&tokens.join(" "))
    }
}
