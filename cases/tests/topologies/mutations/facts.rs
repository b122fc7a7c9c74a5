//! Owns the alteration of what is no packet: counters, events, connections, the log, refusals.

use super::Altered;

/// Alters counters, events and connections.
pub(super) fn alter(run: &mut Altered<'_>) {
    counters(run);
    meters(run);
    samples(run);
    events(run);
    connections(run);
    log(run);
    refusals(run);
}

/// `/proc/net/xfrm_stat`, the last sample: no later step has it as its beginning.
fn counters(run: &mut Altered<'_>) {
    let last = run.step + 1;
    let all: Vec<usize> = (0..run.obs.counters.len())
        .filter(|at| run.obs.counters[*at].after_steps == last)
        .filter(|at| !run.obs.counters[*at].values.is_empty())
        .collect();
    for at in run.spread(&all) {
        let sample = run.obs.counters[at].clone();
        let moved = sample.values.iter().rposition(|(_, value)| *value > 0);
        let counter = moved.unwrap_or(0);
        let name = sample.values[counter].0.clone();
        run.change(
            &sample.node,
            &[&name],
            "a counter that moved once more",
            |o| {
                o.counters[at].values[counter].1 += 1;
            },
        );
    }
}

/// SNMP, links, named counters of nft.
fn meters(run: &mut Altered<'_>) {
    let all: Vec<usize> = (0..run.obs.moved.len()).collect();
    for at in run.spread(&all) {
        let meter = run.obs.moved[at].clone();
        let told = |what: &str| format!("{} of {}, {what},", meter.counter, meter.group);
        run.change(&meter.node, &[&meter.counter], &told("one more"), |o| {
            o.moved[at].delta += 1;
        });
        run.change(&meter.node, &[&meter.counter], &told("lost"), |o| {
            drop(o.moved.remove(at));
        });
    }
}

/// Counters of SAs.
fn samples(run: &mut Altered<'_>) {
    let last = run.step + 1;
    // Of two SAs that differ in nothing but their mark only the first can be spoken of: they share a name.
    let name = |at: usize| {
        let sa = &run.obs.sas[at];
        let name = run.plan.sa_name(&sa.node, sa.dst, sa.proto, sa.spi);
        (sa.after_steps == last).then_some((&sa.node, name?))
    };
    let named = |at: &usize| {
        let alike = |other: &usize| name(*other) == name(*at);
        name(*at).is_some() && (0..run.obs.sas.len()).filter(alike).count() == 1
    };
    let all: Vec<usize> = (0..run.obs.sas.len()).filter(named).collect();
    for at in run.spread(&all) {
        let node = run.obs.sas[at].node.clone();
        run.change(&node, &["packets"], "an SA that counted one more", |o| {
            o.sas[at].packets += 1;
        });
        run.change(&node, &["bytes"], "an SA that counted a byte more", |o| {
            o.sas[at].bytes += 1;
        });
        run.change(&node, &["replay"], "an SA that saw a replay more", |o| {
            o.sas[at].replay += 1;
        });
        run.change(&node, &["packets"], "an SA that is gone", |o| {
            drop(o.sas.remove(at));
        });
    }
}

/// What kernels told about xfrm.
fn events(run: &mut Altered<'_>) {
    let all: Vec<usize> = (0..run.obs.events.len()).collect();
    for at in run.spread(&all) {
        let event = run.obs.events[at].clone();
        let node = event.node.as_str();
        let told = |what: &str| format!("event `{}`, {what},", event.line(&run.plan));
        let (lost, doubled, other, swapped) = (
            told("lost"),
            told("doubled"),
            told("of another kind"),
            told("behind the next"),
        );
        run.change(node, &[], &lost, |o| drop(o.events.remove(at)));
        run.change(node, &[], &doubled, |o| {
            o.events.insert(at, o.events[at].clone());
        });
        run.change(node, &[], &other, |o| {
            o.events[at].kind = "report".into();
        });
        let field = event.fields.first().map(|(key, _)| key.clone());
        if let Some(key) = field {
            let what = format!("another {key} of an event");
            run.change(node, &[&key], &what, |o| {
                o.events[at].fields[0].1.push('7');
            });
        }
        let next = (at + 1..run.obs.events.len()).find(|i| {
            let other = &run.obs.events[*i];
            (&other.node, other.step) == (&event.node, event.step)
        });
        let other = next.filter(|i| run.obs.events[*i].line(&run.plan) != event.line(&run.plan));
        if let Some(next) = other {
            run.change(node, &[], &swapped, |o| o.events.swap(at, next));
        }
    }
}

/// Tracked connections.
fn connections(run: &mut Altered<'_>) {
    let all: Vec<usize> = (0..run.obs.connections.len()).collect();
    for at in run.spread(&all) {
        let connection = run.obs.connections[at].clone();
        let node = connection.node.as_str();
        let told = |what: &str| format!("connection `{}`, {what},", connection.line());
        run.change(node, &[], &told("lost"), |o| drop(o.connections.remove(at)));
        run.change(node, &[], &told("doubled"), |o| {
            o.connections.insert(at, o.connections[at].clone());
        });
        run.change(node, &["mark"], &told("another mark"), |o| {
            o.connections[at].mark ^= 0x77;
        });
        run.change(node, &["reply"], &told("another translation"), |o| {
            o.connections[at].reply.swap(0, 1);
        });
        run.change(node, &["status"], &told("another status"), |o| {
            o.connections[at].status.push("dying".into());
        });
    }
}

/// Lines of the kernel's log, where the file speaks of it.
fn log(run: &mut Altered<'_>) {
    let steps = &run.plan.steps;
    let spoken = |step: u32| {
        steps
            .get(step as usize)
            .is_some_and(|s| s.expect.log.is_some())
    };
    let all: Vec<usize> = (0..run.obs.log.len())
        .filter(|at| spoken(run.obs.log[*at].step) && !run.obs.log[*at].is_fault())
        .collect();
    let node = run
        .plan
        .nodes
        .first()
        .map_or(String::new(), |n| n.name.clone());
    for at in run.spread(&all) {
        run.change(&node, &[], "a line of the log, lost,", |o| {
            drop(o.log.remove(at));
        });
        run.change(&node, &[], "a line of the log, altered,", |o| {
            o.log[at].text = "altered".into();
        });
    }
}

/// What the kernel refused, while the world was built and in steps.
fn refusals(run: &mut Altered<'_>) {
    for at in 0..run.obs.refusals.len() {
        let node = run.obs.refusals[at].node.clone();
        run.change(&node, &[], "a refusal that did not come", |o| {
            o.refusals[at].errno = None;
        });
        run.change(&node, &[], "another refusal", |o| {
            o.refusals[at].errno = Some("EXDEV".into());
        });
    }
    let step = run.step as usize;
    let changes: Vec<usize> = (0..run.obs.steps[step].changes.len()).collect();
    for at in run.spread(&changes) {
        let node = run.plan.steps[step].changes[at].node.clone();
        let refused = run.obs.steps[step].changes[at].refused.is_some();
        run.change(&node, &[], "what became of a change", |o| {
            let other = (!refused).then(|| "EXDEV".to_owned());
            o.steps[step].changes[at].refused = other;
        });
    }
    let triggers: Vec<usize> = (0..run.obs.steps[step].on.len()).collect();
    for at in run.spread(&triggers) {
        let changes = &run.plan.steps[step].on[at].changes;
        let Some(node) = changes.first().map(|c| c.node.clone()) else {
            continue;
        };
        let node = match &run.plan.steps[step].on[at].cause {
            xfrmlab::plan::Cause::Event { node, .. } => node.clone(),
            xfrmlab::plan::Cause::Packet { .. } => node,
        };
        run.change(&node, &[], "a trigger that did not fire", |o| {
            o.steps[step].on[at].fired = false;
        });
    }
}
