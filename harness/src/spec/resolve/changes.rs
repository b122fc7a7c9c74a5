//! Owns the resolving of changes: each `do` table as single changes, in order, against the
//! world as the changes before it left it.

use super::{
    arrivals,
    draft::{Draft, DraftNode, Findings},
    moves,
    names::{bind_node, devices},
    objects, policies,
    select::select,
    states,
};
use crate::{
    plan::{Change, Proto, What},
    spec::{
        decode::{Named, Patch},
        schema::{change::ChangeSpec, file::FileSpec, network::NodeSpec, rules::RulesSpec},
        source::{Span, Spanned},
    },
};

/// The changes of one table. `draft` is the world before it, and after the call the world after it.
pub(crate) fn changes(
    spec: &ChangeSpec,
    draft: &mut Draft,
    findings: &mut Findings,
) -> Vec<Change> {
    let mut list = Vec::new();
    for selector in spec.delete.iter().flat_map(|d| d.value.0.iter()) {
        list.extend(delete(selector, draft, findings));
    }
    for words in spec.flush.iter().flat_map(|f| f.value.0.iter()) {
        list.extend(flush(words, draft, findings));
    }
    list.extend(arrivals::allocations(spec, draft, findings));
    if let Some(add) = &spec.add {
        list.extend(self::add(add, spec.refused.is_some(), draft, findings));
    }
    for line in spec.addresses.iter().flat_map(|a| a.value.0.iter()) {
        let added = objects::addresses(line, draft, findings);
        list.extend(added.into_iter().map(|what| change(&line.node, what)));
    }
    for (selector, patch) in spec.update.iter().flat_map(|u| u.value.0.iter()) {
        for found in select(draft, selector, findings) {
            if found.kind != "state" {
                findings
                    .error(selector.span, format!("a {} cannot be updated", found.kind))
                    .hint("`delete` it and `add` another");
                break;
            }
            let node = &mut draft.nodes[found.node];
            let mut state = node.states[found.index].value.clone();
            states::apply(&mut state, &patch.0, findings);
            let what = What::UpdateState(Box::new(state.clone()));
            list.push(change(&node.name, what));
            if spec.refused.is_none() {
                node.states[found.index].value = state;
            }
        }
    }
    for (selectors, hard) in [(&spec.expire, true), (&spec.expire_soft, false)] {
        for selector in selectors.iter().flat_map(|e| e.value.0.iter()) {
            list.extend(moves::expire(selector, hard, draft, findings));
        }
    }
    list.extend(arrivals::migrations(spec, draft, findings));
    for words in spec.moves.iter().flat_map(|m| m.value.0.iter()) {
        list.extend(moves::device(words, draft, findings));
    }
    for (node, to) in spec.rebind.iter().flat_map(|r| r.value.0.iter()) {
        list.extend(moves::rebind(node, to, draft, findings));
    }
    for (node, text) in spec.nft.iter().flat_map(|n| n.value.0.iter()) {
        if bind_node(draft, node, node.span, findings) {
            list.extend(load(node, &text.0, None, draft, findings));
        }
    }
    for device in spec.down.iter().flat_map(|d| d.value.0.iter()) {
        list.extend(self::device(device, What::Down, draft, findings));
    }
    for device in spec.up.iter().flat_map(|d| d.value.0.iter()) {
        list.extend(self::device(device, What::Up, draft, findings));
    }
    for change in &mut list {
        if let Some(refused) = &spec.refused {
            change.refused = Some(refused.value.0.clone());
        }
    }
    list
}

pub(super) fn change(node: &str, what: What) -> Change {
    // What is added may say so itself.
    let refused = match &what {
        What::Sysctl(sysctl) => &sysctl.refused,
        What::AddState(state) => &state.more.refused,
        What::AddPolicy(policy) => &policy.refused,
        What::Add(object) => object.refused(),
        What::SetDefault(default) => &default.refused,
        What::SetHashThresholds { thresholds, .. } => &thresholds.refused,
        _ => &None,
    };
    Change {
        node: node.to_owned(),
        refused: refused.clone(),
        what,
    }
}

fn delete(selector: &Spanned<String>, draft: &mut Draft, findings: &mut Findings) -> Vec<Change> {
    let mut list = Vec::new();
    // Last first, so that the places of the others stay what they were.
    for found in select(draft, selector, findings).into_iter().rev() {
        let name = draft.nodes[found.node].name.clone();
        let node = &mut draft.nodes[found.node];
        let what = match found.kind {
            "state" => {
                let state = node.states.remove(found.index).value;
                Some(What::DeleteState(Box::new(state)))
            }
            "policy" => {
                let policy = node.policies.remove(found.index).value;
                Some(What::DeletePolicy(Box::new(policy)))
            }
            _ => objects::deleted(found, draft),
        };
        let Some(what) = what else {
            let hint = match found.kind {
                "nft" => "`nft = { NODE = \"delete table FAMILY NAME\" }`",
                "link" => "`down` takes its ends down",
                _ => "`add = { NODE = { sysctl = { ... } } }` sets another value",
            };
            let message = format!("a {} cannot be deleted in a step", found.kind);
            findings.error(selector.span, message).hint(hint);
            break;
        };
        list.push(change(&name, what));
    }
    list.reverse();
    list
}

fn flush(words: &Spanned<String>, draft: &mut Draft, findings: &mut Findings) -> Vec<Change> {
    let (node, kind) = words.split_once(' ').unwrap_or((words, ""));
    let kind = kind.split_whitespace().collect::<Vec<_>>().join(" ");
    if !bind_node(draft, node, words.span, findings) {
        return Vec::new();
    }
    if let Some((_, kind)) = objects::FLUSHED.iter().find(|(word, _)| *word == kind) {
        let gone = objects::flushed(node, kind, draft);
        return gone.into_iter().map(|what| change(node, what)).collect();
    }
    let Some(body) = draft.node_mut(node) else {
        return Vec::new();
    };
    let what = match kind.as_str() {
        "states" => {
            body.states.clear();
            What::FlushStates(None)
        }
        "states esp" => flush_of(Proto::Esp, body),
        "states ah" => flush_of(Proto::Ah, body),
        "states comp" => flush_of(Proto::Comp, body),
        "policies" | "policies main" => {
            body.policies.retain(|p| p.sub);
            What::FlushPolicies { sub: false }
        }
        "policies sub" => {
            body.policies.retain(|p| !p.sub);
            What::FlushPolicies { sub: true }
        }
        "conntrack" => What::FlushConntrack,
        "nft" => {
            body.nft.clear();
            What::FlushNft
        }
        kind => {
            let mut known = vec!["states", "states esp", "states ah", "states comp"];
            known.extend(["policies", "policies sub", "conntrack", "nft"]);
            known.extend(objects::FLUSHED.map(|(word, _)| word));
            findings
                .problems
                .unknown(words.span, "kind of objects", kind, &known);
            return Vec::new();
        }
    };
    vec![change(node, what)]
}

fn flush_of(proto: Proto, body: &mut DraftNode) -> What {
    body.states.retain(|s| s.proto != proto);
    What::FlushStates(Some(proto))
}

fn add(
    add: &Spanned<Named<Patch<NodeSpec>>>,
    refused: bool,
    draft: &mut Draft,
    findings: &mut Findings,
) -> Vec<Change> {
    let mut list = Vec::new();
    for (name, Patch(node)) in &add.0 {
        if !bind_node(draft, name, name.span, findings) {
            continue;
        }
        if let Some(forward) = &node.forward {
            findings
                .error(forward.span, "`forward` cannot be added in a step")
                .hint("`sysctl = { \"net.ipv4.ip_forward\" = 1 }`");
        }
        // The tables of nodes are resolved as those of a file that has nothing but this one.
        let alone = FileSpec {
            nodes: Some(Spanned::new(
                Named(vec![(name.clone(), node.clone())]),
                add.span,
            )),
            ..FileSpec::default()
        };
        let before = draft.node_mut(name).map(|n| n.states.len());
        let states = before.unwrap_or_default();
        states::raw(&alone, draft, findings);
        // An update takes the place of another, so it is not the length that tells.
        let added = policies::raw(&alone, draft, findings);
        for what in objects::added(name, node, refused, draft, findings) {
            list.push(change(name, what));
        }
        for (rules, v6) in [
            (&node.nft, None),
            (&node.iptables, Some(false)),
            (&node.ip6tables, Some(true)),
        ] {
            if let Some(rules) = rules {
                list.extend(load(name, &rules.0, v6, draft, findings));
            }
        }
        let mut put = |what| list.push(change(name, what));
        let Some(body) = draft.node_mut(name) else {
            continue;
        };
        for state in &body.states[states..] {
            put(What::AddState(Box::new(state.value.clone())));
        }
        let policies = body.policies.len() - added;
        for policy in &body.policies[policies..] {
            put(What::AddPolicy(Box::new(policy.value.clone())));
        }
    }
    list
}

/// Rules that are loaded, with values for the names in them: those that are not to be refused all at once.
fn load(
    node: &str,
    pieces: &[Spanned<RulesSpec>],
    v6: Option<bool>,
    draft: &Draft,
    findings: &mut Findings,
) -> Vec<Change> {
    for piece in pieces {
        watched(&piece.text, piece.text.span, findings);
    }
    let mut load = |texts: &[&Spanned<String>], refused: Option<String>| Change {
        node: node.to_owned(),
        what: What::Load(super::nft::rules(texts, node, v6, draft, findings)),
        refused,
    };
    let taken = pieces.iter().filter(|p| p.refused.is_none());
    let taken: Vec<_> = taken.map(|p| &p.text).collect();
    let mut list = Vec::new();
    if !taken.is_empty() {
        list.push(load(&taken, None));
    }
    for piece in pieces.iter().filter(|p| p.refused.is_some()) {
        list.push(load(&[&piece.text], piece.refused.clone()));
    }
    list
}

/// What would switch the harness's own tracing off would also switch the judging off.
fn watched(text: &str, span: Span, findings: &mut Findings) {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.windows(2).any(|w| w == ["flush", "ruleset"]) {
        findings
            .error(
                span,
                "`flush ruleset` takes the harness's own table with it",
            )
            .hint("`delete table FAMILY NAME`, one by one");
    }
}

/// `NODE:DEVICE`.
fn device(
    words: &Spanned<String>,
    what: impl Fn(String) -> What,
    draft: &Draft,
    findings: &mut Findings,
) -> Option<Change> {
    let (node, device) = words.split_once(':').unwrap_or((words, ""));
    if !bind_node(draft, node, words.span, findings) {
        return None;
    }
    let known = devices(draft, node);
    if known.contains(&device) {
        return Some(change(node, what(device.to_owned())));
    }
    findings
        .error(
            words.span,
            format!("node `{node}` has no device `{device}`"),
        )
        .suggest(device, &known);
    None
}
