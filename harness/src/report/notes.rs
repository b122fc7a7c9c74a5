//! Owns what the capture file says of each frame in words: the step and the flow that it belongs to, and what the verdict
//! says of its packet. It decides nothing, and nothing reads it back.

use crate::{
    judge::{
        Class, Event, Finding, FindingKind, Journey, StepStory, Verdict, any_lost, last_event, tell,
    },
    observe::Observations,
    plan::Plan,
};

/// A note for each frame, in their order.
pub(crate) fn notes(plan: &Plan, obs: &Observations, verdict: &Verdict) -> Vec<String> {
    let step_name = |step: u32| {
        plan.steps
            .get(step as usize)
            .map_or("", |s| s.name.as_str())
    };
    let of_step = |step: u32| format!("step {}: {}", step + 1, step_name(step));
    let frames = obs.frames.iter();
    let mut notes: Vec<String> = frames.map(|f| of_step(f.step)).collect();
    for (step, told) in (0..).zip(&tell(plan, obs).steps) {
        let sent = sent(plan, obs, step);
        let lost = lost(plan, obs, verdict, told, step);
        for journey in &told.journeys {
            let flow = flow(&sent, journey);
            let said = said(verdict, step, journey, lost == Some(journey));
            let points = journey.events.iter().filter_map(|e| e.wire.as_ref());
            for frame in points.flat_map(|p| [Some(p.frame), p.arrival]).flatten() {
                if let Some(note) = notes.get_mut(frame) {
                    *note = format!("{}\nflow: {flow}\nverdict: {said}", of_step(step));
                }
            }
        }
    }
    notes
}

/// When packets of a step were sent, in that order: by which flow, and as which of it.
fn sent<'a>(plan: &'a Plan, obs: &Observations, step: u32) -> Vec<(u64, &'a str, u16)> {
    let (planned, record) = (plan.steps.get(step as usize), obs.steps.get(step as usize));
    let flows = planned
        .zip(record)
        .into_iter()
        .flat_map(|(planned, record)| planned.flows.iter().zip(&record.flows));
    let packets = flows.flat_map(|(flow, seen)| {
        let packets = seen.packets.iter();
        packets.map(|p| (p.sent_ns, flow.name.as_str(), p.seq))
    });
    let mut sent: Vec<_> = packets.collect();
    sent.sort_unstable();
    sent
}

/// The flow that sent the packet, or was under way when a kernel sent it: the last one that had begun, since a packet
/// is sent when nothing of the one before is under way any more.
fn flow(sent: &[(u64, &str, u16)], journey: &Journey) -> String {
    // What no frame was captured of has no better time than the estimate of its first hook.
    let framed = journey.events.iter().find(|e| e.wire.is_some());
    let begun = framed.or(journey.events.first()).map_or(0, |e| e.ts_ns);
    let before = sent.partition_point(|(at, ..)| *at <= begun);
    let last = before.checked_sub(1).and_then(|at| sent.get(at));
    match (journey.kind.class, last) {
        (Class::Noise, _) | (_, None) => "none".to_owned(),
        (Class::Kernel, Some((_, flow, seq))) => {
            format!("none, sent by a kernel during {flow}, packet {seq}")
        }
        (Class::Flow, Some((_, flow, seq))) => format!("{flow}, packet {seq}"),
    }
}

/// The journey of the first packet that a step lost, or of its answer, where something was found about the step.
fn lost<'s>(
    plan: &Plan,
    obs: &Observations,
    verdict: &Verdict,
    told: &'s StepStory,
    step: u32,
) -> Option<&'s Journey> {
    let found = verdict.findings.iter().any(|f| f.step_index == step);
    let last = last_event(plan, told, obs, step).filter(|_| found && any_lost(plan, obs, step));
    last.map(|(journey, _)| journey)
}

/// What the verdict says of a packet: the findings that begin with one of its events, and where it was lost, why.
fn said(verdict: &Verdict, step: u32, journey: &Journey, lost: bool) -> String {
    let findings = verdict.findings.iter().filter(|f| f.step_index == step);
    let mut wrong: Vec<String> = findings
        .filter(|f| journey.events.iter().any(|e| is_in(f, e)))
        .map(|f| format!("FAIL at {}: {}", f.node, f.what))
        .collect();
    if lost {
        wrong.push("FAIL: this packet, or the answer to it, was lost".to_owned());
        let causes = verdict.causes.iter();
        wrong.extend(causes.map(|c| format!("cause {} at {}: {}", c.name, c.node, c.why)));
    }
    if wrong.is_empty() {
        return "nothing wrong was found about it".to_owned();
    }
    wrong.join("\n")
}

/// Whether a finding about frames or hooks begins with this event.
fn is_in(finding: &Finding, event: &Event) -> bool {
    let kind = match finding.kind {
        FindingKind::Wire | FindingKind::Clear | FindingKind::Leak => event.wire.is_some(),
        FindingKind::Node => event.wire.is_none(),
        _ => return false,
    };
    kind && event.node == finding.node && finding.wrong_ns == Some(event.ts_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{judge, tests::fixture};

    fn of(plan: &Plan, obs: &Observations) -> Vec<String> {
        notes(plan, obs, &judge(plan, obs))
    }

    #[test]
    fn a_frame_says_its_step_flow_and_that_nothing_is_wrong() {
        let (plan, mut good) = (fixture::plan(), fixture::good());
        // The first frame is ARP, which belongs to no flow.
        good.steps[0].flows[0].packets[0].sent_ns = good.frames[1].ts_ns;
        let notes = of(&plan, &good);
        assert_eq!(notes.len(), good.frames.len());
        assert_eq!(notes[0].lines().nth(1), Some("flow: none"));
        let lines: Vec<&str> = notes[1].lines().collect();
        let name = format!("step 1: {}", plan.steps[0].name);
        let flow = format!("flow: {}, packet 1", plan.steps[0].flows[0].name);
        let verdict = "verdict: nothing wrong was found about it";
        assert_eq!(lines, [name.as_str(), flow.as_str(), verdict]);
    }

    #[test]
    fn the_frame_that_an_expectation_contradicts_says_so_and_no_other() {
        let (mut plan, good) = (fixture::plan(), fixture::good());
        let expected = fixture::wire_block(("r1", "eth1"), ("rt", "eth0"), "icmp echo-request");
        plan.steps[0].expect.wires.push(expected);
        let notes = of(&plan, &good);
        let failed = |note: &&String| note.contains("verdict: FAIL at r1: the packets on `r1>rt`");
        let story = tell(&plan, &good);
        let mut journeys = story.steps[0].journeys.iter();
        let request = journeys.find(|j| j.packet.to_string().contains("echo-request"));
        let points = request
            .unwrap()
            .events
            .iter()
            .filter_map(|e| e.wire.as_ref());
        let frames = points
            .flat_map(|p| [Some(p.frame), p.arrival])
            .flatten()
            .count();
        assert_eq!(
            notes.iter().filter(failed).count(),
            frames,
            "all of its way"
        );
        assert!(frames > 0 && frames < notes.len());
    }

    #[test]
    fn the_lost_packet_says_the_cause() {
        let mut recorder = fixture::Recorder::new();
        recorder.encode(&fixture::request(), 1);
        recorder.transit(&fixture::request(), 1);
        recorder.arrive(&fixture::request(), 1);
        let lost = recorder.finish(&[("r2", "XfrmInNoStates", 1)], false);
        let notes = of(&fixture::plan(), &lost);
        let told = notes.iter().filter(|n| n.contains("cause no-state at r2"));
        assert_eq!(told.count(), notes.len(), "{notes:#?}");
        assert!(!notes.is_empty());
    }
}
