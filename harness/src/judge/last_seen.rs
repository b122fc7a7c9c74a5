//! Owns where packets were last seen, and the nodes in the order in which they met them.

use super::each;
use super::line::Place;
use super::story::{Event, Journey, StepStory};
use crate::observe::{Observations, PacketOutcome};
use crate::plan::{Plan, Traffic};

/// The last event of the first packet that a step lost, or of its answer; where none was lost,
/// the last event of any flow.
pub(crate) fn event<'a>(
    plan: &Plan,
    story: &'a StepStory,
    obs: &Observations,
    step: u32,
) -> Option<(&'a Journey, &'a Event)> {
    let flows = || story.journeys.iter().filter(|j| j.is_flow());
    let Some((ping, packet)) = lost(plan, obs, step).into_iter().next() else {
        return last(flows());
    };
    let record = obs.steps.get(step as usize)?;
    let next = record
        .packets()
        .map(|p| p.sent_ns)
        .filter(|sent| *sent > packet.sent_ns)
        .min();
    // A packet is sent when nothing of the one before is under way any more.
    let of_lost = flows().filter(|j| {
        let begun = j.events.first().map_or(0, |e| e.ts_ns);
        begun >= packet.sent_ns && next.is_none_or(|next| begun < next)
    });
    // In a window the packet before may still be under way: there its own bytes tell it.
    let planned = plan.steps.get(step as usize);
    let window = planned.filter(|s| s.each);
    if let Some(flow) = window.and_then(|s| s.flows.first()) {
        let low = Some(packet.seq as u16);
        return last(flows().filter(|j| each::lower_half(flow, j.kind) == low));
    }
    let echo = of_lost
        .clone()
        .filter(|j| ping && j.kind.echo_seq.map(u32::from) == Some(packet.seq));
    last(echo)
        .or_else(|| last(of_lost))
        .or_else(|| last(flows()))
}

/// Whether a packet of a step did not come to whoever waited for it.
pub(crate) fn any_lost(plan: &Plan, obs: &Observations, step: u32) -> bool {
    !lost(plan, obs, step).is_empty()
}

/// The node that sent the first packet that a step lost.
pub(crate) fn sender(plan: &Plan, obs: &Observations, step: u32) -> Option<String> {
    let (planned, record) = (
        plan.steps.get(step as usize)?,
        obs.steps.get(step as usize)?,
    );
    let flows = planned.flows.iter().zip(&record.flows);
    let mut lost = flows.filter(|(_, seen)| seen.packets.iter().any(|p| p.took_ns.is_none()));
    lost.next().map(|(flow, _)| flow.traffic.from().to_owned())
}

/// Packets that did not come, or were not answered, and whether they are echo requests. What
/// nobody receives is not lost.
fn lost<'o>(plan: &Plan, obs: &'o Observations, step: u32) -> Vec<(bool, &'o PacketOutcome)> {
    let step = step as usize;
    let (Some(planned), Some(record)) = (plan.steps.get(step), obs.steps.get(step)) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (flow, seen) in planned.flows.iter().zip(&record.flows) {
        let ping = matches!(flow.traffic, Traffic::Ping(_));
        if ping || flow.traffic.is_received() {
            let lost = seen.packets.iter().filter(|p| p.took_ns.is_none());
            out.extend(lost.map(|p| (ping, p)));
        }
    }
    out
}

fn last<'a>(journeys: impl Iterator<Item = &'a Journey>) -> Option<(&'a Journey, &'a Event)> {
    journeys
        .filter_map(|j| j.events.last().map(|e| (j, e)))
        .max_by_key(|(_, e)| e.ts_ns)
}

/// The node at which the packet was last seen: a frame that its receiver captured was
/// seen there.
pub(crate) fn node(
    plan: &Plan,
    story: &StepStory,
    obs: &Observations,
    step: u32,
) -> Option<String> {
    let (_, event) = event(plan, story, obs, step)?;
    let receiver = event
        .wire
        .as_ref()
        .filter(|w| w.received)
        .and_then(|w| w.peer.as_ref());
    Some(receiver.map_or_else(|| event.node.clone(), |(node, _)| node.clone()))
}

/// The node of the last event of the first packet that a step lost.
pub(crate) fn lost_at<'a>(
    plan: &Plan,
    story: &'a StepStory,
    obs: &Observations,
    step: u32,
) -> Option<&'a str> {
    let lost = any_lost(plan, obs, step);
    let (_, event) = event(plan, story, obs, step).filter(|_| lost)?;
    Some(&event.node)
}

/// The nodes in the order in which packets of flows first met them.
pub(crate) fn path(story: &StepStory) -> Vec<String> {
    let mut events: Vec<&Event> = story
        .journeys
        .iter()
        .filter(|j| j.is_flow())
        .flat_map(|j| &j.events)
        .collect();
    events.sort_by_key(|e| (e.ts_ns, e.line.place == Place::Wire));
    let mut out: Vec<String> = Vec::new();
    for event in events {
        let receiver = event
            .wire
            .as_ref()
            .filter(|w| w.received)
            .and_then(|w| w.peer.as_ref());
        for node in std::iter::once(&event.node).chain(receiver.map(|(node, _)| node)) {
            if !out.contains(node) {
                out.push(node.clone());
            }
        }
    }
    out
}
