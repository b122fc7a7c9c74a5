//! Owns the sending of ESP that the harness sealed, and the waiting for what is inside.

use std::{
    io,
    os::fd::{AsFd as _, OwnedFd},
};

use super::{bypass, payload::payload, raw, receiver::Receiver, told, wait};
use crate::{
    lab::{
        error::{LabError, errno_name},
        node::Nodes,
        watch::Watch,
    },
    observe::{FlowRecord, PacketOutcome},
    plan::EspFlow,
    wire::sealed,
};

/// Sends one packet per sequence number, one after the other.
pub(super) fn run(
    flow: &EspFlow,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<FlowRecord, LabError> {
    let object = || format!("esp {} > {}", flow.state.src, flow.state.dst);
    let wrong = |e: &io::Error| LabError::new("send", &flow.from, object()).io(e);
    let inner = &flow.inner;
    let mut receiver = Receiver::open(nodes.get(&flow.at), inner.dst.is_ipv4(), inner.dport)?;
    let outer = flow.state.dst;
    let fd = nodes
        .get(&flow.from)
        .namespace
        .enter(|| open(outer.is_ipv4()))?
        .map_err(|e| wrong(&e))?;
    let mut packets = Vec::new();
    let mut payloads = Vec::new();
    for (index, seq) in flow.seqs.iter().enumerate() {
        // A sequence number that comes again brings the same bytes again: a replay.
        let first = flow.seqs.iter().position(|s| s == seq).unwrap_or(index);
        let payload = payload(inner.sport, first as u32 + 1, inner.size);
        let bytes = sealed(flow, *seq, &payload)
            .map_err(|e| LabError::new("seal", &flow.from, object()).said(e.to_string()))?;
        let before = receiver.count(&payload).map_err(|e| wrong(&e))?;
        let mut packet = PacketOutcome {
            seq: index as u32 + 1,
            sent_ns: wait::now(),
            ..PacketOutcome::default()
        };
        match raw::send(&fd, outer, &bytes) {
            Ok(_) => {
                let socket = receiver.socket.try_clone().map_err(|e| wrong(&e))?;
                packet.took_ns = wait::until(socket.as_fd(), nodes, watch, || {
                    Ok(receiver.count(&payload)? > before)
                })?;
            }
            Err(errno) => {
                packet.send_error = Some(errno_name(errno as i32));
                wait::quiet(nodes, watch)?;
            }
        }
        packet.told = told::drain(&fd).map_err(|e| wrong(&e))?;
        watch.came(packet.seq, nodes)?;
        packets.push(packet);
        payloads.push(payload);
    }
    Ok(receiver.account(packets, &payloads))
}

fn open(v4: bool) -> io::Result<OwnedFd> {
    let fd = raw::open(v4, 0)?;
    bypass::set(&fd, v4)?;
    Ok(fd)
}
