//! Owns the question whether a seen line is what an expected line says, and in which
//! fields not. A line matches on what it mentions; a drop or NAT is never passed over.

use super::align::{FieldDiff, Relation};
use super::line::{Fate, Place, StoryLine};
use super::passes::DropPoint;
use crate::wire::Line;
use crate::wire::line::{glob, same_value};

/// The value that matches every value.
const ANY: &str = "*";

/// How a seen line relates to an expected one.
pub(crate) fn relate(expected: &StoryLine, seen: &StoryLine) -> Relation {
    let fields = differences(expected, seen);
    if fields.is_empty() {
        Relation::Match
    } else if same_event(expected, seen) {
        Relation::Differs(fields)
    } else {
        Relation::Unrelated
    }
}

/// Whether two lines speak of the same event, whatever their fields: the same place,
/// and there the same kind of packet.
fn same_event(expected: &StoryLine, seen: &StoryLine) -> bool {
    if expected.place != seen.place {
        return false;
    }
    match (&expected.packet, &seen.packet) {
        (Some(e), Some(s)) => e.head.first() == s.head.first(),
        _ => true,
    }
}

/// Every field in which a seen line is not what the expected line mentions.
pub(crate) fn differences(expected: &StoryLine, seen: &StoryLine) -> Vec<FieldDiff> {
    let mut out = Vec::new();
    if expected.place != seen.place {
        push(&mut out, "hook", expected.place.word(), seen.place.word());
    }
    optional(&mut out, "in", expected.iif.as_deref(), seen.iif.as_deref());
    optional(
        &mut out,
        "out",
        expected.oif.as_deref(),
        seen.oif.as_deref(),
    );
    optional(&mut out, "sa", expected.sa.as_deref(), seen.sa.as_deref());
    match (&expected.packet, &seen.packet) {
        (Some(e), Some(s)) => packet(&mut out, "", e, s),
        (Some(e), None) => push(&mut out, "packet", &e.to_string(), "none"),
        (None, _) => {}
    }
    let both = |of: fn(&StoryLine) -> Option<&str>| (of(expected), of(seen));
    for (field, (expected, seen), same) in [
        (
            "mark",
            both(|l| l.mark.as_deref()),
            same_mark as fn(&str, &str) -> bool,
        ),
        ("ct", both(|l| l.ct.as_deref()), glob),
        ("ct-mark", both(|l| l.ct_mark.as_deref()), same_mark),
    ] {
        // Where it is not watched nothing that a file says of it holds, `*` neither.
        if let Some(expected) = expected
            && !seen.is_some_and(|seen| same(expected, seen))
        {
            push(&mut out, field, expected, seen.unwrap_or("not watched"));
        }
    }
    match (&expected.nat, &seen.nat) {
        (Some((src, dst)), seen) => {
            let seen = seen.as_ref();
            optional(
                &mut out,
                "new source",
                Some(src),
                seen.map(|n| n.0.as_str()),
            );
            optional(
                &mut out,
                "new destination",
                Some(dst),
                seen.map(|n| n.1.as_str()),
            );
        }
        (None, Some((src, dst))) => push(&mut out, "nat", "none", &format!("{src} > {dst}")),
        (None, None) => {}
    }
    if !same_fate(expected.fate.as_ref(), seen.fate.as_ref()) {
        push(
            &mut out,
            "verdict",
            &verdict(expected.fate.as_ref()),
            &verdict(seen.fate.as_ref()),
        );
    }
    out
}

fn push(out: &mut Vec<FieldDiff>, field: &str, expected: &str, seen: &str) {
    out.push(FieldDiff {
        field: field.to_owned(),
        expected: expected.to_owned(),
        seen: seen.to_owned(),
    });
}

fn optional(out: &mut Vec<FieldDiff>, field: &str, expected: Option<&str>, seen: Option<&str>) {
    if let Some(expected) = expected
        && !seen.is_some_and(|seen| glob(expected, seen))
    {
        push(out, field, expected, seen.unwrap_or("none"));
    }
}

/// Packets are compared at the same level only: an inner packet with an inner packet.
fn packet(out: &mut Vec<FieldDiff>, level: &str, expected: &Line, seen: &Line) {
    let named = |field: &str| format!("{level}{field}");
    let head = expected.head.len() <= seen.head.len()
        && expected
            .head
            .iter()
            .zip(&seen.head)
            .all(|(e, s)| glob(e, s));
    if !head {
        push(
            out,
            &named("packet"),
            &expected.head.join(" "),
            &seen.head.join(" "),
        );
    }
    optional(
        out,
        &named("sa"),
        expected.sa.as_deref(),
        seen.sa.as_deref(),
    );
    optional(
        out,
        &named("src"),
        expected.src.as_deref(),
        seen.src.as_deref(),
    );
    optional(
        out,
        &named("dst"),
        expected.dst.as_deref(),
        seen.dst.as_deref(),
    );
    if !expected.words.is_empty() && expected.words != seen.words {
        push(
            out,
            &named("words"),
            &expected.words.join(" "),
            &seen.words.join(" "),
        );
    }
    for flag in expected.flags.iter().filter(|f| !seen.flags.contains(f)) {
        push(out, &named(flag), flag, "none");
    }
    for (key, value) in &expected.fields {
        let found = seen.field(key);
        if !found.is_some_and(|found| same_value(value, found)) {
            push(out, &named(key), value, found.unwrap_or("none"));
        }
    }
    match (&expected.inner, &seen.inner) {
        (Some(e), Some(s)) => packet(out, &format!("{level}inner "), e, s),
        (Some(e), None) => push(out, &named("inner"), &e.to_string(), "not opened"),
        (None, _) => {}
    }
}

/// A single expected mark is the one with which the packet leaves the hook.
fn same_mark(expected: &str, seen: &str) -> bool {
    let (seen_entry, seen_exit) = seen.split_once("=>").unwrap_or((seen, seen));
    match expected.split_once("=>") {
        Some((entry, exit)) => same_value(entry, seen_entry) && same_value(exit, seen_exit),
        None => same_value(expected, seen_exit),
    }
}

fn same_fate(expected: Option<&Fate>, seen: Option<&Fate>) -> bool {
    match (expected, seen) {
        (None, None)
        | (Some(Fate::Vanished), Some(Fate::Vanished))
        | (Some(Fate::Drop(None)), Some(Fate::Drop(_))) => true,
        (Some(Fate::Drop(Some(e))), Some(Fate::Drop(Some(s)))) => same_drop(e, s),
        _ => false,
    }
}

fn same_drop(expected: &DropPoint, seen: &DropPoint) -> bool {
    glob(&expected.family, &seen.family)
        && glob(&expected.table, &seen.table)
        && glob(&expected.chain, &seen.chain)
        && match (&expected.rule, &seen.rule) {
            (Some(e), _) if e == ANY => true,
            (Some(e), Some(s)) => glob(e, s),
            (e, s) => e == s,
        }
}

/// Whether a seen line has everything that another one mentions, a drop or NAT that it
/// does not mention aside.
pub(crate) fn contains(mentioned: &StoryLine, seen: &StoryLine) -> bool {
    let mut mentioned = mentioned.clone();
    mentioned.nat = mentioned.nat.or_else(|| seen.nat.clone());
    mentioned.fate = mentioned.fate.or_else(|| seen.fate.clone());
    differences(&mentioned, seen).is_empty()
}

/// A verdict in the words of a line.
pub(crate) fn verdict(fate: Option<&Fate>) -> String {
    match fate {
        None => "accept".to_owned(),
        Some(Fate::Vanished) => "vanished".to_owned(),
        Some(Fate::Drop(None)) => "drop".to_owned(),
        Some(Fate::Drop(Some(point))) => format!("drop {point}"),
    }
}

/// Whether a block's line speaks of the same kind of packet as a seen line; used to
/// let a block mention packets that belong to no flow.
pub(crate) fn mentions(expected: &StoryLine, seen: &StoryLine) -> bool {
    match (&expected.packet, &seen.packet) {
        (Some(e), Some(s)) if expected.place != Place::Encode => {
            // `icmp` alone speaks of no kind of ICMP.
            e.head.len() >= s.head.len().min(2) && s.head.starts_with(&e.head)
        }
        _ => false,
    }
}
