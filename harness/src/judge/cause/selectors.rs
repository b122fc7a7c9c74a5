//! Owns selectors held against packets: those of policies, and those of SAs themselves. It never says what happened.

use super::evidence::Evidence;
use super::{templates, world};
use crate::plan::{Dir, Selector, State, Template};
use crate::wire::Line;

/// Whether a selector takes a packet, as far as its line shows it.
pub(super) fn fits(selector: &Selector, packet: &Line) -> bool {
    let port = |end: &Option<String>| -> Option<u16> {
        let text = end
            .as_deref()
            .filter(|t| t.parse::<std::net::IpAddr>().is_err())?;
        text.rsplit_once('.')
            .and_then(|(_, port)| port.parse().ok())
    };
    let Some((src, dst)) = world::ends(packet) else {
        return false;
    };
    let number = match packet.head.first().map(String::as_str) {
        Some("icmp") => Some(1),
        Some("ipip") => Some(4),
        Some("tcp") => Some(6),
        Some("udp") => Some(17),
        Some("gre") => Some(47),
        Some("esp") => Some(50),
        Some("ah") => Some(51),
        Some("icmp6") => Some(58),
        _ => None,
    };
    let agrees = |asked: Option<u16>, seen: Option<u16>| match (asked, seen) {
        (Some(asked), Some(seen)) => asked == seen,
        _ => true,
    };
    selector.src.contains(&src)
        && selector.dst.contains(&dst)
        && agrees(selector.proto.map(u16::from), number)
        && agrees(selector.sport, port(&packet.src))
        && agrees(selector.dport, port(&packet.dst))
}

/// The SA that a template asks for is there, and its own selector does not take what is to be sent through it
/// (`xfrm_state_look_at` in `net/xfrm/xfrm_state.c`, Linux 6.12).
pub(super) fn of_state(e: &Evidence<'_>) -> Option<String> {
    found(e, |state, packet| {
        let own = state.selector.as_ref()?;
        let (src, dst) = world::ends(packet)?;
        let words = words(own);
        (!fits(own, packet)).then(|| {
            format!("{} is what the policy's template asks for, but its own selector {words} does not take {} {src} > {dst}", state.name, packet.head.join(" "))
        })
    })
}

/// Likewise, and it has no selector: then it takes its own family alone, unless it has `af-unspec`.
pub(super) fn of_family(e: &Evidence<'_>) -> Option<String> {
    found(e, |state, packet| {
        let (src, dst) = world::ends(packet)?;
        let flagged = state.flags.iter().any(|f| f == "af-unspec");
        let open = flagged || state.selector.is_some();
        let family = |v4| if v4 { "IPv4" } else { "IPv6" };
        (!open && state.src.is_ipv4() != src.is_ipv4()).then(|| {
            format!("{} is what the policy's template asks for, but without `flag af-unspec` it takes {} alone, and not {src} > {dst}", state.name, family(state.src.is_ipv4()))
        })
    })
}

/// What holds of the SA that fits the template of the policy for a packet that this node is to send.
fn found(e: &Evidence<'_>, holds: impl Fn(&State, &Line) -> Option<String>) -> Option<String> {
    let policies = e.policies();
    let states = e.states();
    let plain = e.events().filter(|(_, ev)| !ev.kind.protected);
    let mut packets = plain.filter_map(|(_, ev)| ev.line.packet.as_ref());
    packets.find_map(|packet| {
        let policy = templates::asked(&policies, Dir::Out, packet)?;
        let of = |t: &Template| {
            let mut near = states.iter().filter(|s| s.dst == t.dst);
            near.find(|s| templates::differs(Dir::Out, policy.if_id, t, s).is_empty())
        };
        let state = policy.templates.iter().find_map(of)?;
        holds(state, packet)
    })
}

fn words(selector: &Selector) -> String {
    let mut out = format!("{} > {}", selector.src, selector.dst);
    let numbers = [
        ("proto", selector.proto.map(u16::from)),
        ("sport", selector.sport),
        ("dport", selector.dport),
    ];
    for (word, number) in numbers {
        if let Some(number) = number {
            out = format!("{out} {word} {number}");
        }
    }
    out
}
