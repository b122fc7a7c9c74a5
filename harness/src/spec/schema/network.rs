//! Owns the tables of the network: nodes, their devices, links.

use super::{
    device::DeviceSpec,
    impair::NetemSpec,
    lines::EndLine,
    number::Mtu,
    offloads::OffloadsSpec,
    refusal::{Errno, refused_words},
    rules::RulesSpec,
    spd::{DefaultSpec, Thresholds},
    transform::{PolicySpec, StateSpec},
};
use crate::{
    plan::{EncapSocket, Neighbour, Route, Rule},
    spec::{
        decode::{Decoder, FromToml, Many, Named},
        diagnostic::shorten,
        meta::Kind,
        scalar::{Wrong, text},
        source::{Span, Spanned},
        table::table,
        value::{Data, Table, Value},
    },
};

table! {
    /// A node: one network namespace, and what is set up in it.
    pub(crate) struct NodeSpec in "nodes.NAME" {
        /// Whether the node forwards packets of both families (`net.ipv4.ip_forward` and
        /// `net.ipv6.conf.all.forwarding`).
        "forward" => forward: bool, default "false", example "true";
        /// Routes in the words of `ip route`: `[TYPE] DST [encap xfrm if_id N [link_dev D]] [via A] [dev D] [src A]
        /// [table T] [metric N] [mtu N] [scope S] [onlink]`. Types are `unicast`, `multicast`, `local`, `blackhole`,
        /// `unreachable`, `prohibit` and `throw`. A route that the kernel must refuse ends with `refused ERRNO` or
        /// `refused ERRNO: TEXT`, which its message must contain; likewise rules, neighbours and addresses of devices.
        "routes" => routes: Vec<Spanned<Route>>, default "none", example "[\"default via 10.0.1.1\"]",
            limit "`via` lies in a network of the node, or `onlink` is given";
        /// Settings by their `sysctl` names: numbers, strings or booleans. They come after the lab's own, so they win.
        /// One that the kernel must refuse is `"VALUE refused ERRNO"`.
        "sysctl" => sysctl: Sysctls, default "none",
            example "{ \"net.ipv4.conf.all.rp_filter\" = 1 }";
        /// Routing rules in the words of `ip rule`: `[inet6] [from P] [to P] [iif D] [oif D] [fwmark M/M] [ipproto P]
        /// [sport N] [dport N] [priority N]` and `lookup TABLE`, `blackhole`, `unreachable` or `prohibit`. A rule
        /// without an address is for IPv4 unless it begins with `inet6`.
        "rules" => rules: Vec<Spanned<Rule>>, default "none", example "[\"fwmark 0x1 lookup 100 priority 100\"]";
        /// Neighbours that do not age: `ADDRESS lladdr MAC dev DEVICE`.
        "neighbours" => neighbours: Vec<Spanned<Neighbour>>, default "none",
            example "[\"10.0.1.9 lladdr 02:00:00:00:00:09 dev eth0\"]";
        /// Devices beyond loopback and link ends, by name.
        "devices" => devices: Named<DeviceSpec>, default "none",
            example "{ vti0 = { type = \"vti\", local = \"192.0.2.1\", remote = \"192.0.2.2\", key = 42 } }";
        /// UDP encapsulation sockets (`UDP_ENCAP`) that stay open, by port or address and port.
        /// `refused ERRNO` behind one says that the kernel must refuse it.
        "encap" => encap: Many<EncapSocket>, default "none; a tunnel with `encap` brings its own",
            example "[\"4500\", \"[::]:4500\"]";
        /// States (SAs) in the words of `ip xfrm state`.
        "states" => states: Vec<Spanned<StateSpec>>, default "none",
            example "[{ src = \"3.0.0.1\", dst = \"5.0.0.1\", spi = 0x1000, mode = \"tunnel\", aead = \"rfc4106(gcm(aes))\" }]";
        /// Policies in the words of `ip xfrm policy`.
        "policies" => policies: Vec<Spanned<PolicySpec>>, default "none",
            example "[{ dir = \"out\", src = \"10.0.1.0/24\", dst = \"10.0.2.0/24\", tmpl = { src = \"3.0.0.1\", dst = \"5.0.0.1\", mode = \"tunnel\" } }]";
        /// What happens to packets that no policy matches (`ip xfrm policy setdefault`).
        "setdefault" => setdefault: DefaultSpec, default "all `accept`", example "{ out = \"block\" }";
        /// Prefix lengths, of the local and the remote side, from which IPv4 policies are hashed. `refused ERRNO` behind
        /// them says that the kernel must refuse them. Added in a step they hold for the policies that are there, too.
        "hthresh4" => hthresh4: Thresholds, default "the kernel's", example "\"24 32\"";
        /// The same for IPv6 policies.
        "hthresh6" => hthresh6: Thresholds, default "the kernel's", example "\"64 128\"";
        /// nftables rules as `nft -f` takes them, one text or several. `${spi SA}`, `${reqid NAME}`, `${mark NAME}` and
        /// `${if_id NAME}` stand for those of an SA, or of the policies of a tunnel. A text that the kernel must refuse
        /// is a table; it is loaded by itself, after the others.
        "nft" => nft: Many<RulesSpec>, default "none",
            example "\"table ip nat { chain post { type nat hook postrouting priority srcnat; } }\"";
        /// iptables rules as `iptables-restore` takes them, one text or several, with the same names as `nft`. They are
        /// loaded by `iptables-nft-restore`, after `nft`.
        "iptables" => iptables: Many<RulesSpec>, default "none",
            example "\"*nat\\n-A POSTROUTING -o eth1 -j MASQUERADE\\nCOMMIT\"";
        /// The same for IPv6, by `ip6tables-nft-restore`.
        "ip6tables" => ip6tables: Many<RulesSpec>, default "none",
            example "\"*filter\\n-A FORWARD -p esp -j DROP\\nCOMMIT\"";
    }
}

table! {
    /// A link: a veth pair with an end in each of two nodes; or a shared segment of more than two ends. A segment is
    /// a node with a bridge `br0` and a link to each end: `a>lan` is what `a` sends into it, `lan>b` what reaches `b`.
    pub(crate) struct LinkSpec in "links" {
        /// The ends: `NODE:DEVICE ADDRESS/PREFIX... [mac MAC]`. A MAC that is not given is
        /// derived from the names of node and device. An address may be `ADDRESS peer ADDRESS/PREFIX`, and may have a
        /// `scope` behind it, and `refused ERRNO` where the kernel must refuse it; `refused ERRNO: TEXT` ends the line.
        "ends" => ends: Ends, required,
            example "[\"h1:eth0 10.0.1.100/24\", \"r1:eth0 10.0.1.1/24\"]",
            limit "two ends or more; a device name has at most 15 bytes and is unique in its node";
        /// Name of a segment and of its node.
        "name" => name: String, default "`lan1`, `lan2` ... in the order of the file", example "\"lan\"",
            limit "more than two ends";
        /// MTU of all ends in bytes.
        "mtu" => mtu: Mtu, default "1500", example "1400";
        /// Whether segmentation, receive and checksum offloads of the ends, those of a segment's bridge too, stay on as
        /// the kernel has them; or the words of those that are on, while the others are off: `rx`, `tx`, `sg`, `tso`, `gso`,
        /// `gro`. Captures then show packets that no wire carries.
        "offloads" => offloads: OffloadsSpec, default "false", example "\"tx sg gso\"",
            limit "`tso` needs `sg` and `tx`, `gso` needs `sg`";
        /// Offloads of one end: `offloads_r1`.
        "offloads_*" => offloads_at: Named<OffloadsSpec>, default "as `offloads`", example "\"rx gro\"";
        /// What all ends, those of a segment's bridge too, do to packets that they send.
        "netem" => netem: NetemSpec, default "nothing", example "{ delay = \"10ms\" }";
        /// What one end does to packets that it sends: `netem_r1`.
        "netem_*" => netem_at: Named<NetemSpec>, default "as `netem`", example "{ loss = \"100%\" }";
        /// Bridge or VRF that an end belongs to: `master_r1`.
        "master_*" => master_at: Named<Master>, default "none", example "\"br0\"";
        /// How the kernel must refuse the link, and each link of a segment: `ERRNO`, or `ERRNO: TEXT` with words of its
        /// message. No device comes of it then.
        "refused" => refused: Errno, default "it must not", example "\"EADDRNOTAVAIL\"";
    }
}

/// The ends of a link, and how many were written: one that cannot be read is missing here.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Ends {
    pub(crate) list: Vec<Spanned<EndLine>>,
    pub(crate) written: usize,
}

impl FromToml for Ends {
    const KIND: Kind = <Vec<Spanned<EndLine>>>::KIND;

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        let list = Vec::from_toml(value, cx)?;
        let written = if let Data::Array(items) = &value.data {
            items.len()
        } else {
            0
        };
        Some(Self { list, written })
    }
}

text!(
    EncapSocket,
    "encapsulation socket, `PORT` or `ADDRESS:PORT`, then `refused ERRNO`",
    "4500",
    parse_encap_socket
);

fn parse_encap_socket(line: &str) -> Result<EncapSocket, Wrong> {
    let (text, refused) = refused_words(line)?;
    let text = text.trim();
    let socket = text
        .parse::<u16>()
        .map(|port| EncapSocket {
            address: std::net::Ipv4Addr::UNSPECIFIED.into(),
            port,
            refused: None,
        })
        .or_else(|_| {
            let place = text.parse::<std::net::SocketAddr>()?;
            Ok(EncapSocket {
                address: place.ip(),
                port: place.port(),
                refused: None,
            })
        });
    match socket {
        Ok(socket) if socket.port != 0 => Ok(EncapSocket { refused, ..socket }),
        Ok(_) => Err(Wrong::new("encapsulation socket has port 0")),
        Err::<_, std::net::AddrParseError>(_) => Err(Wrong::new(format!(
            "`{}` is not an encapsulation socket",
            shorten(text)
        ))
        .hint("`\"4500\"`, `\"10.0.0.1:4500\"` or `\"[::]:4500\"`")),
    }
}

/// A device that a link end belongs to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Master(pub(crate) String);

text!(Master, "name of a bridge or VRF", "br0", |text| Ok(Master(
    text.to_owned()
)));

/// Settings by dotted name, in the order of the file: of a whole namespace, or of one device.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sysctls<const WHOLE: bool = true>(pub(crate) Vec<(Spanned<String>, String)>);

impl<const WHOLE: bool> FromToml for Sysctls<WHOLE> {
    const KIND: Kind = Kind::Named(&Kind::Any);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        let Data::Table(table) = &value.data else {
            cx.mismatch(value, "a table of sysctl names");
            return None;
        };
        let mut settings = Vec::new();
        collect(table, "", cx, &mut settings);
        settings.retain(|(key, _)| check_sysctl(key, WHOLE, key.span, cx));
        Some(Self(settings))
    }
}

/// Unquoted dotted names are nested tables in TOML; both spellings mean the same here.
fn collect(
    table: &Table,
    prefix: &str,
    cx: &mut Decoder<'_>,
    settings: &mut Vec<(Spanned<String>, String)>,
) {
    for entry in &table.entries {
        let key = format!("{prefix}{}", entry.key);
        if let Data::Table(inner) = &entry.value.data {
            collect(inner, &format!("{key}."), cx, settings);
        } else if let Some(text) = setting(&entry.value, cx) {
            settings.push((Spanned::new(key, entry.span), text));
        }
    }
}

/// The value of one setting.
pub(crate) fn setting(value: &Value, cx: &mut Decoder<'_>) -> Option<String> {
    match &value.data {
        Data::Text(text) => match refused_words(text) {
            Ok(_) => Some(text.clone()),
            Err(wrong) => {
                let span = cx.inside(value.span, text, wrong.range.unwrap_or(0..text.len()));
                cx.problems.error(span, wrong.message).hint = wrong.hint;
                None
            }
        },
        Data::Integer(Some(n)) => Some(n.to_string()),
        Data::Boolean(b) => Some(u8::from(*b).to_string()),
        _ => {
            cx.mismatch(value, "a number, a string or a boolean");
            None
        }
    }
}

/// A name that stays below `/proc/sys/net`: other trees belong to the whole machine.
fn check_sysctl(key: &str, whole: bool, span: Span, cx: &mut Decoder<'_>) -> bool {
    let place = if whole {
        key.starts_with("net.")
    } else {
        key.starts_with("ipv4.") || key.starts_with("ipv6.")
    };
    let fits = place
        && !key.contains("..")
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
        && !key
            .split('/')
            .any(|part| part.is_empty() || part.chars().all(|c| c == '.'));
    if !fits {
        let (what, hint) = if whole {
            ("a network namespace", "names begin with `net.`")
        } else {
            ("a device", "names begin with `ipv4.` or `ipv6.`")
        };
        let message = format!("`{}` is not a sysctl of {what}", shorten(key));
        cx.problems.error(span, message).hint(hint);
    }
    fits
}
