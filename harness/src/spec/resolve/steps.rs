//! Owns the resolving of steps: what happens, and expectations bound to nodes and links.

use super::{
    changes,
    draft::{Draft, Findings},
    meters,
    names::bind_node,
    network::twice,
    on,
    traffic::{self, Binding},
};
use crate::{
    plan::{Block, BlockLine, CounterExpect, Expect, Outcome, Step, WireBlock},
    spec::{
        block::{check_event, check_fact, check_line},
        diagnostic::{list_words, shorten},
        schema::{
            file::FileSpec,
            steps::{BlockText, ExpectSpec, StepSpec},
        },
        source::{Source, Span, Spanned},
    },
};

/// All steps of a file.
pub(crate) fn steps(
    spec: &FileSpec,
    draft: &Draft,
    sources: &[Source],
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
            .filter_map(|spec| on::trigger(spec, &flows, &mut now, findings))
            .collect();
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
        list.push(Step {
            name: name.value.clone(),
            changes: done,
            flows,
            on,
            expect: expect.unwrap_or_default(),
        });
    }
    list
}

/// Whether a step sends or changes anything.
fn names_something(step: &StepSpec) -> bool {
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
        || step.changes.is_some()
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
        expect.wires.extend(wire(point, text, draft, findings));
    }
    for (point, text) in spec.clear.iter().flat_map(|w| w.value.0.iter()) {
        expect.clear.extend(wire(point, text, draft, findings));
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
    lines(text, check_line, findings)
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

/// A block for `a>b` or `a:eth1>b:eth0`.
fn wire(
    point: &Spanned<String>,
    text: &BlockText,
    draft: &Draft,
    findings: &mut Findings,
) -> Option<WireBlock> {
    let block = block(text, findings);
    let Some((from, to)) = point.split_once('>') else {
        findings
            .error(
                point.span,
                format!("`{}` is not a capture point", shorten(point)),
            )
            .hint("`a>b`: from node `a` to node `b`");
        return None;
    };
    let split = |end: &str| match end.trim().split_once(':') {
        Some((node, device)) => (node.to_owned(), Some(device.to_owned())),
        None => (end.trim().to_owned(), None),
    };
    let (from, to) = (split(from), split(to));
    let bound = [&from.0, &to.0].map(|node| bind_node(draft, node, point.span, findings));
    if bound.contains(&false) {
        return None;
    }
    let fits = |end: &crate::plan::End, want: &(String, Option<String>)| {
        end.node == want.0 && want.1.as_ref().is_none_or(|d| *d == end.device)
    };
    let found: Vec<_> = draft
        .links
        .iter()
        .flat_map(|l| [(&l.ends[0], &l.ends[1]), (&l.ends[1], &l.ends[0])])
        .filter(|(a, b)| fits(a, &from) && fits(b, &to))
        .collect();
    match found.as_slice() {
        [(a, b)] => Some(WireBlock {
            from_node: a.node.clone(),
            from_device: a.device.clone(),
            to_node: b.node.clone(),
            to_device: b.device.clone(),
            block,
        }),
        [] => {
            let points = points(draft, &from.0);
            let points: Vec<&str> = points.iter().map(String::as_str).collect();
            let problem = findings.error(point.span, format!("no link `{}`", shorten(point)));
            if !points.is_empty() {
                problem.hint(format!(
                    "from `{}` there is {}",
                    from.0,
                    list_words(&points)
                ));
            }
            None
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|(a, b)| format!("{}:{}>{}:{}", a.node, a.device, b.node, b.device))
                .collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            findings
                .error(
                    point.span,
                    format!("`{}` fits {} links", shorten(point), names.len()),
                )
                .hint(list_words(&names));
            None
        }
    }
}

/// The capture points in which a node sends; with devices where nodes have several links.
fn points(draft: &Draft, node: &str) -> Vec<String> {
    let ends = || {
        let both = draft
            .links
            .iter()
            .flat_map(|l| [(&l.ends[0], &l.ends[1]), (&l.ends[1], &l.ends[0])]);
        both.filter(|(a, _)| a.node == node)
    };
    let name = |(a, b): (&crate::plan::End, &crate::plan::End)| {
        if ends().filter(|(_, other)| other.node == b.node).count() == 1 {
            format!("{}>{}", a.node, b.node)
        } else {
            format!("{}:{}>{}:{}", a.node, a.device, b.node, b.device)
        }
    };
    ends().map(name).collect()
}
