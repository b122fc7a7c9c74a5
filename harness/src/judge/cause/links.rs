//! Owns what was seen held against the links of the file: their queueing disciplines and their other ends.

use super::keys::{self, Ends};
use super::{evidence::Evidence, world};
use crate::judge::line::Place;
use crate::judge::story::{Event, Journey};
use crate::observe::{Direction, LinkType};
use crate::plan::End;

/// The ends of links at the node through which a packet was to leave that was not seen to come out at the other end,
/// and what faces them.
fn exits<'a>(e: &Evidence<'a>) -> Vec<(&'a End, &'a End)> {
    let links = e.plan.links.iter().map(|l| &l.ends);
    let both = links.flat_map(|[a, b]| [(a, b), (b, a)]);
    let flows = || e.story.journeys.iter().filter(|j| j.is_flow());
    let through = |device: &str| {
        let last = |j: &'a Journey| j.events.iter().rfind(|ev| ev.node == e.node);
        flows()
            .filter_map(last)
            .any(|ev| match (&ev.line.place, &ev.wire) {
                (Place::Hook(_), _) => ev.line.oif.as_deref() == Some(device),
                (_, Some(wire)) => !wire.received && wire.device == device,
                _ => false,
            })
    };
    both.filter(|(own, _)| own.node == e.node && through(&own.device))
        .collect()
}

/// A `netem` that loses packets stands at this link, at this end or at the other.
pub(super) fn loses(e: &Evidence<'_>) -> Option<String> {
    lossy(e, |_| true)
}

/// Likewise, and it loses them all.
pub(super) fn loses_all(e: &Evidence<'_>) -> Option<String> {
    lossy(e, |loss| loss == u32::MAX)
}

fn lossy(e: &Evidence<'_>, asked: impl Fn(u32) -> bool) -> Option<String> {
    let loss = |end: &End| Some(end.netem.as_ref()?.loss).filter(|loss| *loss > 0 && asked(*loss));
    exits(e).into_iter().find_map(|(own, other)| {
        let (end, what) = match (loss(own), loss(other)) {
            (Some(_), _) => (own, "what leaves through it"),
            (None, Some(_)) => (other, "what comes back from it, answers to ARP and ND too"),
            _ => return None,
        };
        Some(format!(
            "netem at {}:{} loses {}% of {what}",
            end.node,
            end.device,
            percent(loss(end)?)
        ))
    })
}

/// A probability as files write it: `50`, `0.4`.
fn percent(part: u32) -> String {
    let text = format!("{:.4}", f64::from(part) * 100.0 / f64::from(u32::MAX));
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The other end of the link is down, so that this one has no carrier.
pub(super) fn no_carrier(e: &Evidence<'_>) -> Option<String> {
    exits(e).into_iter().find_map(|(own, other)| {
        let down = world::down(e.plan, &other.node, e.step);
        down.contains(&other.device).then(|| {
            format!(
                "{}:{} is down, so {} has no carrier; its routes stay, and what takes them is lost",
                other.node, other.device, own.device
            )
        })
    })
}

/// The integrity check failed, the two ends of the SA are known to agree, and something on the way of its envelopes
/// changes packets: NAT, whose addresses AH covers, or `netem`.
pub(super) fn changed(e: &Evidence<'_>) -> Option<String> {
    let (sa, _) = e.sa(|s| s.integrity_failed)?;
    if keys::compared(e, &sa) != Ends::Alike {
        return None;
    }
    let journeys = e.story.journeys.iter().filter(|j| j.is_flow());
    let mut events = journeys.flat_map(|j| &j.events);
    let by_nat = events.find_map(|ev| {
        let (packet, (src, dst)) = (ev.line.packet.as_ref()?, ev.line.nat.as_ref()?);
        let is_ah = packet.head.first().is_some_and(|h| h == "ah");
        is_ah.then(|| {
            format!(
                "NAT at {} made the addresses {src} > {dst}, and AH covers them",
                ev.node
            )
        })
    });
    let ends = || e.plan.links.iter().flat_map(|l| &l.ends);
    let corrupts = |end: &&End| end.netem.as_ref().is_some_and(|n| n.corrupt > 0);
    // An envelope that was changed need not belong to its flow any more.
    let all = || e.story.journeys.iter().flat_map(|j| &j.events);
    let enveloped = |ev: &&Event| {
        let packet = ev.line.packet.as_ref();
        packet.is_some_and(|p| p.sa.as_deref() == Some(sa.as_str()))
    };
    let sent_by = |end: &&End| {
        all().filter(enveloped).any(|ev| {
            let wire = ev.wire.as_ref().filter(|w| w.direction == Direction::Out);
            ev.node == end.node && wire.is_some_and(|w| w.device == end.device)
        })
    };
    let by_netem = || {
        let end = ends().filter(corrupts).find(sent_by)?;
        Some(format!(
            "netem at {}:{} corrupts packets",
            end.node, end.device
        ))
    };
    let what = by_nat.or_else(by_netem)?;
    Some(format!(
        "the integrity check of {sa} failed, and both ends have it alike: {what}"
    ))
}

/// The frame that ended at the other end of its link was for another MAC.
pub(super) fn wrong_mac(e: &Evidence<'_>) -> Option<String> {
    let wire = e.last()?.wire.as_ref()?;
    let (node, device) = wire.peer.as_ref()?;
    let frame = e.obs.frames.get(wire.frame)?;
    let to = frame
        .bytes
        .get(..6)
        .filter(|_| frame.link == LinkType::Ethernet)?;
    let mut ends = e.plan.links.iter().flat_map(|l| &l.ends);
    let end = ends.find(|end| end.node == *node && end.device == *device)?;
    let words = |mac: &[u8]| {
        let bytes: Vec<String> = mac.iter().map(|b| format!("{b:02x}")).collect();
        bytes.join(":")
    };
    let group = to[0] & 1 == 1;
    (to != end.mac && !group && end.master.is_none()).then(|| {
        format!(
            "its frame was sent to {}, and {node}:{device} has {}",
            words(to),
            words(&end.mac)
        )
    })
}

/// Whether the packet shows up at the node again after a hook that it is not seen to leave: then a copy of it went on.
pub(super) fn went_on(e: &Evidence<'_>, at: &Event) -> bool {
    e.events()
        .any(|(j, ev)| ev.ts_ns > at.ts_ns && j.events.iter().any(|own| std::ptr::eq(own, at)))
}
