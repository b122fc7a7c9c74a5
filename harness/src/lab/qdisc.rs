//! Owns queueing disciplines: `netem` on a device, and the question whether one still holds
//! packets.
//!
//! `netlink-packet-route` has no type for netem, so its options are written here as
//! `include/uapi/linux/pkt_sched.h` has them.

use netlink_packet_core::{DefaultNla, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::{
    RouteNetlinkMessage as Request,
    tc::{TcAttribute, TcHandle, TcMessage},
};

use super::{
    error::LabError,
    netlink::{Attributes, Refusal},
    node::{Node, Nodes},
};
use crate::plan::Netem;

const TCA_KIND: u16 = 1;
const TCA_OPTIONS: u16 = 2;
const TCA_STATS2: u16 = 7;
const TCA_STATS_QUEUE: u16 = 3;
const TCA_NETEM_REORDER: u16 = 3;
const TCA_NETEM_CORRUPT: u16 = 4;
const TCA_NETEM_RATE: u16 = 6;
const TCA_NETEM_LATENCY64: u16 = 10;
const TCA_NETEM_JITTER64: u16 = 11;
const TCA_NETEM_PRNG_SEED: u16 = 14;

/// Makes `netem` the root discipline of a device.
pub(super) fn add_netem(node: &mut Node, device: &str, netem: &Netem) -> Result<(), Refusal> {
    let mut message = TcMessage::default();
    message.header.index = node.index(device)?.cast_signed();
    message.header.parent = TcHandle::ROOT;
    message.attributes = vec![
        TcAttribute::Kind("netem".to_owned()),
        TcAttribute::Other(DefaultNla::new(TCA_OPTIONS, options(netem))),
    ];
    node.route.request(
        Request::NewQueueDiscipline(message),
        NLM_F_CREATE | NLM_F_EXCL,
    )
}

/// `struct tc_netem_qopt` and the attributes behind it.
fn options(netem: &Netem) -> Vec<u8> {
    let mut out = Vec::new();
    let gap = if netem.reorder == 0 {
        0
    } else {
        netem.gap.max(1)
    };
    // Latency and jitter in ticks of an older unit are 0; the attributes in nanoseconds rule.
    for word in [0, netem.limit, netem.loss, gap, netem.duplicate, 0] {
        out.extend(word.to_ne_bytes());
    }
    let mut put = |kind: u16, value: &[u8]| {
        out.extend(((value.len() + 4) as u16).to_ne_bytes());
        out.extend(kind.to_ne_bytes());
        out.extend(value);
        out.resize(out.len().next_multiple_of(4), 0);
    };
    put(TCA_NETEM_LATENCY64, &netem.delay_ns.to_ne_bytes());
    put(TCA_NETEM_JITTER64, &netem.jitter_ns.to_ne_bytes());
    // A probability and its correlation.
    let pair = |part: u32| [part.to_ne_bytes(), [0; 4]].concat();
    if netem.reorder != 0 {
        put(TCA_NETEM_REORDER, &pair(netem.reorder));
    }
    if netem.corrupt != 0 {
        put(TCA_NETEM_CORRUPT, &pair(netem.corrupt));
    }
    if netem.rate != 0 {
        // `struct tc_netem_rate`: rate, packet overhead, cell size, cell overhead.
        let rate = u32::try_from(netem.rate).unwrap_or(u32::MAX);
        put(
            TCA_NETEM_RATE,
            &[rate.to_ne_bytes(), [0; 4], [0; 4], [0; 4]].concat(),
        );
    }
    if netem.random() {
        put(TCA_NETEM_PRNG_SEED, &netem.seed.to_ne_bytes());
    }
    out
}

/// Whether a `netem` of any node still holds packets: they come out by time, behind every canary.
pub(super) fn holds(nodes: &mut Nodes) -> Result<bool, LabError> {
    for node in nodes.0.iter_mut().filter(|n| n.delays) {
        let entries = node
            .route
            .dump(Request::GetQueueDiscipline(TcMessage::default()))
            .map_err(|r| r.of("list queueing disciplines", &node.name, ""))?;
        if entries.iter().any(|bytes| backlog(bytes) > 0) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `qlen` of a `netem` in a dump: behind `struct tcmsg`, in `TCA_STATS2 { TCA_STATS_QUEUE }`,
/// where `struct gnet_stats_queue` begins with it.
fn backlog(bytes: &[u8]) -> u32 {
    let attributes = || Attributes(bytes.get(20..).unwrap_or_default());
    if !attributes().any(|(kind, value)| kind == TCA_KIND && value.starts_with(b"netem")) {
        return 0;
    }
    attributes()
        .filter(|(kind, _)| *kind == TCA_STATS2)
        .flat_map(|(_, value)| Attributes(value))
        .filter(|(kind, _)| *kind == TCA_STATS_QUEUE)
        .filter_map(|(_, value)| Some(u32::from_ne_bytes(value.get(0..4)?.try_into().ok()?)))
        .sum()
}
