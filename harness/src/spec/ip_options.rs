//! Owns the table of `ip`'s options: each option of `ip xfrm state`, `ip xfrm policy` and the tunnel devices of
//! IPsec against the key that says it. It never runs `ip`.
//!
//! The words are those of the `help` of iproute2 7.3.

use std::fmt::Write as _;

use super::{meta::TableMeta, reference::tables};

/// What says an option in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A key of the table at that place.
    Key(&'static str, &'static str),
    /// It asks and sets nothing: where the answer is.
    Reads(&'static str),
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpOption {
    /// The command or the part of its grammar: `ip xfrm state add`.
    pub command: &'static str,
    /// The words, as the command takes them.
    pub words: &'static str,
    pub said: Said,
}

const STATE: &str = "nodes.NAME.states";
const POLICY: &str = "nodes.NAME.policies";
const TMPL: &str = "nodes.NAME.policies.tmpl";
const OFFLOAD: &str = "nodes.NAME.states.offload";
const SELECTOR: &str = "SELECTOR";
const LIMITS: &str = "LIMITS";
const DO: &str = "steps.do";
const SPI: &str = "steps.do.allocspi";
const NODE: &str = "nodes.NAME";
const DEFAULTS: &str = "nodes.NAME.setdefault";
const DEVICE: &str = "nodes.NAME.devices.NAME";

macro_rules! options {
    ($($command:literal { $($words:literal => $place:ident $key:literal),* $(,)? })*) => {
        &[$($(IpOption {
            command: $command,
            words: $words,
            said: options!(@said $place $key),
        },)*)*]
    };
    (@said reads $where:literal) => { Said::Reads($where) };
    (@said $place:ident $key:literal) => { Said::Key($place, $key) };
}

/// Every option, in the order of `ip`'s own help.
pub const IP_OPTIONS: &[IpOption] = options! {
    "ip xfrm state { add | update }" {
        "add" => NODE "states",
        "update" => DO "update",
        "src ADDR" => STATE "src",
        "dst ADDR" => STATE "dst",
        "proto { esp | ah | comp | route2 | hao }" => STATE "proto",
        "spi SPI" => STATE "spi",
        "enc ALGO-NAME ALGO-KEYMAT" => STATE "enc",
        "auth ALGO-NAME ALGO-KEYMAT" => STATE "auth",
        "auth-trunc ALGO-NAME ALGO-KEYMAT ALGO-TRUNC-LEN" => STATE "auth-trunc",
        "aead ALGO-NAME ALGO-KEYMAT ALGO-ICV-LEN" => STATE "aead",
        "comp ALGO-NAME" => STATE "comp",
        "mode { transport | tunnel | beet | ro | in_trigger }" => STATE "mode",
        "mark MARK [ mask MASK ]" => STATE "mark",
        "reqid REQID" => STATE "reqid",
        "dir { in | out }" => STATE "dir",
        "seq SEQ" => STATE "seq",
        "replay-window SIZE" => STATE "replay-window",
        "replay-seq SEQ" => STATE "replay-seq",
        "replay-oseq SEQ" => STATE "replay-oseq",
        "replay-seq-hi SEQ" => STATE "replay-seq-hi",
        "replay-oseq-hi SEQ" => STATE "replay-oseq-hi",
        "flag { noecn | decap-dscp | nopmtudisc | wildrecv | icmp | af-unspec | align4 | esn }" => STATE "flag",
        "sel SELECTOR" => STATE "sel",
        "limit LIMIT" => STATE "limit",
        "encap { espinudp | espinudp-nonike | espintcp } SPORT DPORT OADDR" => STATE "encap",
        "coa ADDR" => STATE "coa",
        "ctx CTX" => STATE "ctx",
        "extra-flag { dont-encap-dscp | oseq-may-wrap }" => STATE "extra-flag",
        "offload" => STATE "offload",
        "offload { crypto | packet }" => OFFLOAD "mode",
        "offload ... dev DEV" => OFFLOAD "dev",
        "offload ... dir { in | out }" => OFFLOAD "dir",
        "output-mark OUTPUT-MARK [ mask MASK ]" => STATE "output-mark",
        "if_id IF_ID" => STATE "if_id",
        "tfcpad LENGTH" => STATE "tfcpad",
        "pcpu-num CPUNUM" => STATE "pcpu-num",
        "(no word) NAT keepalives" => STATE "nat-keepalive-interval",
        "(no word) mode iptfs and its parameters" => STATE "iptfs",
    }
    "ip xfrm state allocspi" {
        "allocspi" => DO "allocspi",
        "allocspi, then update" => STATE "allocspi",
        "src ADDR" => SPI "src",
        "dst ADDR" => SPI "dst",
        "proto XFRM-PROTO" => SPI "proto",
        "mode MODE" => SPI "mode",
        "mark MARK [ mask MASK ]" => SPI "mark",
        "reqid REQID" => SPI "reqid",
        "dir DIR" => SPI "dir",
        "seq SEQ" => SPI "seq",
        "min SPI" => SPI "min",
        "max SPI" => SPI "max",
        "pcpu-num CPUNUM" => SPI "pcpu-num",
    }
    "ip xfrm state, other commands" {
        "delete ID" => DO "delete",
        "deleteall [ ID ] [ mode MODE ] [ reqid REQID ] [ flag FLAG-LIST ]" => DO "delete",
        "flush [ proto XFRM-PROTO ]" => DO "flush",
        "get ID" => reads "the counters of each state, in a report and `observations`",
        "list [ nokeys ] [ ID ]" => reads "the counters of each state, in a report and `observations`",
        "count" => reads "the list of states",
    }
    "SELECTOR" {
        "src ADDR[/PLEN]" => SELECTOR "src",
        "dst ADDR[/PLEN]" => SELECTOR "dst",
        "dev DEV" => SELECTOR "dev",
        "proto { tcp | udp | sctp | dccp | PROTO }" => SELECTOR "proto",
        "sport PORT" => SELECTOR "sport",
        "dport PORT" => SELECTOR "dport",
        "proto { icmp | ipv6-icmp | mobility-header } type NUMBER" => SELECTOR "type",
        "code NUMBER" => SELECTOR "code",
        "proto gre key { DOTTED-QUAD | NUMBER }" => SELECTOR "key",
        "(no word) uid" => SELECTOR "uid",
    }
    "LIMIT" {
        "time-soft SECONDS" => LIMITS "time-soft",
        "time-hard SECONDS" => LIMITS "time-hard",
        "time-use-soft SECONDS" => LIMITS "time-use-soft",
        "time-use-hard SECONDS" => LIMITS "time-use-hard",
        "byte-soft SIZE" => LIMITS "byte-soft",
        "byte-hard SIZE" => LIMITS "byte-hard",
        "packet-soft COUNT" => LIMITS "packet-soft",
        "packet-hard COUNT" => LIMITS "packet-hard",
    }
    "ip xfrm policy { add | update }" {
        "add" => NODE "policies",
        "update" => POLICY "update",
        "dir { in | out | fwd }" => POLICY "dir",
        "ctx CTX" => POLICY "ctx",
        "mark MARK [ mask MASK ]" => POLICY "mark",
        "index INDEX" => POLICY "index",
        "ptype { main | sub }" => POLICY "ptype",
        "action { allow | block }" => POLICY "action",
        "priority PRIORITY" => POLICY "priority",
        "flag { localok | icmp }" => POLICY "flag",
        "if_id IF_ID" => POLICY "if_id",
        "limit LIMIT" => POLICY "limit",
        "offload packet dev DEV" => POLICY "offload",
        "tmpl TMPL" => POLICY "tmpl",
    }
    "TMPL" {
        "src ADDR" => TMPL "src",
        "dst ADDR" => TMPL "dst",
        "proto XFRM-PROTO" => TMPL "proto",
        "spi SPI" => TMPL "spi",
        "mode MODE" => TMPL "mode",
        "reqid REQID" => TMPL "reqid",
        "level { required | use }" => TMPL "level",
    }
    "ip xfrm policy, other commands" {
        "delete { SELECTOR | index INDEX } dir DIR" => DO "delete",
        "deleteall [ nosock ] [ SELECTOR ]" => DO "delete",
        "flush [ ptype PTYPE ]" => DO "flush",
        "set hthresh4 LBITS RBITS" => NODE "hthresh4",
        "set hthresh6 LBITS RBITS" => NODE "hthresh6",
        "setdefault in ACTION" => DEFAULTS "in",
        "setdefault fwd ACTION" => DEFAULTS "fwd",
        "setdefault out ACTION" => DEFAULTS "out",
        "(no word) migrate" => DO "migrate",
        "(no word) policies of a socket" => SOCKET "policies",
        "get" => reads "`xfrmlab shell`",
        "list [ nosock ]" => reads "`xfrmlab shell`",
        "count" => reads "`xfrmlab shell`",
        "getdefault" => reads "`xfrmlab shell`",
    }
    "ip link add ... type { vti | vti6 }" {
        "type { vti | vti6 }" => DEVICE "type",
        "remote ADDR" => DEVICE "remote",
        "local ADDR" => DEVICE "local",
        "key KEY" => DEVICE "key",
        "ikey KEY" => DEVICE "ikey",
        "okey KEY" => DEVICE "okey",
        "dev PHYS_DEV" => DEVICE "dev",
        "fwmark MARK" => DEVICE "fwmark",
    }
    "ip link add ... type xfrm" {
        "type xfrm" => DEVICE "type",
        "dev PHYS_DEV" => DEVICE "dev",
        "if_id IF-ID" => DEVICE "if_id",
        "external" => DEVICE "external",
    }
};
const SOCKET: &str = "SOCKET";

/// The rows that name a key that the language does not have.
pub fn unknown_keys(rows: &[IpOption]) -> Vec<String> {
    let tables = tables();
    let has = |table: &&TableMeta, key: &str| table.all_fields().any(|f| f.key == key);
    rows.iter()
        .filter_map(|row| match row.said {
            Said::Key(place, key) => {
                let found = tables.iter().any(|t| t.place == place && has(t, key));
                (!found).then(|| format!("`{}`: no key `{key}` in `{place}`", row.words))
            }
            Said::Reads(_) => None,
        })
        .collect()
}

/// The table as Markdown: the generated part of `topologies/ip.md`.
pub fn ip_options() -> String {
    let mut text = String::new();
    let mut command = "";
    for row in IP_OPTIONS {
        if row.command != command {
            command = row.command;
            // Writing to a `String` cannot fail.
            let _ = write!(text, "\n## `{command}`\n\n| `ip` | a file |\n|---|---|\n");
        }
        let words = row.words.replace('|', "\\|");
        let _ = match row.said {
            Said::Key(place, key) => writeln!(text, "| `{words}` | `{key}` of `{place}` |"),
            Said::Reads(place) => writeln!(text, "| `{words}` | sets nothing; {place} |"),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_key_that_is_there() {
        assert_eq!(unknown_keys(IP_OPTIONS), Vec::<String>::new());
    }

    #[test]
    fn a_row_with_a_key_that_is_not_there_is_found() {
        let wrong = IpOption {
            command: "ip xfrm state add",
            words: "reqid REQID",
            said: Said::Key(STATE, "requid"),
        };
        let found = unknown_keys(&[wrong]);
        assert_eq!(
            found,
            ["`reqid REQID`: no key `requid` in `nodes.NAME.states`"]
        );
    }
}
