//! Owns the sending of one flow, whatever it is made of.

use super::{again, esp, exec, keepalive, ping, raw, tcp, udp};
use crate::{
    lab::{error::LabError, node::Nodes, watch::Watch},
    observe::FlowRecord,
    plan::{Flow, Traffic},
};

/// Sends a flow and waits until nothing of it is under way any more.
pub(in crate::lab) fn run(
    flow: &Flow,
    nodes: &mut Nodes,
    watch: &mut Watch,
) -> Result<FlowRecord, LabError> {
    match &flow.traffic {
        Traffic::Ping(ping) => ping::run(ping, nodes, watch),
        Traffic::Udp(udp) => udp::run(udp, nodes, watch),
        Traffic::Tcp(tcp) => tcp::run(tcp, nodes, watch),
        Traffic::Raw(raw) => raw::run(raw, nodes, watch),
        Traffic::Keepalive(alive) => keepalive::run(alive, nodes, watch),
        Traffic::Exec(exec) => exec::run(exec, nodes, watch),
        Traffic::Again(again) => again::run(again, nodes, watch),
        Traffic::Esp(esp) => esp::run(esp, nodes, watch),
    }
}
