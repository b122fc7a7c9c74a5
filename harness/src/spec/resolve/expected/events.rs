//! Owns what lines of single facts say that nothing could be: events, freed packets, connections.

use super::{Sayable, Text, tell, texts};
use crate::{
    observe::{FactLine, event_line},
    spec::{
        block::check_length, diagnostic::shorten, resolve::draft::Findings,
        schema::steps::BlockText, source::Spanned,
    },
};

const DIRECTIONS: [&str; 4] = ["in", "out", "fwd", "*"];

/// A block of events.
pub(super) fn block(block: &BlockText, sayable: &Sayable, findings: &mut Findings) {
    for text in texts(block) {
        event(&text, text.text, sayable, findings);
    }
}

/// The event that a change waits for: `NODE LINE`.
pub(super) fn trigger(event: &Spanned<String>, sayable: &Sayable, findings: &mut Findings) {
    let text = Text {
        text: event,
        span: event.span,
    };
    if let Some((_, line)) = event.split_once(' ') {
        self::event(&text, line.trim(), sayable, findings);
    }
}

/// The words of an event; what cannot be read is told elsewhere.
fn event(text: &Text<'_>, line: &str, sayable: &Sayable, findings: &mut Findings) {
    let Ok(line) = check_length(line).and_then(|()| event_line(line)) else {
        return;
    };
    let words: Vec<&str> = line.words.iter().map(String::as_str).collect();
    let (known, rest): (&[&str], &[&str]) = match words.as_slice() {
        ["expire", rest @ ..] => (&["soft", "hard", "*"], rest),
        ["acquire" | "migrate", rest @ ..] => (&DIRECTIONS, rest),
        ["flush", rest @ ..] => (&["states", "policies", "*"], rest),
        ["new" | "update" | "delete" | "mapping", rest @ ..] => {
            return subject(text, rest, sayable, findings);
        }
        _ => return,
    };
    one_of(text, rest.first(), known, findings);
    if words.first() == Some(&"expire") {
        subject(text, rest.get(1..).unwrap_or_default(), sayable, findings);
    }
}

/// What an event is about: `policy DIR`, an SA that was acquired and never came, or one with a name.
fn subject(text: &Text<'_>, words: &[&str], sayable: &Sayable, findings: &mut Findings) {
    match words {
        [] | ["larval"] => {}
        ["policy", rest @ ..] => one_of(text, rest.first(), &DIRECTIONS, findings),
        [sa, ..] => {
            if let Some(mut known) = sayable.sas_instead_of(sa) {
                known.push("policy");
                let span = text.word(0, sa, findings);
                let message = format!("no node has an SA `{}`", shorten(sa));
                tell(span, message, (sa, &known), findings);
            }
        }
    }
}

fn one_of(text: &Text<'_>, word: Option<&&str>, known: &[&str], findings: &mut Findings) {
    if let Some(word) = word.filter(|word| !known.contains(word)) {
        let span = text.word(0, word, findings);
        let known: Vec<&str> = known.iter().copied().filter(|k| *k != "*").collect();
        findings.problems.unknown(span, "word", word, &known);
    }
}

/// The keys of a block whose lines have only these.
pub(super) fn attributes(block: &BlockText, known: &[&str], findings: &mut Findings) {
    for text in texts(block) {
        let Ok(line) = FactLine::parse(text.text) else {
            continue;
        };
        for (key, _) in line
            .fields
            .iter()
            .filter(|(k, _)| !known.contains(&k.as_str()))
        {
            let span = text.key(0, key, findings);
            findings.problems.unknown(span, "attribute", key, known);
        }
    }
}
