//! Owns the sending of frames that were captured earlier: a replay as somebody on the wire does it.

use super::{raw, wait};
use crate::{
    lab::{
        error::{LabError, errno_name},
        node::Nodes,
        watch::Watch,
    },
    observe::{FlowRecord, PacketOutcome},
    plan::Again,
};

/// Sends each frame at the device that sent it first, when nothing of the one before is under way any more.
pub(super) fn run(
    again: &Again,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<FlowRecord, LabError> {
    let place = format!("{}:{}", again.from, again.device);
    let node = nodes.get_mut(&again.from);
    let index = node
        .index(&again.device)
        .map_err(|r| r.of("find the device", &again.from, &again.device))?;
    let fd = node.namespace.enter(|| raw::packet_socket(index))?;
    let fd = fd.map_err(|e| LabError::new("open the packet socket", &again.from, &place).io(&e))?;
    // What was sent before the flow began: a frame that is sent again is no new one to count.
    let sent = watch.sent(&again.from, &again.device);
    let mut record = FlowRecord::default();
    for (at, number) in again.packets.iter().enumerate() {
        let seq = at as u32 + 1;
        let frame = usize::try_from(number.saturating_sub(1)).ok();
        let Some(frame) = frame.and_then(|n| sent.get(n)) else {
            let said = format!("it has sent {} packets by then", sent.len());
            return Err(LabError::new("send packet again", &again.from, place)
                .said(format!("no packet {number}: {said}")));
        };
        let sent_ns = wait::now();
        let outcome = nix::unistd::write(&fd, frame);
        wait::quiet(nodes, watch)?;
        record.packets.push(PacketOutcome {
            seq,
            sent_ns,
            send_error: outcome.err().map(|errno| errno_name(errno as i32)),
            ..PacketOutcome::default()
        });
        watch.came(seq, nodes)?;
    }
    Ok(record)
}
