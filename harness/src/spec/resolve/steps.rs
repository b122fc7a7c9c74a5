//! Owns the resolving of steps: what happens, and expectations bound to nodes and links.

use super::{
    answerable, changes,
    draft::{Draft, Findings},
    meters,
    names::bind_node,
    network::twice,
    on, points,
    sayable::Sayable,
    traffic::{self, Binding},
    windows,
};
use crate::{
    plan::{Block, BlockLine, CounterExpect, Expect, Outcome, Step, Traffic, WireBlock},
    spec::{
        block::{check_event, check_fact},
        diagnostic::shorten,
        schema::{
            file::FileSpec,
            steps::{BlockText, ExpectSpec, StepSpec},
        },
        source::{Source, Span},
    },
};

/// All steps of a file.
pub(crate) fn steps(
    spec: &FileSpec,
    draft: &Draft,
    sources: &[Source],
    sayable: &mut Sayable,
    findings: &mut Findings,
) -> Vec<Step> {
    let steps = || spec.steps.iter().flat_map(|s| s.value.iter());
    let names = steps()
        .filter_map(|s| s.name.as_ref())
        .map(|n| (n.value.clone(), n.span));
    for (name, span, first) in twice(names) {
        findings
            .error(span, format!("step `{}` is there twice", shorten(&name)))
            .related(first, "first here");
    }
    // Changes build on one another, so the world goes along with the steps.
    let mut now = draft.clone();
    let mut number = 0;
    let mut list = Vec::new();
    for step in steps() {
        let mut done = Vec::new();
        for spec in step.changes.iter().flat_map(|c| c.value.0.iter()) {
            done.extend(changes::changes(spec, &mut now, findings));
            // The next change may take it away again.
            sayable.note(&now);
        }
        let mut binding = Binding {
            draft: &now,
            findings,
            number,
        };
        let mut flows = binding.flows(&step.traffic, None, &Outcome::default());
        for flow in step.flows.iter().flat_map(|f| f.value.iter()) {
            let outcome = flow.expect.as_ref().map(|e| traffic::outcome(e));
            flows.extend(binding.flows(
                &flow.traffic,
                flow.name.as_ref(),
                &outcome.unwrap_or_default(),
            ));
        }
        number = binding.number;
        let on: Vec<_> = step
            .on
            .iter()
            .flat_map(|o| o.value.iter())
            .filter_map(|spec| {
                let trigger = on::trigger(spec, &flows, &mut now, findings);
                sayable.note(&now);
                trigger
            })
            .collect();
        sayable.commands |= flows.iter().any(|f| matches!(f.traffic, Traffic::Exec(_)));
        let expect = step
            .expect
            .as_ref()
            .map(|e| expect(&e.value, &now, sources, findings));
        let Some(name) = &step.name else { continue };
        if !names_something(step) && findings.whole {
            findings
                .error(name.span, format!("step `{}` does nothing", shorten(name)))
                .hint("`ping`, `udp`, `tcp`, `raw`, `again`, `esp`, `ah`, `keepalive`, `exec`, `flows` or `do`");
        }
        windows::check(step, &flows, &list, findings);
        answerable::check(step, findings);
        list.push(Step {
            name: name.value.clone(),
            changes: done,
            flows,
            windows: step.windows.as_ref().map(|w| w.0),
            each: step.windows.is_some(),
            on,
            expect: expect.unwrap_or_default(),
        });
    }
    list
}

/// Whether a step sends or changes anything.
fn names_something(step: &StepSpec) -> bool {
    sends(step) || step.changes.is_some()
}

/// Whether a step has traffic.
pub(super) fn sends(step: &StepSpec) -> bool {
    let traffic = &step.traffic;
    traffic.ping.is_some()
        || traffic.udp.is_some()
        || traffic.tcp.is_some()
        || traffic.raw.is_some()
        || traffic.esp.is_some()
        || traffic.again.is_some()
        || traffic.exec.is_some()
        || traffic.keepalive.is_some()
        || traffic.ah.is_some()
        || step.flows.is_some()
}

fn expect(spec: &ExpectSpec, draft: &Draft, sources: &[Source], findings: &mut Findings) -> Expect {
    let mut expect = Expect {
        outcome: traffic::outcome(&spec.outcome),
        ..Expect::default()
    };
    for (node, text) in spec.node.iter().flat_map(|n| n.value.0.iter()) {
        if bind_node(draft, node, node.span, findings) {
            expect
                .nodes
                .push((node.value.clone(), block(text, findings)));
        }
    }
    for (point, text) in spec.wire.iter().flat_map(|w| w.value.0.iter()) {
        let block = block(text, findings);
        let point = points::point(point, draft, findings);
        expect
            .wires
            .extend(point.map(|point| WireBlock { point, block }));
    }
    for (point, text) in spec.clear.iter().flat_map(|w| w.value.0.iter()) {
        let block = block(text, findings);
        let point = points::link(point, draft, findings);
        expect
            .clear
            .extend(point.map(|point| WireBlock { point, block }));
    }
    expect.meters = meters::meters(spec, draft, findings, |span| line(sources, span));
    for (node, text) in spec.conntrack.iter().flat_map(|e| e.value.0.iter()) {
        if bind_node(draft, node, node.span, findings) {
            let block = lines(text, check_fact, findings);
            expect.connections.push((node.value.clone(), block));
        }
    }
    for (node, text) in spec.freed.iter().flat_map(|f| f.value.0.iter()) {
        if bind_node(draft, node, node.span, findings) {
            let block = lines(text, check_fact, findings);
            expect.freed.push((node.value.clone(), block));
        }
    }
    expect.log = spec
        .log
        .as_ref()
        .map(|text| lines(text, |_| Ok(()), findings));
    for (node, text) in spec.events.iter().flat_map(|e| e.value.0.iter()) {
        if bind_node(draft, node, node.span, findings) {
            let block = lines(text, check_event, findings);
            expect.events.push((node.value.clone(), block));
        }
    }
    for (node, counters) in spec.counters.iter().flat_map(|c| c.value.0.iter()) {
        if bind_node(draft, node, node.span, findings) {
            expect.counters.push(CounterExpect {
                node: node.value.clone(),
                rule: counters.rule.clone(),
                line: line(sources, counters.span),
            });
        }
    }
    expect
}

/// 1-based line of a place.
fn line(sources: &[Source], span: Span) -> u32 {
    let source = sources.get(usize::from(span.source));
    let line = source.map_or(0, |s| s.position(span.range().start).0);
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn block(text: &BlockText, findings: &mut Findings) -> Block {
    // Its lines are read in `expected`, once all names are known.
    lines(text, |_| Ok(()), findings)
}

/// The lines of a block, each as `check` wants it.
pub(super) fn lines(
    text: &BlockText,
    check: impl Fn(&str) -> Result<(), String>,
    findings: &mut Findings,
) -> Block {
    let lines = text.0.iter().map(|(text, span, line)| {
        if let Err(message) = check(text) {
            findings.error(*span, message);
        }
        BlockLine {
            text: text.clone(),
            line: *line,
        }
    });
    Block {
        lines: lines.collect(),
    }
}
