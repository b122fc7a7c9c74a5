//! Owns the dump of the counters of SAs.

use netlink_packet_core::Parseable as _;
use netlink_packet_xfrm::{
    XfrmAttrs, XfrmMessage,
    state::{GetDumpMessage, ModifyMessage as StateMessage},
};

use super::value::{address, mark_of};
use crate::{
    lab::{netlink::Refusal, node::Node},
    names::Spi,
    observe::SaSample,
};

/// The counters of every SA of the node.
pub(in crate::lab) fn sample(node: &mut Node, after_steps: u32) -> Result<Vec<SaSample>, Refusal> {
    let entries = node
        .xfrm
        .dump(XfrmMessage::GetDumpSa(GetDumpMessage::default()))?;
    Ok(entries
        .iter()
        .filter_map(|bytes| sa_sample(&node.name, after_steps, bytes))
        .collect())
}

fn sa_sample(node: &str, after_steps: u32, bytes: &[u8]) -> Option<SaSample> {
    // The crate's parser slices before it looks at the length.
    if bytes.len() < netlink_packet_xfrm::XFRM_USER_SA_INFO_LEN {
        return None;
    }
    let message = StateMessage::parse(bytes).ok()?;
    let info = message.user_sa_info;
    let mark = message.nlas.iter().find_map(|attribute| match attribute {
        XfrmAttrs::Mark(mark) => Some(mark_of(*mark)),
        _ => None,
    });
    Some(SaSample {
        after_steps,
        node: node.to_owned(),
        dst: address(info.family, &info.id.daddr),
        proto: info.id.proto,
        spi: Spi(info.id.spi),
        mark,
        bytes: info.lifetime_cur.bytes,
        packets: info.lifetime_cur.packets,
        replay_window: info.stats.replay_window,
        replay: info.stats.replay,
        integrity_failed: info.stats.integrity_failed,
    })
}
