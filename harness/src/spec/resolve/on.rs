//! Owns the resolving of changes that wait for something to happen.

use super::{
    changes,
    draft::{Draft, Findings},
    names::bind_node,
};
use crate::{
    plan::{Cause, Flow, Trigger},
    spec::{
        block::check_event,
        diagnostic::shorten,
        schema::steps::OnSpec,
        source::{Span, Spanned},
    },
};

/// One trigger; `draft` is the world before its changes, and after the call the world after them.
pub(crate) fn trigger(
    spec: &OnSpec,
    flows: &[Flow],
    draft: &mut Draft,
    findings: &mut Findings,
) -> Option<Trigger> {
    let cause = match (&spec.packet, &spec.event) {
        (Some(number), None) => packet(number.0, number.span, spec, flows, findings),
        (None, Some(text)) => event(text, draft, findings),
        _ => {
            findings
                .error(spec.span, "changes wait for either `packet` or `event`")
                .hint("`packet = 3` or `event = \"r1 acquire\"`");
            None
        }
    };
    let mut list = Vec::new();
    for change in spec.changes.iter().flat_map(|c| c.value.0.iter()) {
        list.extend(changes::changes(change, draft, findings));
    }
    Some(Trigger {
        cause: cause?,
        changes: list,
    })
}

fn packet(
    packet: u16,
    span: Span,
    spec: &OnSpec,
    flows: &[Flow],
    findings: &mut Findings,
) -> Option<Cause> {
    let number = match &spec.flow {
        None => 0,
        Some(name) => {
            let Some(number) = flows.iter().position(|f| f.name == name.value) else {
                let known: Vec<&str> = flows.iter().map(|f| f.name.as_str()).collect();
                findings
                    .error(name.span, format!("no flow `{}`", shorten(name)))
                    .suggest(name, &known);
                return None;
            };
            number
        }
    };
    let Some(flow) = flows.get(number) else {
        findings.error(span, "the step sends nothing");
        return None;
    };
    let count = flow.traffic.count();
    if usize::from(packet) > count {
        let message = format!("`{}` sends {count} packets", flow.name);
        findings.error(span, message);
    }
    Some(Cause::Packet {
        flow: number as u32,
        packet,
    })
}

/// `NODE LINE`.
fn event(text: &Spanned<String>, draft: &Draft, findings: &mut Findings) -> Option<Cause> {
    let (node, line) = text.split_once(' ').unwrap_or((text, ""));
    if !bind_node(draft, node, text.span, findings) {
        return None;
    }
    if let Err(message) = check_event(line.trim()) {
        findings.error(text.span, message);
        return None;
    }
    Some(Cause::Event {
        node: node.to_owned(),
        line: line.trim().to_owned(),
    })
}
