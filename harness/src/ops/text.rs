//! Owns the text face of an operation: the `ip`, `nft`, `sysctl` or `ethtool` line that does
//! the same by hand. It never runs one.

use std::fmt::Write as _;

use super::{
    Op,
    text_device::{device_words, netem_words},
    text_rule::rule_words,
    text_socket::{AWAIT, refused_socat, socat},
    text_xfrm::{
        allocation_words, default_words, policy_id_words, policy_words, state_id_words, state_words,
    },
    unsaid::{of_policy, of_state},
};
use crate::plan::{
    End, HashThresholds, IfAddress, Object, OffloadFeature, Route, RouteKind, Sysctl, XfrmEncap,
};

/// The whole script as text, one operation a line (nftables rules as a here-document, the sysctls of a node
/// as one command).
pub fn render(ops: &[Op]) -> String {
    let mut out = String::new();
    let mut ops = ops.iter().peekable();
    while let Some(op) = ops.next() {
        out.push_str(&line(op));
        if let Op::Sysctl { node, .. } = op {
            while let Some(Op::Sysctl { sysctl, .. }) =
                ops.next_if(|next| matches!(next, Op::Sysctl { node: same, .. } if same == node))
            {
                let _ = write!(out, " \\\n    {}", setting(sysctl));
            }
        }
        out.push('\n');
        if let Op::OpenEncapSocket { node, socket } = op {
            let _ = writeln!(out, "{AWAIT} {node} {}", socket.port);
        }
    }
    out
}

/// One operation as a shell line.
#[expect(
    clippy::too_many_lines,
    reason = "a table: one arm of a line or two for each operation"
)]
pub fn line(op: &Op) -> String {
    match op {
        Op::AddNode { node } => format!("ip netns add {node} && ip -n {node} link set lo up"),
        Op::Sysctl { node, sysctl } => {
            format!("ip netns exec {node} sysctl -qw {}", setting(sysctl))
        }
        Op::AddVeth {
            ends: [a, b], mtu, ..
        } => {
            format!(
                "ip link add {} type veth peer {}",
                veth_end(a, *mtu),
                veth_end(b, *mtu)
            )
        }
        Op::AddDevice { node, device } => {
            format!("ip -n {node} link add {}", device_words(device))
        }
        Op::MoveDevice { node, to, device } => {
            format!("ip -n {node} link set dev {device} netns {to}")
        }
        Op::SetMaster {
            node,
            device,
            master,
        } => format!("ip -n {node} link set dev {device} master {master}"),
        Op::AddNetem {
            node,
            device,
            netem,
        } => format!(
            "tc -n {node} qdisc add dev {device} root netem{}",
            netem_words(netem)
        ),
        Op::Offloads { node, device, on } => {
            let word = |feature: OffloadFeature| {
                let state = if on.contains(&feature) { "on" } else { "off" };
                format!(" {} {state}", feature.word())
            };
            let words: String = OffloadFeature::ALL.map(word).concat();
            format!("ip netns exec {node} ethtool -K {device}{words}")
        }
        Op::AddAddress {
            node,
            device,
            address,
            nodad,
        } => {
            let nodad = if *nodad { " nodad" } else { "" };
            format!(
                "ip -n {node} address add {} dev {device}{nodad}",
                address_words(address)
            )
        }
        Op::Up { node, device } => format!("ip -n {node} link set dev {device} up"),
        Op::AddNeighbour { node, neighbour } => format!(
            "ip -n {node} neighbour add {} lladdr {} dev {} nud permanent",
            neighbour.address,
            mac(neighbour.mac),
            neighbour.device
        ),
        Op::AddRule { node, rule } => {
            let family = if rule.v6 { " -6" } else { "" };
            format!("ip -n {node}{family} rule add {}", rule_words(rule))
        }
        Op::AddRoute { node, route } => format!("ip -n {node} route add {}", route_words(route)),
        Op::Nft { node, text, .. } => {
            format!(
                "ip netns exec {node} nft -f - <<'EOF'\n{}\nEOF",
                text.trim_matches('\n')
            )
        }
        Op::Iptables { node, rules } => {
            let six = if rules.v6 { "6" } else { "" };
            format!(
                "ip netns exec {node} ip{six}tables-nft-restore <<'EOF'\n{}\nEOF",
                rules.text.trim_matches('\n')
            )
        }
        Op::OpenEncapSocket { node, socket } => {
            format!("ip netns exec {node} {} &", socat(socket))
        }
        Op::Refused { op, .. } => negated(op),
        Op::DeleteObject { node, object } => format!("ip {}", deletion(node, object)),
        Op::FlushNft { node } => format!("ip netns exec {node} nft flush ruleset"),
        Op::FlushConntrack { node } => format!("ip netns exec {node} conntrack -F"),
        Op::Down { node, device } => format!("ip -n {node} link set dev {device} down"),
        Op::SetDefaultPolicy { node, default } => {
            format!(
                "ip -n {node} xfrm policy setdefault {}",
                default_words(default)
            )
        }
        Op::SetHashThresholds {
            node,
            v6,
            thresholds: HashThresholds { local, remote, .. },
        } => {
            let family = if *v6 { 6 } else { 4 };
            format!("ip -n {node} xfrm policy set hthresh{family} {local} {remote}")
        }
        Op::AllocateSpi { node, request } => {
            let words = allocation_words(request);
            format!("ip -n {node} xfrm state allocspi {words}")
        }
        Op::AddState { node, state } => of_state(
            state,
            format!("ip -n {node} xfrm state add {}", state_words(state)),
        ),
        Op::AddPolicy { node, policy } => {
            let verb = if policy.update { "update" } else { "add" };
            of_policy(
                policy,
                format!("ip -n {node} xfrm policy {verb} {}", policy_words(policy)),
            )
        }
        Op::UpdateState { node, state } => of_state(
            state,
            format!("ip -n {node} xfrm state update {}", state_words(state)),
        ),
        Op::DeleteState { node, state } => {
            format!("ip -n {node} xfrm state delete {}", state_id_words(state))
        }
        Op::DeletePolicy { node, policy } => {
            format!(
                "ip -n {node} xfrm policy delete {}",
                policy_id_words(policy)
            )
        }
        Op::FlushStates { node, proto } => {
            let proto = proto.map_or_else(String::new, |p| format!(" proto {}", p.word()));
            format!("ip -n {node} xfrm state flush{proto}")
        }
        Op::FlushPolicies { node, sub } => {
            let ptype = if *sub { " ptype sub" } else { "" };
            format!("ip -n {node} xfrm policy flush{ptype}")
        }
        Op::ExpireState { node, state, hard } => format!(
            "# `ip` has no word for it: {node} xfrm state expire {} {}",
            state_id_words(state),
            end(*hard)
        ),
        Op::ExpirePolicy { node, policy, hard } => format!(
            "# `ip` has no word for it: {node} xfrm policy expire {} {}",
            policy_id_words(policy),
            end(*hard)
        ),
        Op::Migrate { node, migration } => {
            let ends = migration.ends.iter();
            let ends: Vec<String> = ends
                .map(|(src, dst)| format!("to src {src} dst {dst}"))
                .collect();
            format!(
                "# `ip` has no word for it: {node} xfrm policy migrate {} {}",
                policy_id_words(&migration.policy),
                ends.join(" ")
            )
        }
    }
}

/// The words behind `ip` that delete an object.
fn deletion(node: &str, object: &Object) -> String {
    match object {
        Object::Address { device, address } => {
            let words = address_words(address);
            format!("-n {node} address del {words} dev {device}")
        }
        Object::Route(route) => format!("-n {node} route del {}", route_words(route)),
        Object::Rule(rule) => {
            let family = if rule.v6 { " -6" } else { "" };
            format!("-n {node}{family} rule del {}", rule_words(rule))
        }
        Object::Neighbour(neighbour) => format!(
            "-n {node} neighbour del {} dev {}",
            neighbour.address, neighbour.device
        ),
        Object::Device(device) => format!("-n {node} link del {}", device.name),
        Object::Encap(socket) => format!("netns exec {node} fuser -k {}/udp", socket.port),
    }
}

/// Which limit has passed.
fn end(hard: bool) -> &'static str {
    if hard { "hard" } else { "soft" }
}

/// `10.0.1.1/24`, `10.0.1.1 peer 10.0.1.2/32 scope link`.
pub(crate) fn address_words(address: &IfAddress) -> String {
    let mut words = match address.peer {
        Some(peer) => format!("{} peer {peer}/{}", address.address, address.prefix),
        None => format!("{}/{}", address.address, address.prefix),
    };
    if let Some(scope) = address.scope {
        let _ = write!(words, " scope {}", scope.word());
    }
    words
}

fn veth_end(end: &End, mtu: Option<u32>) -> String {
    let mut words = format!(
        "name {} netns {} address {}",
        end.device,
        end.node,
        mac(end.mac)
    );
    if let Some(mtu) = mtu {
        let _ = write!(words, " mtu {mtu}");
    }
    words
}

/// `02:00:5e:10:00:01`.
pub(super) fn mac(bytes: [u8; 6]) -> String {
    bytes.map(|b| format!("{b:02x}")).join(":")
}

/// The words behind `ip route add`.
pub(crate) fn route_words(route: &Route) -> String {
    let mut words = String::new();
    if route.kind != RouteKind::Unicast {
        let _ = write!(words, "{} ", route.kind.word());
    }
    if route.dst.prefix_len() == 0 && route.dst.addr().is_unspecified() {
        words.push_str(if route.dst.addr().is_ipv6() {
            "::/0"
        } else {
            "default"
        });
    } else {
        let _ = write!(words, "{}", route.dst);
    }
    let mut word = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(words, " {key} {value}");
        }
    };
    word("via", route.via.map(|a| a.to_string()));
    word("dev", route.dev.clone());
    word("src", route.src.map(|a| a.to_string()));
    word(
        "table",
        (route.table != 254).then(|| route.table.to_string()),
    );
    word("metric", route.metric.map(|m| m.to_string()));
    word("mtu", route.mtu.map(|m| m.to_string()));
    word("scope", route.scope.map(|s| s.word().to_owned()));
    if route.onlink {
        words.push_str(" onlink");
    }
    // Last: `ip` passes over every word behind those of `encap xfrm` (iproute2 6.15), and without a device the kernel
    // answers ENODEV.
    if let Some(encap) = &route.encap {
        let _ = write!(words, " encap {}", encap_words(encap));
    }
    words
}

fn encap_words(encap: &XfrmEncap) -> String {
    let link = encap.link_dev.as_ref().map(|d| format!(" link_dev {d}"));
    format!("xfrm if_id {}{}", encap.if_id, link.unwrap_or_default())
}

/// `net.ipv4.ip_forward=1`.
fn setting(sysctl: &Sysctl) -> String {
    format!("{}={}", sysctl.key, quoted(&sysctl.value))
}

/// A command that must fail: the shell goes on after a failed command that is negated, and ends here when it did not
/// fail.
fn negated(op: &Op) -> String {
    match op {
        // What stands behind a text's end would be the text's.
        Op::Nft { .. } | Op::Iptables { .. } => line(op)
            .replacen(" <<'EOF'\n", " <<'EOF' || exit 1\n", 1)
            .replacen("ip ", "! ip ", 1),
        Op::OpenEncapSocket { node, socket } => refused_socat(node, socket),
        op => format!("! {} || exit 1", line(op)),
    }
}

/// Shell quoting for values with anything but plain characters.
pub fn quoted(value: &str) -> String {
    let plain = !value.is_empty()
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._-:/".contains(&b));
    if plain {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}
