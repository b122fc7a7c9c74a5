//! Owns the tables of `ip xfrm`: states, policies, templates, selectors, algorithms.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{
    encap::EncapLine,
    flags::{ExtraFlags, Flags, PolicyFlags},
    number::{IcmpNumber, IcvBits, Key, KeyNumber, Number, Port, ReplayWindow, parse_key},
    rare::{IptfsSpec, OffloadSpec},
    refusal::Errno,
    spd::LimitSpec,
};
use crate::{
    names::{IfId, Mark, Reqid, Spi},
    plan::{Dir, Level, Mode, PolicyAction, Proto, SaDir},
    spec::{
        decode::{Decoder, FromTable, FromToml, Many},
        diagnostic::shorten,
        meta::Kind,
        scalar::{Wrong, decode_text, parse_number, words},
        source::{Span, Spanned},
        table::table,
        value::{Data, Value},
    },
};

words!(Mode, "mode", {
    "transport" => Mode::Transport, "tunnel" => Mode::Tunnel, "beet" => Mode::Beet,
    "iptfs" => Mode::Iptfs, "ro" => Mode::Ro, "in_trigger" => Mode::InTrigger,
});
words!(Proto, "transform protocol", {
    "esp" => Proto::Esp, "ah" => Proto::Ah, "comp" => Proto::Comp,
    "route2" => Proto::Route2, "hao" => Proto::Hao,
});
words!(Dir, "direction", { "in" => Dir::In, "out" => Dir::Out, "fwd" => Dir::Fwd });
words!(PolicyAction, "action", { "allow" => PolicyAction::Allow, "block" => PolicyAction::Block });
words!(SaDir, "direction of an SA", { "in" => SaDir::In, "out" => SaDir::Out });
words!(PolicyType, "policy type", { "main" => PolicyType::Main, "sub" => PolicyType::Sub });
words!(Level, "level", { "required" => Level::Required, "use" => Level::Use });

table! {
    /// A state: one SA of one node, in the words of `ip xfrm state`.
    pub(crate) struct StateSpec in "nodes.NAME.states" {
        /// Name of the SA in expectations and reports, the same at both of its ends.
        "name" => name: String, default "the SPI, as `0x00001000`", example "\"door\"",
            limit "no blanks";
        /// Source address.
        "src" => src: IpAddr, required, example "\"3.0.0.1\"";
        /// Destination address; with `proto` and `spi` it is what an incoming packet is looked up by.
        "dst" => dst: IpAddr, required, example "\"5.0.0.1\"", limit "of the family of `src`";
        /// Transform protocol.
        "proto" => proto: Proto, default "esp", example "\"esp\"";
        /// Security Parameters Index.
        "spi" => spi: Spi, required, example "0x1000", limit "256 or more (`reserved-spi`)";
        /// Number that ties the SA to the templates of policies.
        "reqid" => reqid: Reqid, default "0", example "1";
        /// Mode.
        "mode" => mode: Mode, default "transport", example "\"tunnel\"";
        /// Algorithm with authentication and encryption in one.
        "aead" => aead: AlgSpec, default "none", example "\"rfc4106(gcm(aes))\"";
        /// Encryption.
        "enc" => enc: AlgSpec, default "none", example "\"cbc(aes)\"";
        /// Authentication with the kernel's ICV length for it.
        "auth" => auth: AlgSpec, default "none", example "\"hmac(sha1)\"";
        /// Authentication with an ICV length of its own.
        "auth-trunc" => auth_trunc: AlgSpec, default "none", example "\"hmac(sha256) 0x00 128\"";
        /// Encapsulation in UDP or TCP: `espinudp`, `espinudp-nonike` or `espintcp`, and `SPORT DPORT [OADDR]`.
        "encap" => encap: EncapLine, default "none", example "\"espinudp 4500 4500\"";
        /// Mark under which the SA is looked up.
        "mark" => mark: Mark, default "none", example "\"0x1/0xff\"";
        /// Mark that the SA sets on packets.
        "output-mark" => output_mark: Mark, default "none", example "\"0x1/0xff\"";
        /// XFRM interface that the SA belongs to.
        "if_id" => if_id: IfId, default "none", example "42";
        /// Replay window in packets; 0 switches replay protection off.
        "replay-window" => replay_window: ReplayWindow, default "0", example "32";
        /// Flags: `noecn`, `decap-dscp`, `nopmtudisc`, `wildrecv`, `icmp`, `af-unspec`, `align4`, `esn`.
        "flag" => flag: Flags, default "none", example "\"esn af-unspec\"";
        /// Compression, for `proto = "comp"`.
        "comp" => comp: String, default "deflate with `proto = \"comp\"`, else none", example "\"deflate\"";
        /// Extra flags: `dont-encap-dscp`, `oseq-may-wrap`.
        "extra-flag" => extra_flag: ExtraFlags, default "none", example "\"oseq-may-wrap\"";
        /// When it expires.
        "limit" => limit: LimitSpec, default "never", example "{ packet-hard = 5 }";
        /// Bytes up to which packets are padded (traffic flow confidentiality).
        "tfcpad" => tfcpad: Number, default "none", example "1000";
        /// Highest sequence number that counts as received.
        "replay-seq" => replay_seq: Number, default "0", example "100";
        /// Last sequence number that counts as sent.
        "replay-oseq" => replay_oseq: Number, default "0", example "0xfffffffe";
        /// Upper half of `replay-seq`.
        "replay-seq-hi" => replay_seq_hi: Number, default "0", example "1", limit "for ESN";
        /// Upper half of `replay-oseq`.
        "replay-oseq-hi" => replay_oseq_hi: Number, default "0", example "1", limit "for ESN";
        /// Care-of address.
        "coa" => coa: IpAddr, default "none", example "\"2001:db8::1\"";
        /// Direction in which alone the SA is used (Linux 6.10).
        "dir" => dir: SaDir, default "both", example "\"in\"";
        /// The errno with which the kernel must refuse the state.
        "refused" => refused: Errno, default "it must not", example "\"EEXIST\"";
        /// Sequence number of the acquire that the SA answers.
        "seq" => seq: Number, default "0", example "7";
        /// Security context. A kernel without an active `SELinux` drops it.
        "ctx" => ctx: String, default "none", example "\"system_u:object_r:ipsec_spd_t:s0\"";
        /// Offload to a device.
        "offload" => offload: OffloadSpec, default "none", example "{ dev = \"eth1\", dir = \"out\" }";
        /// CPU that the SA is for (Linux 6.13). An emulated guest has one, CPU 0.
        "pcpu-num" => pcpu_num: Number, default "none", example "0";
        /// Seconds between the NAT keepalives that the kernel sends (Linux 6.11). `ip` has no word for it.
        "nat-keepalive-interval" => nat_keepalive: Number, default "none", example "20",
            limit "with `encap` and `dir = \"out\"`";
        /// Parameters of `mode = "iptfs"` (Linux 6.14).
        "iptfs" => iptfs: IptfsSpec, default "the kernel's", example "{ pkt-size = 500 }";
        /// Whether the SPI is allocated first (`ip xfrm state allocspi`) and the SA then an update of what that
        /// made, as IKE daemons do.
        "allocspi" => allocspi: bool, default "false", example "true";
        /// Selector of the SA itself.
        "sel" => sel: SelectorSpec, default "none", example "{ src = \"10.0.1.0/24\", dst = \"10.0.2.0/24\" }";
    }
}

table! {
    /// What a policy or an SA applies to.
    pub(crate) struct SelectorSpec in "SELECTOR" {
        /// Source prefix.
        "src" => src: IpNet, default "any", example "\"10.0.1.0/24\"";
        /// Destination prefix.
        "dst" => dst: IpNet, default "any", example "\"10.0.2.0/24\"", limit "of the family of `src`";
        /// Upper-layer protocol, by name or number.
        "proto" => proto: UpperProto, default "any", example "\"udp\"";
        /// Source port.
        "sport" => sport: Port, default "any", example "500";
        /// Destination port.
        "dport" => dport: Port, default "any", example "500";
        /// Type of an ICMP, ICMPv6 or mobility message: what `sport` says of other protocols.
        "type" => icmp_type: IcmpNumber, default "any", example "8", limit "with their `proto`";
        /// Code of such a message: what `dport` says of other protocols.
        "code" => code: IcmpNumber, default "any", example "0", limit "with their `proto`";
        /// GRE key: both ports in one.
        "key" => key: KeyNumber, default "any", example "42", limit "with `proto = \"gre\"`";
        /// Device.
        "dev" => dev: String, default "any", example "\"eth1\"";
        /// User id. The kernel keeps it and compares nothing with it; `ip` has no word for it.
        "uid" => uid: Number, default "0", example "1000";
    }
}

table! {
    /// A policy of one node, in the words of `ip xfrm policy`.
    pub(crate) struct PolicySpec in "nodes.NAME.policies" {
        include selector: SelectorSpec;
        /// Name of the policy in reports and in the selectors of variants.
        "name" => name: String, default "`policy`", example "\"door\"", limit "no blanks";
        /// Direction: `in` for what this node receives, `fwd` for what it forwards after
        /// decapsulation, `out` for what it sends or forwards.
        "dir" => dir: Dir, required, example "\"fwd\"";
        /// What becomes of a packet that matches.
        "action" => action: PolicyAction, default "allow", example "\"block\"";
        /// Priority: the smaller number is looked at first.
        "priority" => priority: Number, default "0", example "100";
        /// Mark that a packet must have.
        "mark" => mark: Mark, default "none", example "\"0x1/0xff\"";
        /// XFRM interface that the policy belongs to.
        "if_id" => if_id: IfId, default "none", example "42";
        /// Policy index; its low three bits are the direction.
        "index" => index: Number, default "chosen by the kernel", example "8";
        /// Type: `sub` policies are looked at before `main` ones, and both apply.
        "ptype" => ptype: PolicyType, default "main", example "\"sub\"";
        /// Flags: `localok`, `icmp`.
        "flag" => flag: PolicyFlags, default "none", example "\"icmp\"";
        /// When it expires.
        "limit" => limit: LimitSpec, default "never", example "{ time-hard = 60 }";
        /// Security context. A kernel without an active `SELinux` drops it.
        "ctx" => ctx: String, default "none", example "\"system_u:object_r:ipsec_spd_t:s0\"";
        /// Device that the policy is offloaded to (`offload packet dev DEV`).
        "offload" => offload: String, default "none", example "\"eth1\"", limit "a device of the node";
        /// Whether it replaces the policy of the same direction, selector, mark and `if_id` (`ip xfrm policy update`).
        "update" => update: bool, default "false", example "true";
        /// The errno with which the kernel must refuse the policy.
        "refused" => refused: Errno, default "it must not", example "\"EEXIST\"";
        /// What the SAs must be, outermost last.
        "tmpl" => tmpl: Many<TemplateSpec>, default "none: matching packets pass in clear",
            example "{ src = \"3.0.0.1\", dst = \"5.0.0.1\", mode = \"tunnel\" }";
    }
}

table! {
    /// A template: what a policy asks of an SA.
    pub(crate) struct TemplateSpec in "nodes.NAME.policies.tmpl" {
        /// Source address of the SA.
        "src" => src: IpAddr, default "any", example "\"3.0.0.1\"";
        /// Destination address of the SA.
        "dst" => dst: IpAddr, default "any", example "\"5.0.0.1\"", limit "of the family of `src`";
        /// Transform protocol.
        "proto" => proto: Proto, default "esp", example "\"esp\"";
        /// SPI of the SA; 0 takes any.
        "spi" => spi: Spi, default "0", example "0x1000";
        /// Reqid of the SA.
        "reqid" => reqid: Reqid, default "0", example "1";
        /// Mode.
        "mode" => mode: Mode, default "transport", example "\"tunnel\"";
        /// Whether packets that did not go through such an SA are dropped.
        "level" => level: Level, default "required", example "\"use\"";
    }
}

table! {
    /// An algorithm and its key.
    pub(crate) struct AlgTable in "ALGORITHM" {
        /// The kernel's name.
        "alg" => alg: String, required, example "\"rfc4106(gcm(aes))\"";
        /// Key, salt included.
        "key" => key: Key, default "derived from the SA's name", example "\"0x00\"",
            limit "of a length that the algorithm has (`key-length`)";
        /// ICV length in bits.
        "icv" => icv: IcvBits, default "128 for `aead`", example "96",
            limit "a length that the algorithm has (`icv-length`)";
    }
}

/// Which of the two policy databases of a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PolicyType {
    Main,
    Sub,
}

/// An algorithm as a table, or in the words of `ip xfrm`: `NAME [KEY [ICV]]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct AlgSpec(pub(crate) AlgTable);

impl FromToml for AlgSpec {
    const KIND: Kind = Kind::Either(&[
        Kind::Text {
            name: "algorithm, `NAME [KEY [ICV]]`",
            example: "rfc4106(gcm(aes))",
        },
        Kind::Table(<AlgTable as FromTable>::META),
    ]);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        match value.data {
            Data::Table(_) => AlgTable::from_toml(value, cx).map(Self),
            _ => decode_text(value, cx, &Self::KIND, |text| {
                parse_algorithm(text, value.span)
            }),
        }
    }
}

fn parse_algorithm(text: &str, span: Span) -> Result<AlgSpec, Wrong> {
    let mut words = super::lines::words_of(text);
    let mut alg = AlgTable {
        span,
        ..AlgTable::default()
    };
    let (_, name) = words
        .next()
        .ok_or_else(|| Wrong::new("algorithm is empty"))?;
    alg.alg = Some(Spanned::new(name.to_owned(), span));
    if let Some((at, word)) = words.next() {
        alg.key = Some(Spanned::new(parse_key(word).map_err(|w| w.at(at))?, span));
    }
    if let Some((at, word)) = words.next() {
        let bits = parse_number(word).and_then(|n| u32::try_from(n).ok());
        let bits = bits.ok_or_else(|| Wrong::new("ICV length is not a number").at(at))?;
        alg.icv = Some(Spanned::new(IcvBits(bits), span));
    }
    match words.next() {
        Some((at, word)) => {
            Err(Wrong::new(format!("`{}` after the ICV length", shorten(word))).at(at))
        }
        None => Ok(AlgSpec(alg)),
    }
}

/// An upper-layer protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UpperProto(pub(crate) u8);

/// Names of `/etc/protocols` that selectors use, with the IANA numbers.
const UPPER: &[(&str, u8)] = &[
    ("icmp", 1),
    ("ipip", 4),
    ("tcp", 6),
    ("udp", 17),
    ("dccp", 33),
    ("ipv6", 41),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ospf", 89),
    ("sctp", 132),
    ("mobility-header", 135),
];

/// The protocol of a name of [`UPPER`], or of a number.
pub(crate) fn upper_proto(text: &str) -> Option<u8> {
    let named = UPPER.iter().find(|(name, _)| *name == text);
    named.map(|(_, n)| *n).or_else(|| text.parse().ok())
}

impl FromToml for UpperProto {
    const KIND: Kind = Kind::Either(&[
        Kind::Integer {
            name: "upper-layer protocol",
            min: 0,
            max: 255,
        },
        Kind::Text {
            name: "name of one",
            example: "udp",
        },
    ]);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        if let Data::Integer(number) = value.data {
            let number = number.and_then(|n| u8::try_from(n).ok());
            if number.is_none() {
                cx.problems
                    .error(value.span, "upper-layer protocol must be 0 to 255");
            }
            return number.map(Self);
        }
        let Data::Text(text) = &value.data else {
            cx.mismatch(value, &Self::KIND.phrase());
            return None;
        };
        if let Some((_, number)) = UPPER.iter().find(|(name, _)| name == text) {
            return Some(Self(*number));
        }
        let names: Vec<&str> = UPPER.iter().map(|(name, _)| *name).collect();
        cx.problems
            .unknown(value.span, "upper-layer protocol", text, &names);
        None
    }
}
