//! Owns whether the traffic of a step can have the outcome that is stated of it: what nothing could show would pass
//! whatever happens.

use super::draft::Findings;
use crate::{
    plan::TcpPeer,
    spec::schema::{
        steps::StepSpec,
        traffic::{OutcomeSpec, TrafficSpec},
    },
};

/// Notes every outcome of a step and its flows that none of its traffic can have.
pub(super) fn check(step: &StepSpec, findings: &mut Findings) {
    let flows = || step.flows.iter().flat_map(|f| f.value.iter());
    if let Some(expect) = &step.expect {
        let all: Vec<_> = flows()
            .map(|flow| &flow.value.traffic)
            .chain([&step.traffic])
            .collect();
        outcome(&expect.value.outcome, &all, findings);
    }
    for flow in flows() {
        if let Some(expect) = &flow.expect {
            outcome(expect, &[&flow.value.traffic], findings);
        }
    }
}

fn outcome(spec: &OutcomeSpec, traffic: &[&TrafficSpec], findings: &mut Findings) {
    let any = |can: fn(&TrafficSpec) -> bool| traffic.iter().any(|t| can(t));
    if let (Some(reply), false) = (&spec.reply, any(|t| t.ping.is_some())) {
        findings
            .error(
                reply.span,
                "`reply` speaks of echo requests, and none are sent here",
            )
            .hint("`delivered` speaks of what a receiver gets");
    }
    if let (Some(delivered), false) = (&spec.delivered, any(is_received)) {
        findings
            .error(
                delivered.span,
                "`delivered` speaks of what a receiver gets, and nothing here has one",
            )
            .hint(
                "`udp` that listens, `tcp` whose peer receives, `esp` and `ah` have one; of `ping` speaks `reply`",
            );
    }
    if let (Some(error), false) = (&spec.error, any(is_told)) {
        findings
            .error(
                error.span,
                "`error` speaks of what a sending socket is told, and there is none here",
            )
            .hint("how a command ends is said in `exec`");
    }
}

fn is_received(traffic: &TrafficSpec) -> bool {
    let listens = |listen: Option<bool>| listen.unwrap_or(true);
    let udp = traffic.udp.as_ref();
    let tcp = traffic.tcp.as_ref();
    udp.is_some_and(|u| listens(u.listen.as_ref().map(|l| l.value)))
        || tcp.is_some_and(|t| {
            let peer = t.peer.as_ref().map(|p| p.value);
            peer.is_none_or(|p| p == TcpPeer::Receive)
        })
        || traffic.esp.is_some()
        || traffic.ah.is_some()
}

/// Whether something is sent by the lab itself: a command has sockets of its own.
fn is_told(traffic: &TrafficSpec) -> bool {
    let t = traffic;
    t.ping.is_some()
        || t.udp.is_some()
        || t.tcp.is_some()
        || t.raw.is_some()
        || t.again.is_some()
        || t.keepalive.is_some()
        || t.ah.is_some()
        || t.esp.is_some()
}
