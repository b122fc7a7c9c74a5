//! Owns the alteration of frames at capture points: wire lines.

use xfrmlab::{
    judge::{Class, Event},
    observe::LinkType,
    wire::Detail,
};

use super::{
    Altered,
    header::{behind_ethernet, envelope, header},
};

/// Alters frames on links where they were sent, and at other devices both ways.
pub(super) fn alter(run: &mut Altered<'_>) {
    let sent = sent(run);
    for place in run.spread(&(0..sent.len()).collect::<Vec<_>>()) {
        let at = index(&sent[place]);
        let frame = run.obs.frames[at].clone();
        let node = frame.node.as_str();
        let told = |what: &str| format!("frame {at}, {what},");
        run.change(node, &[], &told("lost"), |o| drop(o.frames.remove(at)));
        run.change(node, &[], &told("doubled"), |o| {
            o.frames.insert(at, o.frames[at].clone());
        });
        run.change(node, &[], &told("on another device"), |o| {
            o.frames[at].device = "eth9".into();
        });
        if frame.mark.is_some() {
            run.change(node, &["mark"], &told("another mark"), |o| {
                o.frames[at].mark = o.frames[at].mark.map(|m| m ^ 0x77);
            });
        }
        if let Some(next) = next_other(&sent, place) {
            run.change(node, &[], &told("behind the next"), |o| {
                let (earlier, later) = (o.frames[at].bytes.clone(), o.frames[next].bytes.clone());
                o.frames[at].bytes = later;
                o.frames[next].bytes = earlier;
            });
        }
        let network = match frame.link {
            LinkType::Ethernet => behind_ethernet(&frame.bytes),
            LinkType::Ip => 0,
        };
        let Some(fields) = header(&frame.bytes, network) else {
            continue;
        };
        run.change(node, &["ttl"], &told("another TTL"), |o| {
            o.frames[at].bytes[fields.ttl] ^= 0x40;
        });
        run.change(node, &["len"], &told("another length"), |o| {
            o.frames[at].bytes[fields.len] ^= 0x04;
        });
        run.change(node, &["src", "packet"], &told("another source"), |o| {
            o.frames[at].bytes[fields.src] ^= 0x80;
        });
        if let Some((spi, seq)) = envelope(&frame.bytes, fields.protocol, fields.upper) {
            run.change(node, &["sa", "spi", "packet"], &told("another SPI"), |o| {
                o.frames[at].bytes[spi] ^= 0xff;
            });
            run.change(node, &["seq"], &told("another sequence number"), |o| {
                o.frames[at].bytes[seq] ^= 0x80;
            });
        }
    }
}

/// Events of frames that a wire block can speak of, in the order of sending.
fn sent(run: &Altered<'_>) -> Vec<Event> {
    let journeys = run.story.steps.iter().flat_map(|s| &s.journeys);
    let events = journeys.flat_map(|j| &j.events);
    let counted = |e: &&Event| e.wire.is_some() && e.kind.class != Class::Noise;
    let mut events: Vec<Event> = events.filter(counted).cloned().collect();
    events.sort_by_key(index);
    events
}

fn index(event: &Event) -> usize {
    event.wire.as_ref().map_or(0, |w| w.frame)
}

/// The next frame that passed the same device the same way, if it reads otherwise: of two datagrams that differ in nothing but
/// their payload no line tells which was the first.
fn next_other(sent: &[Event], at: usize) -> Option<usize> {
    let event = &sent[at];
    let point = |e: &Event| {
        let wire = e.wire.as_ref()?;
        Some((wire.device.clone(), wire.direction))
    };
    let same_way = |e: &&Event| e.node == event.node && point(e) == point(event);
    let next = sent[at + 1..].iter().find(same_way)?;
    let stated = |e: &Event| e.line.packet.as_ref().map(|p| p.at(Detail::Full));
    (stated(next) != stated(event)).then(|| index(next))
}
