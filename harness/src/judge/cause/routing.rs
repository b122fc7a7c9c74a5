//! Owns what was seen held against the routes and addresses of the file, where routing ended a packet without a word.

use std::net::IpAddr;

use super::{evidence::Evidence, tables, world};
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::judge::story::Event;
use crate::plan::{Route, RouteKind, Rule, RuleAction};

/// The packet that ended after prerouting: where it came in, and its ends.
fn ended<'a>(e: &Evidence<'a>) -> Option<(&'a str, IpAddr, IpAddr)> {
    let event: &'a Event = e.last_at(Hook::Prerouting)?;
    let (src, dst) = world::ends(event.line.packet.as_ref()?)?;
    Some((event.line.iif.as_deref()?, src, dst))
}

/// A node that does not forward, and a packet for somebody else.
pub(super) fn forwarding_off(e: &Evidence<'_>) -> Option<String> {
    let (iif, _, dst) = ended(e)?;
    if world::owns(e.world, e.node, dst) || world::is_for_link(e.world, e.node, dst) {
        return None;
    }
    let set = |key: &str| world::sysctl(e.plan, e.node, e.step, key) == Some(1);
    let (all, of_device) = if dst.is_ipv4() {
        ("net.ipv4.ip_forward", "net.ipv4.conf")
    } else {
        ("net.ipv6.conf.all.forwarding", "net.ipv6.conf")
    };
    let on = set(all) || set(&format!("{of_device}.all.forwarding"));
    let on = on || set(&format!("{of_device}.{iif}.forwarding"));
    (!on).then(|| format!("{dst} is no address of this node, and it does not forward ({all} is 0)"))
}

/// A route whose kind is to end packets.
pub(super) fn fib(e: &Evidence<'_>) -> Option<String> {
    let (iif, _, dst) = ended(e)?;
    let asked = tables::asked(e.world, e.node, iif);
    let route = tables::route(e.world, e.node, dst, &asked)?;
    let kind = ends_packets(route)?;
    Some(format!("the route for {dst} is `{kind} {}`", route.dst))
}

/// The word of a route whose kind is to end packets.
fn ends_packets(route: &Route) -> Option<&'static str> {
    match route.kind {
        RouteKind::Blackhole => Some("blackhole"),
        RouteKind::Unreachable => Some("unreachable"),
        RouteKind::Prohibit => Some("prohibit"),
        _ => None,
    }
}

/// A route or rule of the sender's that ends what it sends: the errno says of which kind (`fib_props` in
/// `net/ipv4/fib_semantics.c`, Linux 6.12).
pub(super) fn sender_fib(e: &Evidence<'_>) -> Option<String> {
    let told = e.send_error()?;
    let (kind, action) = match told {
        "EINVAL" => ("blackhole", RuleAction::Blackhole),
        "EHOSTUNREACH" => ("unreachable", RuleAction::Unreachable),
        "EACCES" => ("prohibit", RuleAction::Prohibit),
        _ => return None,
    };
    let (node, to) = (e.world.node(e.node)?, e.refused_to()?);
    // What is sent here has no device that it came in through, but for `lo`.
    let matches = |r: &&Rule| {
        r.v6 == to.is_ipv6()
            && r.to.is_none_or(|net| net.contains(&to))
            && r.iif.as_deref().is_none_or(|device| device == "lo")
    };
    let rules = || node.rules.iter().filter(matches);
    let ruled = rules().filter_map(|r| match r.action {
        RuleAction::Lookup(table) => Some(table),
        _ => None,
    });
    let device = e.refused_device().unwrap_or_default();
    let asked = tables::asked(e.world, e.node, device).into_iter();
    let mut routes = asked
        .chain(ruled)
        .filter_map(|table| tables::route(e.world, e.node, to, &[table]));
    let route = routes.find(|r| ends_packets(r) == Some(kind));
    let rule = rules().find(|r| r.action == action);
    let what = match (route, rule) {
        (Some(route), _) => format!("the route `{kind} {}`", route.dst),
        (None, Some(_)) => format!("a routing rule whose action is `{kind}`"),
        (None, None) => return None,
    };
    Some(format!("{what} ends what is sent to {to} ({told})"))
}

/// The receiver of a packet, which has no route to where it came from.
pub(super) fn no_way_back(e: &Evidence<'_>) -> Option<String> {
    let event = e.last_at(Hook::Input)?;
    let (src, _) = world::ends(event.line.packet.as_ref()?)?;
    let node = e.world.node(e.node)?;
    // To these every node has a way that is in no file.
    let always = match src {
        IpAddr::V4(src) => src.is_loopback(),
        IpAddr::V6(src) => src.is_loopback() || src.is_unicast_link_local(),
    };
    let by_rule = node.rules.iter().any(|r| r.v6 == src.is_ipv6());
    let asked = tables::asked(e.world, e.node, event.line.iif.as_deref()?);
    let way = tables::device_to(e.world, e.node, src, &asked);
    (event.kind.echo_seq.is_some() && !always && !by_rule && way.is_none())
        .then(|| format!("it reached its receiver, which has no route back to {src}"))
}

/// No way to where the packet goes, and none for the answer that would say so.
pub(super) fn no_route(e: &Evidence<'_>) -> Option<String> {
    let (iif, src, dst) = ended(e)?;
    let asked = tables::asked(e.world, e.node, iif);
    let node = e.world.node(e.node)?;
    let by_rule = node.rules.iter().any(|r| r.v6 == dst.is_ipv6());
    let way = |to: IpAddr| tables::device_to(e.world, e.node, to, &asked);
    let here = world::owns(e.world, e.node, dst) || world::is_for_link(e.world, e.node, dst);
    if by_rule || here || way(dst).is_some() || way(src).is_some() {
        return None;
    }
    let words = match asked[..] {
        [table] => format!("routing table {table}, which is asked for such packets, has"),
        _ => {
            let numbers: Vec<String> = asked.iter().map(u32::to_string).collect();
            let numbers = numbers.join(" and ");
            format!("routing tables {numbers}, which are asked for such packets, have")
        }
    };
    Some(format!(
        "it came in through {iif}, and {words} no route to {dst}, nor one back to {src} for the answer that would say so"
    ))
}

/// A packet that came in with an address of the node itself for its source.
pub(super) fn own_source(e: &Evidence<'_>) -> Option<String> {
    let (iif, src, _) = ended(e)?;
    let why = "an address of this node itself, and no node takes such a packet";
    world::owns(e.world, e.node, src)
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
    let (came, src, _) = ended(e)?;
    let set = |device: &str| {
        let key = format!("net.ipv4.conf.{device}.rp_filter");
        world::sysctl(e.plan, e.node, e.step, &key)
    };
    // IPv6 has no such setting.
    let value = set("all").max(set(came)).filter(|_| src.is_ipv4())?;
    let asked = tables::asked(e.world, e.node, came);
    match (value, tables::device_to(e.world, e.node, src, &asked)) {
        (1, Some(back)) if back != came => Some(format!(
            "rp_filter is 1, and the way back to {src} leaves through {back}, not {came}"
        )),
        (1 | 2, None) => Some(format!(
            "rp_filter is {value}, and there is no way back to {src}"
        )),
        _ => None,
    }
}
