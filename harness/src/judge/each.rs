//! Owns the packets of a step as blocks speak of them: all together in an ordinary step, each by itself in a
//! window. There a block says what one packet does, and each has to do just that, its answer included.

use std::collections::BTreeMap;

use super::blocks::{self, Difference, ReadBlock, Seen};
use super::packet::Kind;
use super::story::{Journey, StepStory};
use crate::observe::StepRecord;
use crate::plan::{Flow, Step, Traffic};

/// Packets that a block speaks of at once.
pub(crate) struct Group<'s> {
    pub(crate) which: Which,
    pub(crate) journeys: Vec<&'s Journey>,
}

/// Which packets these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// All of an ordinary step.
    All,
    /// The one with this number in its flow, and its answer.
    Packet(u32),
    /// What is no packet of the window.
    Rest,
}

/// How the packets of a step are not as a block says.
pub(crate) struct Differs {
    /// Of the first packet that is not.
    pub(crate) difference: Difference,
    pub(crate) which: Which,
    /// Further packets that are not.
    pub(crate) more: usize,
}

/// The packets of a step in the groups that blocks are held against.
pub(crate) fn groups<'s>(
    step: &Step,
    record: Option<&StepRecord>,
    story: &'s StepStory,
) -> Vec<Group<'s>> {
    let (Some(flow), Some(record), true) = (step.flows.first(), record, step.each) else {
        return vec![Group {
            which: Which::All,
            journeys: story.journeys.iter().collect(),
        }];
    };
    let mut rest = Vec::new();
    let mut packets: BTreeMap<u32, Vec<&Journey>> =
        record.packets().map(|p| (p.seq, Vec::new())).collect();
    let numbers: BTreeMap<u16, u32> = packets.keys().map(|n| (*n as u16, *n)).collect();
    for journey in &story.journeys {
        let number = lower_half(flow, journey.kind).and_then(|low| numbers.get(&low));
        match number.and_then(|number| packets.get_mut(number)) {
            Some(packet) => packet.push(journey),
            None => rest.push(journey),
        }
    }
    let packets = packets.into_iter().map(|(number, journeys)| Group {
        which: Which::Packet(number),
        journeys,
    });
    let rest = Group {
        which: Which::Rest,
        journeys: rest,
    };
    packets.chain([rest]).collect()
}

/// The lower half of a packet's number in its flow: the payload names flow and packet, NAT or not.
pub(crate) fn lower_half(flow: &Flow, kind: Kind) -> Option<u16> {
    match &flow.traffic {
        Traffic::Ping(_) => kind.echo_seq,
        Traffic::Udp(udp) => {
            let [flow_high, flow_low, high, low] = kind.udp_head?;
            ([flow_high, flow_low] == udp.sport.to_be_bytes())
                .then(|| u16::from_be_bytes([high, low]))
        }
        _ => None,
    }
}

/// Whether a journey is that of packet `number` of a flow, or of its answer.
pub(crate) fn is_packet(flow: &Flow, journey: &Journey, number: u32) -> bool {
    lower_half(flow, journey.kind) == Some(number as u16)
}

/// Holds a block against all groups; `None` where each is as it says.
pub(crate) fn compare(
    block: &ReadBlock,
    groups: &[Group<'_>],
    seen: impl Fn(&Group<'_>) -> Vec<Seen>,
) -> Option<Differs> {
    let nothing = ReadBlock::default();
    let mut differs: Option<Differs> = None;
    for group in groups {
        let said = match group.which {
            Which::Rest => &nothing,
            Which::All | Which::Packet(_) => block,
        };
        let Some(difference) = blocks::compare(said, &seen(group)) else {
            continue;
        };
        match &mut differs {
            Some(differs) => differs.more += 1,
            None => {
                differs = Some(Differs {
                    difference,
                    which: group.which,
                    more: 0,
                });
            }
        }
    }
    differs
}

impl Differs {
    /// Whose difference this is, in front of what is wrong, and how many more there are, behind it.
    pub(crate) fn tell(&self, flow: Option<&Flow>, what: &str) -> String {
        let flow = flow.map_or("", |f| f.name.as_str());
        let told = match self.which {
            Which::All => what.to_owned(),
            Which::Packet(number) => format!("packet {number} of {flow}: {what}"),
            Which::Rest => format!("beside the packets of {flow}: {what}"),
        };
        match self.more {
            0 => told,
            more => format!("{told}, and {more} more of this window"),
        }
    }

    /// The number of the packet, where it has one.
    pub(crate) fn packet(&self) -> Option<u32> {
        match self.which {
            Which::Packet(number) => Some(number),
            Which::All | Which::Rest => None,
        }
    }
}
