//! Owns the question what a step in windows can hold, and what may follow one.

use super::draft::Findings;
use crate::{
    plan::{Flow, Step, Traffic},
    spec::schema::steps::StepSpec,
};

/// Bytes of payload that name a packet: four are of its flow and its number, two more of its number in a long flow.
const NAMED: u16 = 6;

/// Notes what a step in windows has that it cannot have, and what cannot come after one of `earlier`.
pub(super) fn check(spec: &StepSpec, flows: &[Flow], earlier: &[Step], findings: &mut Findings) {
    if let Some(again) = &spec.traffic.again
        && earlier.iter().any(|step| step.windows.is_some())
    {
        findings.error(
            again.span,
            "the packets of a step in windows are forgotten and cannot be sent again",
        );
    }
    let Some(windows) = &spec.windows else { return };
    let span = windows.span;
    if let Some(on) = &spec.on {
        findings.error(
            on.span,
            "a step in windows cannot wait for something (`on`)",
        );
    }
    let problem = match flows {
        [flow] => match &flow.traffic {
            Traffic::Ping(ping) if ping.size >= NAMED => return,
            Traffic::Udp(udp) if !udp.join.is_empty() => {
                "windows are for one receiver, not a group"
            }
            Traffic::Udp(udp) if udp.size >= NAMED => return,
            Traffic::Ping(_) | Traffic::Udp(_) => {
                "a payload of fewer than 6 bytes does not tell the packets of windows apart"
            }
            _ => "windows are of `ping` or `udp`",
        },
        // A flow that cannot be bound is a problem of its own.
        [] if !findings.whole => return,
        _ => "a step in windows has one flow",
    };
    findings.error(span, problem);
}
