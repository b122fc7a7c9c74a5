//! Owns the comparison of SAs with what the templates of policies ask for. It never says what happened.

use std::cmp::Ordering;

use super::evidence::Evidence;
use super::world;
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::judge::story::{Event, Journey};
use crate::names::IfId;
use crate::plan::{Dir, Level, Policy, State, Template};
use crate::wire::Line;

/// In what the SAs that opened a packet are not what the policy asks for that was held against it.
pub(crate) fn incoming(e: &Evidence<'_>) -> Option<String> {
    let journeys = e.story.journeys.iter().filter(|j| j.is_flow());
    journeys.into_iter().find_map(|j| in_journey(e, j))
}

fn in_journey(e: &Evidence<'_>, journey: &Journey) -> Option<String> {
    let here = || journey.events.iter().filter(|ev| ev.node == e.node);
    let names: Vec<&str> = here()
        .filter(|ev| ev.line.place == Place::Decode)
        .filter_map(|ev| ev.line.sa.as_deref())
        .collect();
    let all = e.states();
    let opened: Vec<&State> = all
        .into_iter()
        .filter(|s| names.contains(&s.name.as_str()))
        .collect();
    let last = here().rfind(|ev| ev.line.place == Place::Decode)?;
    // What came out, which may have an envelope of its own.
    let out: Vec<_> = here().filter(|ev| ev.ts_ns > last.ts_ns).collect();
    let at = |hook| out.iter().find(|ev| ev.line.place == Place::Hook(hook));
    let dir = if at(Hook::Input).is_some() {
        Dir::In
    } else {
        Dir::Fwd
    };
    let packet = at(Hook::Prerouting).or(at(Hook::Input));
    let packet = packet.and_then(|ev| ev.line.packet.as_ref());
    let policies = e.policies();
    let policy = asked(&policies, dir, packet.unwrap_or(&journey.packet))?;
    let name = |what: String| match policy.name.as_str() {
        "policy" => what,
        name => format!("{what} (policy {name})"),
    };
    let (wanted, counted) = (&policy.templates, opened.len());
    let mut unmet = wanted.iter().filter_map(|t| {
        let all = opened.iter().map(|s| differs(dir, policy.if_id, t, s));
        nearest(all)
    });
    if let Some(what) = unmet.next() {
        return Some(name(what));
    }
    match counted.cmp(&wanted.len()) {
        Ordering::Greater => Some(name(format!(
            "{counted} SAs opened it, asked for {}",
            wanted.len()
        ))),
        Ordering::Equal if counted > 1 => Some(name("they opened it in another order".to_owned())),
        _ => None,
    }
}

/// The policy that asks for IPsec of a packet that came to this node in clear.
pub(crate) fn in_clear<'a>(e: &Evidence<'a>) -> Option<&'a Policy> {
    let policies = e.policies();
    let journeys = e.story.journeys.iter().filter(|j| j.is_flow());
    journeys.into_iter().find_map(|journey| {
        let here = || journey.events.iter().filter(|ev| ev.node == e.node);
        let enveloped = |ev: &Event| ev.kind.protected || ev.line.place == Place::Decode;
        if here().any(enveloped) {
            return None;
        }
        let at = |hook| here().find(move |ev| ev.line.place == Place::Hook(hook));
        let dir = if at(Hook::Input).is_some() {
            Dir::In
        } else {
            Dir::Fwd
        };
        let packet = at(Hook::Prerouting)?.line.packet.as_ref()?;
        let policy = asked(&policies, dir, packet)?;
        let asks = policy.templates.iter().any(|t| t.level == Level::Required);
        asks.then_some(policy)
    })
}

/// The policy of this direction that a packet is held against: of those that fit it the one with the smallest
/// priority, and of these the first.
fn asked<'a>(policies: &[&'a Policy], dir: Dir, packet: &Line) -> Option<&'a Policy> {
    let fitting = policies.iter().filter(|p| p.dir == dir && fits(p, packet));
    fitting.copied().min_by_key(|p| (!p.sub, p.priority))
}

fn fits(policy: &Policy, packet: &Line) -> bool {
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
    let selector = &policy.selector;
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

/// In what the SAs to a template's peer are not what the template asks for.
pub(crate) fn outgoing(e: &Evidence<'_>) -> Option<String> {
    let policies = e.policies().into_iter().filter(|p| p.dir == Dir::Out);
    let templates = policies.flat_map(|p| p.templates.iter().map(move |t| (p.if_id, t)));
    let all = templates.flat_map(|(id, t)| {
        let near = e.states().into_iter().filter(|s| s.dst == t.dst);
        near.map(move |s| differs(Dir::Out, id, t, s))
    });
    nearest(all)
}

/// The SA that a template asks for is there, and its own selector does not take what is to be sent through it
/// (`xfrm_state_look_at` in `net/xfrm/xfrm_state.c`, Linux 6.12).
pub(crate) fn selector(e: &Evidence<'_>) -> Option<String> {
    let policies = e.policies();
    let states = e.states();
    let plain = e.events().filter(|(_, ev)| !ev.kind.protected);
    let mut packets = plain.filter_map(|(_, ev)| ev.line.packet.as_ref());
    packets.find_map(|packet| {
        let policy = asked(&policies, Dir::Out, packet)?;
        let of = |t: &Template| {
            let mut near = states.iter().filter(|s| s.dst == t.dst);
            near.find(|s| differs(Dir::Out, policy.if_id, t, s).is_empty())
                .copied()
        };
        let state = policy.templates.iter().find_map(of)?;
        let own = state.selector.as_ref()?;
        let (src, dst) = world::ends(packet)?;
        (!own.src.contains(&src) || !own.dst.contains(&dst)).then(|| {
            let name = &state.name;
            format!("{name} is what the policy's template asks for, but its own selector {} > {} does not take {src} > {dst}", own.src, own.dst)
        })
    })
}

/// Of several comparisons the one with the fewest differences; none where one has no difference.
fn nearest(all: impl Iterator<Item = Vec<String>>) -> Option<String> {
    let least = all.min_by_key(Vec::len)?;
    (!least.is_empty()).then(|| least.join(", "))
}

/// As `xfrm_state_ok` compares what was received, and `xfrm_state_find` what is to be sent (`net/xfrm/xfrm_policy.c`,
/// `xfrm_state.c`, Linux 6.12): the destination of a template counts only for sending.
fn differs(
    dir: Dir,
    policy_if_id: Option<IfId>,
    template: &Template,
    state: &State,
) -> Vec<String> {
    let mut out = Vec::new();
    let mut compare = |what: &str, asked: String, has: String| {
        if asked != has {
            out.push(format!("{what} {has}, asked for {asked}"));
        }
    };
    compare(
        "protocol",
        template.proto.word().into(),
        state.proto.word().into(),
    );
    compare(
        "mode",
        template.mode.word().into(),
        state.mode.word().into(),
    );
    if template.reqid.0 != 0 {
        compare("reqid", template.reqid.to_string(), state.reqid.to_string());
    }
    if template.spi.0 != 0 {
        compare("SPI", template.spi.to_string(), state.spi.to_string());
    }
    if template.mode != crate::plan::Mode::Transport {
        for (what, asked, has) in [
            ("source address", template.src, state.src),
            ("destination address", template.dst, state.dst),
        ] {
            let counts = what == "source address" || dir == Dir::Out;
            if counts && !asked.is_unspecified() {
                compare(what, asked.to_string(), has.to_string());
            }
        }
    }
    if let Some(asked) = policy_if_id {
        let has = state
            .if_id
            .map_or_else(|| "none".to_owned(), |i| i.to_string());
        compare("if_id", asked.to_string(), has);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut State), expected: &str) {
        let text = include_str!("../../../../topologies/seeds/gateway-pair.toml");
        let source = crate::spec::Source::new("gateway-pair.toml", text);
        let document = crate::spec::parse(&source).unwrap();
        let plan = crate::spec::resolve(&document, None, &[]).unwrap();
        let node = plan.node("r2").unwrap();
        let template = node
            .policies
            .iter()
            .find(|p| p.dir == Dir::Fwd)
            .map(|p| p.templates[0].clone())
            .unwrap();
        let mut state = State {
            src: template.src,
            dst: template.dst,
            proto: template.proto,
            mode: template.mode,
            reqid: template.reqid,
            ..node.states[0].clone()
        };
        change(&mut state);
        assert_eq!(
            differs(Dir::Fwd, None, &template, &state).join("; "),
            expected
        );
    }

    #[test]
    fn what_differs_is_told_apart() {
        check(|_| {}, "");
        check(
            |s| s.mode = crate::plan::Mode::Transport,
            "mode transport, asked for tunnel",
        );
        check(
            |s| s.proto = crate::plan::Proto::Ah,
            "protocol ah, asked for esp",
        );
        check(
            |s| s.src = "3.0.0.9".parse().unwrap(),
            "source address 3.0.0.9, asked for 3.0.0.1",
        );
    }

    /// The kernel looks an SA up by the destination when it sends, and does not compare it when it receives.
    #[test]
    fn the_destination_is_compared_at_sending_alone() {
        check(|s| s.dst = "5.0.0.9".parse().unwrap(), "");
    }
}
