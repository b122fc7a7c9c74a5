//! Owns what expectations of a file say that nothing could be: names that it does not have, words that no packet has,
//! counters that no kernel has. It is told at its place inside the expectation, before anything runs.

mod counters;
mod events;
mod lines;
mod told;

use super::{draft::Findings, sayable::Sayable};
use crate::{
    judge::BlockKind,
    spec::{
        decode::Named,
        diagnostic::HINTED,
        schema::{
            file::FileSpec,
            steps::{BlockText, ExpectSpec},
        },
        source::{Span, Spanned},
        value::inside,
    },
};

/// Everything that the steps of a file expect.
pub(crate) fn check(spec: &FileSpec, sayable: &Sayable, findings: &mut Findings) {
    for step in spec.steps.iter().flat_map(|s| s.value.iter()) {
        for on in step.on.iter().flat_map(|o| o.value.iter()) {
            if let Some(event) = &on.event {
                events::trigger(event, sayable, findings);
            }
        }
        for flow in step.flows.iter().flat_map(|f| f.value.iter()) {
            if let Some(outcome) = &flow.expect {
                told::check(outcome, findings);
            }
        }
        if let Some(expect) = &step.expect {
            told::check(&expect.outcome, findings);
            step_expects(expect, sayable, findings);
        }
    }
}

fn step_expects(expect: &ExpectSpec, sayable: &Sayable, findings: &mut Findings) {
    for (node, block) in blocks(expect.node.as_ref()) {
        lines::check(BlockKind::Node, node, block, sayable, findings);
    }
    for (point, block) in blocks(expect.wire.as_ref()).chain(blocks(expect.clear.as_ref())) {
        lines::check(BlockKind::Wire, point, block, sayable, findings);
    }
    for (_, block) in blocks(expect.events.as_ref()) {
        events::block(block, sayable, findings);
    }
    for (_, block) in blocks(expect.freed.as_ref()) {
        events::attributes(block, &["at", "src", "dst"], findings);
    }
    for (_, block) in blocks(expect.conntrack.as_ref()) {
        let known = ["reply", "mark", "zone", "status", "state"];
        events::attributes(block, &known, findings);
    }
    counters::check(expect, findings);
}

/// The cause and the counter by which a variant fails.
pub(crate) use counters::{cause, counter};

fn blocks(
    table: Option<&Spanned<Named<BlockText>>>,
) -> impl Iterator<Item = &(Spanned<String>, BlockText)> {
    table.into_iter().flat_map(|t| t.value.0.iter())
}

/// One line of a block, and where it stands.
#[derive(Clone, Copy)]
struct Text<'a> {
    text: &'a str,
    span: Span,
}

impl Text<'_> {
    /// The place of the first of its words inside `depth` braces that `is` it; the whole line where there is none.
    fn place(
        &self,
        depth: usize,
        findings: &Findings,
        is: impl Fn(&str) -> Option<std::ops::Range<usize>>,
    ) -> Span {
        let mut open = 0_usize;
        for word in self.text.split_whitespace() {
            match word {
                "{" => open += 1,
                "}" => open = open.saturating_sub(1),
                _ => {}
            }
            let at_depth = if word == "{" { open - 1 } else { open };
            if let Some(part) = is(word).filter(|_| at_depth == depth) {
                // The word is a part of the text.
                let start = word.as_ptr() as usize - self.text.as_ptr() as usize;
                return self.part(start + part.start..start + part.end, findings);
            }
        }
        self.span
    }

    /// The place of a whole word.
    fn word(&self, depth: usize, word: &str, findings: &Findings) -> Span {
        self.place(depth, findings, |w| (w == word).then_some(0..w.len()))
    }

    /// The place of the key of `key=value`.
    fn key(&self, depth: usize, key: &str, findings: &Findings) -> Span {
        let of = |w: &str| {
            w.strip_prefix(key)?
                .starts_with('=')
                .then_some(0..key.len())
        };
        self.place(depth, findings, of)
    }

    fn part(&self, range: std::ops::Range<usize>, findings: &Findings) -> Span {
        match findings.sources.get(usize::from(self.span.source)) {
            Some(source) => inside(source, self.span, self.text, range),
            None => self.span,
        }
    }
}

fn texts(block: &BlockText) -> impl Iterator<Item = Text<'_>> {
    block
        .0
        .iter()
        .map(|(text, span, _)| Text { text, span: *span })
}

/// Notes a problem with a word, and hints at the nearest of the names that would do.
fn tell(
    span: Span,
    message: impl Into<String>,
    (word, known): (&str, &[&str]),
    findings: &mut Findings,
) {
    let looked_for = findings.problems.list.len() < HINTED;
    let problem = findings.error(span, message);
    if looked_for {
        problem.suggest(word, known);
    }
}
