//! Owns what differs between two worlds that are the same, each with its reason. Nothing else may differ.

use serde_json::Value;

/// Keys of `ip -j`, and why their values are of the moment.
const KEYS: &[(&str, &str)] = &[
    ("ifindex", "the kernel counts on"),
    ("link_index", "the other end's index"),
    (
        "link_netnsid",
        "an id that the kernel gives when first asked",
    ),
    (
        "fdb_n_learned",
        "what a bridge has learned of the frames so far",
    ),
    (
        "operstate",
        "a work item notes the carrier up to a second after LOWER_UP shows it (net/core/link_watch.c)",
    ),
    (
        "permaddr",
        "random for a tunnel device without a MAC of its own",
    ),
    ("hello_timer", "a running timer of a bridge"),
    ("tcn_timer", "a running timer of a bridge"),
    ("topology_change_timer", "a running timer of a bridge"),
    ("gc_timer", "a running timer of a bridge"),
    ("forward_delay_timer", "a running timer of a bridge port"),
    ("message_age_timer", "a running timer of a bridge port"),
    ("hold_timer", "a running timer of a bridge port"),
];
/// The flag with which `ip` shows the operational state, which see. `LOWER_UP` is the carrier itself.
const OPERATIONAL: &str = "NO-CARRIER";

/// Words of `ip xfrm`, `tc` and `nft` whose next word is of the moment.
const WORDS: &[(&str, &str)] = &[
    (
        "index",
        "the number of a policy counts on within the hash that it falls into",
    ),
    ("seed", "netem draws one where none is given"),
];

/// A line of `ip xfrm`, `tc`, `nft` or `sysctl`.
pub(crate) fn words(line: &str) -> String {
    let mut out = String::new();
    let mut words = line.split_whitespace();
    while let Some(word) = words.next() {
        // When an SA or policy was added and used: `add 2026-01-01 00:00:00 use -`.
        if word == "add" && line.contains(" use ") {
            return out;
        }
        // `qdisc netem 8002: dev eth0`: handles count on.
        if word == "qdisc" {
            out.extend([" qdisc ", words.next().unwrap_or_default()]);
            words.next();
            continue;
        }
        if WORDS.iter().any(|(volatile, _)| *volatile == word) {
            words.next();
        } else {
            out.push(' ');
            out += word;
        }
    }
    out
}

/// The SA that a line is about, if it has been used: the kernel sends neighbour discovery, MLD and the like through a
/// tunnel when it likes.
pub(crate) fn used(line: &str) -> Option<&str> {
    let (sa, _) = line.split_once(" reqid ")?;
    line.contains(" lastused ").then_some(sa)
}

/// An SA without what its use has left.
pub(crate) fn unused(object: &str) -> String {
    let mut out = String::new();
    let mut words = object.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match word {
            // `anti-replay context: seq 0x1, oseq 0x0, bitmap 0x00000001`.
            "context:" => drop(words.by_ref().take(6).count()),
            // Date and time; `lifetime current: 84(bytes), 1(packets)`.
            "lastused" | "current:" => drop(words.by_ref().take(2).count()),
            _ => {
                out.push(' ');
                out += word;
            }
        }
    }
    out
}

/// A value of `ip -j`, arrays in an order of their own.
pub(crate) fn settled(value: Value, script: &str) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(key, _)| KEYS.iter().all(|(volatile, _)| volatile != key))
            .map(|(key, value)| (key, settled(value, script)))
            .collect(),
        Value::Array(list) => {
            let list = list.into_iter().filter(|v| v != OPERATIONAL);
            let mut list: Vec<Value> = list.map(|v| settled(v, script)).collect();
            list.sort_by_key(Value::to_string);
            Value::Array(list)
        }
        // A tunnel device without a MAC of its own gets a random interface identifier.
        Value::String(text) if text.starts_with("fe80::") && !script.contains(&text) => {
            Value::String("fe80::*".to_owned())
        }
        // `eth0@if3`: the other end's index.
        Value::String(text) => Value::String(text.split("@if").next().unwrap_or_default().into()),
        other => other,
    }
}
