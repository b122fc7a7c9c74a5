//! Owns the names of counters and causes that expectations say. It never asks whether they move.

use crate::{
    judge::cause_names,
    observe::{
        LINK_COUNTERS, NFT_COUNTERS, SA_COUNTERS, XFRM_COUNTERS, is_snmp_counter, snmp_groups,
    },
    spec::{
        decode::Named,
        diagnostic::{HINTED, shorten},
        lint::Lint,
        resolve::draft::Findings,
        schema::steps::{Counters, ExpectSpec},
        source::Spanned,
    },
};

/// The counters of all kinds that a step names.
pub(super) fn check(expect: &ExpectSpec, findings: &mut Findings) {
    for name in names(expect.counters.as_ref()) {
        counter(name, findings);
    }
    let mut strangers = names(expect.snmp.as_ref())
        .filter(|name| !is_snmp_counter(name))
        .peekable();
    let all: Vec<String> = match strangers.peek() {
        Some(_) => snmp_groups()
            .flat_map(|(prefix, names)| names.into_iter().map(move |n| format!("{prefix}{n}")))
            .collect(),
        None => Vec::new(),
    };
    let known: Vec<&str> = all.iter().map(String::as_str).collect();
    for name in strangers {
        strange(name, "counter of `nstat`", &known, findings);
    }
    for (table, known) in [
        (&expect.links, LINK_COUNTERS.as_slice()),
        (&expect.sas, &SA_COUNTERS),
        (&expect.nft, &NFT_COUNTERS),
    ] {
        let unknown = names(table.as_ref()).filter(|name| !known.contains(&name.as_str()));
        for name in unknown {
            findings.problems.unknown(name.span, "counter", name, known);
        }
    }
}

/// A counter of `/proc/net/xfrm_stat`.
pub(crate) fn counter(name: &Spanned<String>, findings: &mut Findings) {
    if !XFRM_COUNTERS.contains(&name.as_str()) {
        strange(name, "xfrm counter", XFRM_COUNTERS, findings);
    }
}

/// A cause, by its name.
pub(crate) fn cause(name: &str, span: crate::spec::source::Span, findings: &mut Findings) {
    let known = cause_names();
    if !known.contains(&name) {
        findings.problems.unknown(span, "cause", name, &known);
    }
}

/// A kernel that is newer than this list may have others.
fn strange(name: &Spanned<String>, what: &str, known: &[&str], findings: &mut Findings) {
    let message = format!("unknown {what} `{}`", shorten(name));
    let looked_for = findings.problems.list.len() < HINTED;
    let problem = findings.lint(Lint::UnknownCounter, name.span, message);
    if looked_for {
        problem.suggest(name, known);
    }
}

fn names(table: Option<&Spanned<Named<Counters>>>) -> impl Iterator<Item = &Spanned<String>> {
    let tables = table.into_iter().flat_map(|t| t.value.0.iter());
    tables.flat_map(|(_, counters)| counters.names.iter())
}
