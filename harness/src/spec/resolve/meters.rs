//! Owns the resolving of what counters beside those of xfrm must do: each bound to its node and group.

use super::{
    draft::{Draft, Findings},
    names::{bind_node, devices},
};
use crate::{
    plan::MeterExpect,
    spec::{
        decode::Named,
        schema::steps::{Counters, ExpectSpec},
        source::{Span, Spanned},
    },
};

/// All of them; `line` gives the line of a place.
pub(crate) fn meters(
    spec: &ExpectSpec,
    draft: &Draft,
    findings: &mut Findings,
    line: impl Fn(Span) -> u32,
) -> Vec<MeterExpect> {
    let mut out = Vec::new();
    let mut put = |node: &str, group: String, counters: &Counters| {
        out.push(MeterExpect {
            node: node.to_owned(),
            group,
            rule: counters.rule.clone(),
            line: line(counters.span),
        });
    };
    for (node, counters) in each(spec.snmp.as_ref()) {
        if bind_node(draft, node, node.span, findings) {
            put(node, "snmp".to_owned(), counters);
        }
    }
    for (place, counters) in each(spec.links.as_ref()) {
        let (node, device) = place.split_once(':').unwrap_or((place, ""));
        if !bind_node(draft, node, place.span, findings) {
            continue;
        }
        let known = devices(draft, node);
        if !known.contains(&device) {
            let message = format!("node `{node}` has no device `{device}`");
            findings.error(place.span, message).suggest(device, &known);
            continue;
        }
        put(node, format!("link {device}"), counters);
    }
    for (place, counters) in each(spec.sas.as_ref()) {
        let (node, sa) = place.split_once(' ').unwrap_or((place, ""));
        if !bind_node(draft, node, place.span, findings) {
            continue;
        }
        let states = draft.nodes.iter().filter(|n| n.name == node);
        let known: Vec<&str> = states
            .flat_map(|n| n.states.iter().map(|s| s.value.name.as_str()))
            .collect();
        if !known.contains(&sa.trim()) {
            let message = format!("node `{node}` has no SA `{sa}` here");
            findings.error(place.span, message).suggest(sa, &known);
            continue;
        }
        put(node, format!("sa {}", sa.trim()), counters);
    }
    for (place, counters) in each(spec.nft.as_ref()) {
        let (node, counter) = place.split_once(' ').unwrap_or((place, ""));
        if !bind_node(draft, node, place.span, findings) {
            continue;
        }
        if counter.split_whitespace().count() != 3 {
            findings
                .error(place.span, format!("`{}` names no counter", place.value))
                .hint("`NODE FAMILY TABLE COUNTER`");
            continue;
        }
        put(node, format!("nft {}", counter.trim()), counters);
    }
    out
}

fn each(
    table: Option<&Spanned<Named<Counters>>>,
) -> impl Iterator<Item = &(Spanned<String>, Counters)> {
    table.into_iter().flat_map(|t| t.value.0.iter())
}
