//! Owns nftables text: names of SPIs, reqids, marks and interface ids in it become their values, and each line
//! keeps its place in the file. It never reads a rule.

use std::sync::Arc;

use super::draft::{Draft, DraftNode, Findings};
use crate::{
    plan::{Iptables, RefusedRules, Rules, TextPlace},
    spec::{
        diagnostic::shorten,
        schema::rules::RulesSpec,
        source::{Span, Spanned},
        value::inside,
    },
};

/// What a name in a text may ask for.
const KINDS: &[&str] = &["spi", "reqid", "mark", "if_id"];

/// Every text of rules of a node, as its plan has them.
pub(crate) fn all(draft: &mut Draft, index: usize, findings: &mut Findings) {
    let node = &draft.nodes[index];
    let mut refused = Vec::new();
    let nft = family(&node.nft, node, None, draft, (&mut refused, findings));
    let mut iptables = Vec::new();
    for (v6, pieces) in [(false, &node.iptables), (true, &node.ip6tables)] {
        let text = family(pieces, node, Some(v6), draft, (&mut refused, findings));
        if let Some(Rules::Iptables(rules)) = text {
            iptables.push(rules);
        }
    }
    let node = &mut draft.nodes[index];
    if let Some(Rules::Nft(text, places)) = nft {
        node.nft_text = (text, places);
    }
    node.iptables_texts = iptables;
    node.refused_rules = refused;
}

/// The texts that are loaded together, those that must be refused each by itself. `v6` is of iptables.
fn family(
    pieces: &[Spanned<RulesSpec>],
    node: &DraftNode,
    v6: Option<bool>,
    draft: &Draft,
    (refused, findings): (&mut Vec<RefusedRules>, &mut Findings),
) -> Option<Rules> {
    let taken: Vec<&Spanned<String>> = pieces
        .iter()
        .filter(|p| p.refused.is_none())
        .map(|p| &p.text)
        .collect();
    for piece in pieces {
        if let Some(errno) = &piece.refused {
            refused.push(RefusedRules {
                rules: rules(&[&piece.text], &node.name, v6, draft, findings),
                refused: errno.clone(),
            });
        }
    }
    (!taken.is_empty()).then(|| rules(&taken, &node.name, v6, draft, findings))
}

/// One text, of nft or of a family of iptables.
pub(super) fn rules(
    pieces: &[&Spanned<String>],
    node: &str,
    v6: Option<bool>,
    draft: &Draft,
    findings: &mut Findings,
) -> Rules {
    let (text, places) = text(pieces, node, draft, findings);
    match v6 {
        None => Rules::Nft(text, places),
        Some(v6) => Rules::Iptables(Iptables { v6, text, places }),
    }
}

/// The text for `node` with values for names, and the places of its lines.
fn text(
    pieces: &[&Spanned<String>],
    node: &str,
    draft: &Draft,
    findings: &mut Findings,
) -> (String, Vec<TextPlace>) {
    let sources = Arc::clone(&findings.sources);
    let (mut lines, mut places) = (Vec::new(), Vec::new());
    for piece in pieces {
        let Some(source) = sources.get(usize::from(piece.span.source)) else {
            continue;
        };
        // Where the text stands as it is, without escapes, each of its bytes has a place.
        let exact = inside(source, piece.span, piece, 0..piece.len());
        let is_exact = source.slice(exact) == piece.value;
        let (first, column) = source.position(exact.range().start);
        let mut offset = exact.range().start;
        for (index, line) in piece.split('\n').enumerate() {
            let mut place = TextPlace {
                file: source.name.clone(),
                line: number(if is_exact { first + index } else { first }),
                before: number(if is_exact && index > 0 { 0 } else { column - 1 }),
                values: Vec::new(),
            };
            let span_of = |range: std::ops::Range<usize>| {
                if is_exact {
                    Span::new(piece.span.source, offset + range.start..offset + range.end)
                } else {
                    piece.span
                }
            };
            lines.push(with_values(
                line, node, draft, &mut place, span_of, findings,
            ));
            places.push(place);
            offset += line.len() + 1;
        }
    }
    (lines.join("\n"), places)
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// One line with `${KIND NAME}` replaced; a name that nothing has stays as it is.
fn with_values(
    line: &str,
    node: &str,
    draft: &Draft,
    place: &mut TextPlace,
    span_of: impl Fn(std::ops::Range<usize>) -> Span,
    findings: &mut Findings,
) -> String {
    let mut out = String::new();
    let mut done = 0;
    while let Some(start) = line[done..].find("${").map(|at| done + at) {
        let Some(end) = line[start..].find('}').map(|at| start + at + 1) else {
            break;
        };
        out.push_str(&line[done..start]);
        let name = &line[start..end];
        let value = value(
            &name[2..name.len() - 1],
            node,
            draft,
            span_of(start..end),
            findings,
        );
        let value = value.unwrap_or_else(|| name.to_owned());
        place.values.push((
            number(out.chars().count()),
            number(name.chars().count()),
            number(value.len()),
        ));
        out.push_str(&value);
        done = end;
    }
    out.push_str(&line[done..]);
    out
}

/// The value of `KIND NAME`, as the node itself has it or else the first that has.
fn value(
    words: &str,
    node: &str,
    draft: &Draft,
    span: Span,
    findings: &mut Findings,
) -> Option<String> {
    let (kind, name) = words.split_once(' ').unwrap_or((words, ""));
    if !KINDS.contains(&kind) {
        findings.problems.unknown(span, "kind of name", kind, KINDS);
        return None;
    }
    let name = name.trim();
    let own = draft.nodes.iter().filter(|n| n.name == node);
    let others = draft.nodes.iter().filter(|n| n.name != node);
    let mut known: Vec<&str> = Vec::new();
    for body in own.chain(others) {
        for state in &body.states {
            known.push(&state.name);
            let found = match kind {
                "spi" => Some(state.spi.0),
                "reqid" => Some(state.reqid.0),
                "mark" => state.mark.map(|m| m.value),
                _ => state.if_id.map(|i| i.0),
            };
            if state.name == name
                && let Some(found) = found
            {
                return Some(shown(kind, found));
            }
        }
        for policy in body.policies.iter().filter(|_| kind != "spi") {
            known.push(&policy.name);
            let found = match kind {
                "reqid" => policy.templates.first().map(|t| t.reqid.0),
                "mark" => policy.mark.map(|m| m.value),
                _ => policy.if_id.map(|i| i.0),
            };
            if policy.name == name
                && let Some(found) = found
            {
                return Some(shown(kind, found));
            }
        }
    }
    known.sort_unstable();
    known.dedup();
    if known.contains(&name) {
        findings.error(span, format!("`{}` has no {kind}", shorten(name)));
    } else {
        let what = if kind == "spi" { "SA" } else { "SA or policy" };
        findings
            .error(span, format!("no {what} `{}`", shorten(name)))
            .suggest(name, &known);
    }
    None
}

/// Reqids are decimal as `ip` shows them, the others hexadecimal.
fn shown(kind: &str, value: u32) -> String {
    if kind == "reqid" {
        value.to_string()
    } else {
        format!("{value:#x}")
    }
}
