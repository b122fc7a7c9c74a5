//! Owns the selectors of variants: a node, a kind, and words that the object has. It
//! never changes what it finds.

use super::{
    draft::{Draft, Findings},
    names::addresses,
};
use crate::{
    ops::rule_words,
    plan::{EncapSocket, Policy, Route, State},
    spec::{
        diagnostic::{list_words, nearest, shorten},
        scalar::parse_number,
        source::Spanned,
    },
};

/// Kinds of objects, as selectors name them.
pub(crate) const KINDS: &[&str] = &[
    "state",
    "policy",
    "address",
    "route",
    "rule",
    "neighbour",
    "nft",
    "iptables",
    "ip6tables",
    "encap",
    "sysctl",
    "device",
    "link",
];

/// An object of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Index of the node.
    pub(crate) node: usize,
    /// One of [`KINDS`].
    pub(crate) kind: &'static str,
    /// Index in the node's list of that kind, or of the link.
    pub(crate) index: usize,
}

/// The objects that a selector names; none after a problem.
pub(crate) fn select(
    draft: &Draft,
    selector: &Spanned<String>,
    findings: &mut Findings,
) -> Vec<Found> {
    let mut words = selector.split_whitespace();
    let (Some(node), Some(kind)) = (words.next(), words.next()) else {
        findings
            .error(
                selector.span,
                format!("selector `{}` needs a node and a kind", shorten(selector)),
            )
            .hint("`r2 policy fwd`");
        return Vec::new();
    };
    if !super::names::bind_node(draft, node, selector.span, findings) {
        return Vec::new();
    }
    let Some(kind) = KINDS.iter().find(|k| **k == kind) else {
        findings
            .problems
            .unknown(selector.span, "kind of object", kind, KINDS);
        return Vec::new();
    };
    let words: Vec<&str> = words.collect();
    let all = objects(draft, node, kind);
    let fits = |object: &[String]| words.iter().all(|w| object.iter().any(|o| same(o, w)));
    let found: Vec<Found> = all
        .iter()
        .filter(|(_, o)| fits(o))
        .map(|(f, _)| *f)
        .collect();
    if found.is_empty() {
        let problem = findings.error(
            selector.span,
            format!("`{}` selects nothing", shorten(selector)),
        );
        let known: Vec<&str> = all
            .iter()
            .flat_map(|(_, o)| o)
            .map(String::as_str)
            .collect();
        let wrong = words.iter().find(|w| !known.iter().any(|k| same(k, w)));
        if let Some(near) = wrong.and_then(|w| nearest(w, &known)) {
            problem.hint(format!("did you mean `{near}`?"));
        } else if all.is_empty() {
            problem.hint(format!("node `{node}` has no {kind}"));
        } else {
            let lines: Vec<String> = all
                .iter()
                .take(6)
                .map(|(_, o)| format!("{node} {kind} {}", o.join(" ")))
                .collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            problem.hint(list_words(&lines));
        }
    }
    found
}

/// Words are the same as text, or as numbers: `0x101` and `0x00000101`.
fn same(object: &str, word: &str) -> bool {
    object == word
        || matches!((parse_number(object), parse_number(word)), (Some(a), Some(b)) if a == b)
}

/// Objects of one kind of a node, each with its words.
pub(super) fn objects(draft: &Draft, name: &str, kind: &'static str) -> Vec<(Found, Vec<String>)> {
    let Some((node_index, node)) = draft.nodes.iter().enumerate().find(|(_, n)| n.name == name)
    else {
        return Vec::new();
    };
    let of = |lists: Vec<Vec<String>>| {
        let found = |index| Found {
            node: node_index,
            kind,
            index,
        };
        lists
            .into_iter()
            .enumerate()
            .map(|(index, words)| (found(index), words))
            .collect()
    };
    match kind {
        "state" => of(node.states.iter().map(|s| state_words(s)).collect()),
        "policy" => of(node.policies.iter().map(|p| policy_words(p)).collect()),
        "route" => of(node.routes.iter().map(|r| route_words(r)).collect()),
        "address" => of(addresses(draft, name)
            .map(|(device, a)| {
                let with = format!("{}/{}", a.address, a.prefix);
                vec![with, a.address.to_string(), device.to_owned()]
            })
            .collect()),
        "rule" => of(node.rules.iter().map(|r| words(&rule_words(r))).collect()),
        "neighbour" => of(node
            .neighbours
            .iter()
            .map(|n| vec![n.address.to_string(), n.device.clone()])
            .collect()),
        "encap" => of(node.encap_sockets.iter().map(|e| encap_words(e)).collect()),
        "sysctl" => of(node.sysctls.iter().map(|s| vec![s.key.clone()]).collect()),
        "device" => of(node
            .devices
            .iter()
            .map(|d| vec![d.name.clone(), d.kind.word().to_owned()])
            .collect()),
        "nft" => of(node.nft.iter().map(|_| Vec::new()).collect()),
        "iptables" => of(node.iptables.iter().map(|_| Vec::new()).collect()),
        "ip6tables" => of(node.ip6tables.iter().map(|_| Vec::new()).collect()),
        _ => {
            let links = draft.links.iter().enumerate();
            let links = links.filter(|(_, l)| l.ends.iter().any(|e| e.node == name));
            let words = |(index, link): (usize, &Spanned<crate::plan::Link>)| {
                let words = link
                    .ends
                    .iter()
                    .flat_map(|e| [e.node.clone(), e.device.clone()]);
                (
                    Found {
                        node: node_index,
                        kind,
                        index,
                    },
                    words.collect(),
                )
            };
            links.map(words).collect()
        }
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn state_words(state: &State) -> Vec<String> {
    vec![
        state.name.clone(),
        state.src.to_string(),
        state.dst.to_string(),
        state.proto.word().to_owned(),
        state.spi.to_string(),
        state.mode.word().to_owned(),
    ]
}

fn policy_words(policy: &Policy) -> Vec<String> {
    vec![
        policy.dir.word().to_owned(),
        policy.name.clone(),
        policy.selector.src.to_string(),
        policy.selector.dst.to_string(),
    ]
}

fn route_words(route: &Route) -> Vec<String> {
    let mut words = vec![route.dst.to_string()];
    if route.dst.prefix_len() == 0 {
        words.push("default".to_owned());
    }
    words.extend(route.via.map(|v| v.to_string()));
    words.extend(route.dev.clone());
    words
}

fn encap_words(socket: &EncapSocket) -> Vec<String> {
    vec![socket.port.to_string(), socket.address.to_string()]
}
