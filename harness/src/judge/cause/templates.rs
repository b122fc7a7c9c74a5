//! Owns the comparison of SAs with what the templates of policies ask for. It never says what happened.

use std::cmp::Ordering;

use super::evidence::Evidence;
use super::selectors;
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::judge::story::{Event, Journey};
use crate::names::IfId;
use crate::plan::{DeviceKind, Dir, Level, Mode, Policy, State, Template};
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
        Ordering::Less => Some(name(format!(
            "{counted} SA opened it, asked for {}",
            wanted.len()
        ))),
        Ordering::Equal if counted > 1 => Some(name("they opened it in another order".to_owned())),
        Ordering::Equal => None,
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
pub(super) fn asked<'a>(policies: &[&'a Policy], dir: Dir, packet: &Line) -> Option<&'a Policy> {
    let fitting = policies
        .iter()
        .filter(|p| p.dir == dir && selectors::fits(&p.selector, packet));
    fitting.copied().min_by_key(|p| (!p.sub, p.priority))
}

/// In what the SAs to a template's peer are not what the template asks for, of the policy that was asked where that can
/// be seen.
pub(crate) fn outgoing(e: &Evidence<'_>) -> Option<String> {
    let policies = e.policies();
    let out: Vec<_> = policies.into_iter().filter(|p| p.dir == Dir::Out).collect();
    let plain = e.events().filter(|(_, ev)| !ev.kind.protected);
    let mut seen = plain.filter_map(|(_, ev)| {
        let device = ev.line.oif.as_deref().unwrap_or_default();
        asked_at(e, &out, device, ev.line.packet.as_ref()?)
    });
    let of = |policies: &[&Policy]| {
        let templates = policies
            .iter()
            .flat_map(|p| p.templates.iter().map(|t| (p.if_id, t)));
        let all = templates.flat_map(|(id, t)| {
            // In transport mode the packet's own addresses stand for those of the template.
            let meant =
                |s: &State| t.reqid.0 != 0 && t.mode != Mode::Transport && s.reqid == t.reqid;
            let mut near = e.states();
            near.retain(|s| s.dst == t.dst || meant(s));
            near.sort_by_key(|s| !meant(s));
            near.into_iter().map(move |s| differs(Dir::Out, id, t, s))
        });
        nearest(all.collect::<Vec<_>>().into_iter())
    };
    let of_seen = seen.find_map(|policy| of(&[policy]));
    of_seen.or_else(|| of(&out))
}

/// The policy that a packet is held against which is to leave through a device: that of an XFRM interface has its id.
fn asked_at<'a>(
    e: &Evidence<'_>,
    policies: &[&'a Policy],
    device: &str,
    packet: &Line,
) -> Option<&'a Policy> {
    let devices = &e.world.node(e.node)?.devices;
    let id = devices.iter().find_map(|d| match d.kind {
        DeviceKind::Xfrm { if_id, .. } if d.name == device => if_id,
        _ => None,
    });
    let of_id: Vec<&Policy> = policies.iter().filter(|p| p.if_id == id).copied().collect();
    asked(&of_id, Dir::Out, packet)
}

/// Of several comparisons the one with the fewest differences; none where one has no difference.
fn nearest(all: impl Iterator<Item = Vec<String>>) -> Option<String> {
    let least = all.min_by_key(Vec::len)?;
    (!least.is_empty()).then(|| least.join(", "))
}

/// As `xfrm_state_ok` compares what was received, and `xfrm_state_find` what is to be sent (`net/xfrm/xfrm_policy.c`,
/// `xfrm_state.c`, Linux 6.12): the destination of a template counts only for sending.
pub(super) fn differs(
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
    if template.mode != Mode::Transport {
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
