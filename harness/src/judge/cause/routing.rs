//! Owns what was seen held against the routes and addresses of the file, where routing ended a packet without a word.

use super::{evidence::Evidence, world};
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::plan::RouteKind;

/// A route whose kind is to end packets.
pub(super) fn fib(e: &Evidence<'_>) -> Option<String> {
    let event = e.last_at(Hook::Prerouting)?;
    let dst = world::address(event.line.packet.as_ref()?.dst.as_deref()?)?;
    let route = world::route(e.plan, e.node, dst)?;
    let kind = match route.kind {
        RouteKind::Blackhole => "blackhole",
        RouteKind::Unreachable => "unreachable",
        RouteKind::Prohibit => "prohibit",
        _ => return None,
    };
    Some(format!("the route for {dst} is `{kind} {}`", route.dst))
}

/// A packet that came in with an address of the node itself for its source.
pub(super) fn own_source(e: &Evidence<'_>) -> Option<String> {
    let event = e.last_at(Hook::Prerouting)?;
    let src = world::address(event.line.packet.as_ref()?.src.as_deref()?)?;
    let iif = event.line.iif.as_deref()?;
    let why = "an address of this node itself, and no node takes such a packet";
    world::owns(e.plan, e.node, src)
        .then(|| format!("it came in through {iif} with {src} as its source, {why}"))
}

/// A packet that came by again and again.
pub(super) fn goes_round(e: &Evidence<'_>) -> Option<String> {
    let times = |journey: &crate::judge::story::Journey, node: &str| {
        let place = Place::Hook(Hook::Forward);
        let here = journey.events.iter().filter(|ev| ev.node == node);
        here.filter(|ev| ev.line.place == place).count()
    };
    let journeys = e.story.journeys.iter().filter(|j| j.is_flow());
    let most = journeys.map(|j| times(j, e.node)).max()?;
    (most > 2).then(|| format!("the packet came by {most} times before its hop limit ran out"))
}

/// A source whose way back is another one.
pub(super) fn rp_filter(e: &Evidence<'_>) -> Option<String> {
    let event = e.last_at(Hook::Prerouting)?;
    let came = event.line.iif.as_deref()?;
    let set = |device: &str| {
        world::sysctl(
            e.plan,
            e.node,
            e.step,
            &format!("net.ipv4.conf.{device}.rp_filter"),
        )
    };
    let value = set("all").max(set(came))?;
    let src = world::address(event.line.packet.as_ref()?.src.as_deref()?)?;
    let back = world::device_to(e.plan, e.node, src);
    match (value, back) {
        (1, Some(back)) if back != came => Some(format!(
            "rp_filter is 1, and the way back to {src} leaves through {back}, not {came}"
        )),
        (1 | 2, None) => Some(format!(
            "rp_filter is {value}, and there is no way back to {src}"
        )),
        _ => None,
    }
}
