//! Owns the alteration of what became of flows: answers, deliveries, what senders were told.

use xfrmlab::plan::{Delivered, Traffic};

use super::Altered;

/// Alters the fate of packets.
pub(super) fn alter(run: &mut Altered<'_>) {
    let step = run.step as usize;
    let all: Vec<usize> = (0..run.obs.steps[step].flows.len()).collect();
    for at in run.spread(&all) {
        let flow = run.plan.steps[step].flows[at].clone();
        let node = flow.traffic.from().to_owned();
        let Some(last) = run.obs.steps[step].flows[at].packets.len().checked_sub(1) else {
            continue;
        };
        let told = |what: &str| format!("flow {at} of step {step}, {what},");
        if let Some(answered) = flow.outcome.reply {
            run.change(&node, &[], &told("the other answer"), |o| {
                let packet = &mut o.steps[step].flows[at].packets[last];
                packet.took_ns = (!answered).then_some(1);
            });
        }
        if let Some(delivered) = flow.outcome.delivered {
            run.change(&node, &[], &told("another delivery"), |o| {
                let seen = &mut o.steps[step].flows[at];
                let packet = &mut seen.packets[last];
                packet.copies = u16::from(packet.copies == 0);
                packet.took_ns = (packet.copies > 0).then_some(1);
                if matches!(flow.traffic, Traffic::Tcp(_)) {
                    seen.bytes = u64::from(seen.bytes == 0);
                }
            });
            run.change(&node, &[], &told("a stray"), |o| {
                o.steps[step].flows[at].strays += 1;
            });
            if delivered != Delivered::Nothing {
                run.change(&node, &[], &told("delivered once more"), |o| {
                    o.steps[step].flows[at].packets[last].copies += 1;
                });
            }
        }
        if let Some(error) = flow.outcome.error {
            run.change(&node, &[], &told("another error"), |o| {
                for packet in &mut o.steps[step].flows[at].packets {
                    packet.told.clear();
                    packet.send_error = (error == "none").then(|| "EXDEV".to_owned());
                }
            });
        }
    }
}
