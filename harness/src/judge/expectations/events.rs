//! Owns `expect.events`: what the kernel of a node told about xfrm in a step, in order.

use crate::judge::align::{self, Aligned, Expected, Relation};
use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{FactLine, Observations, event_line, is_echo};
use crate::plan::{Block, Plan, Step};

/// Holds every event block of a step against what was told.
pub(crate) fn check(plan: &Plan, index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let mut out = Vec::new();
    for (node, block) in &step.expect.events {
        let at = (index, step.name.as_str());
        let expected = match read(block) {
            Ok(expected) => expected,
            Err(what) => {
                out.push(Finding::new(FindingKind::Block, at, node, what));
                continue;
            }
        };
        let seen = told(plan, obs, index, node, &expected);
        let aligned = align::align(&expected, &seen, |want, (got, _): &(FactLine, u64)| {
            relate(want, got)
        });
        let line = |sign, text: String| DiffLine { sign, text };
        let mut diff = Vec::new();
        let mut wrong_ns: Option<u64> = None;
        for step in &aligned {
            match step {
                Aligned::Match { seen: s, .. } | Aligned::Free { seen: s } => {
                    diff.push(line(Sign::Same, seen[*s].0.to_string()));
                }
                Aligned::Missing { expected: e } => {
                    diff.push(line(Sign::Missing, words(&expected[*e])));
                }
                Aligned::Unexpected { seen: s } => {
                    diff.push(line(Sign::Unexpected, seen[*s].0.to_string()));
                    wrong_ns = wrong_ns.or(Some(seen[*s].1));
                }
                Aligned::Replaced {
                    expected: e,
                    seen: s,
                    fields,
                } => {
                    diff.push(line(Sign::Missing, words(&expected[*e])));
                    diff.push(line(Sign::Unexpected, seen[*s].0.to_string()));
                    diff.extend(fields.iter().map(|f| {
                        let text = format!("{}: expected {}, seen {}", f.field, f.expected, f.seen);
                        line(Sign::Note, text)
                    }));
                    wrong_ns = wrong_ns.or(Some(seen[*s].1));
                }
            }
        }
        let differs = |d: &&DiffLine| matches!(d.sign, Sign::Missing | Sign::Unexpected);
        let Some(first) = diff.iter().find(differs) else {
            continue;
        };
        let what = format!("what the kernel of `{node}` told is not what the file says");
        let mut finding = Finding::new(FindingKind::Events, at, node, what);
        finding.first = Some(first.text.clone());
        finding.wrong_ns = wrong_ns;
        finding.diff = diff;
        out.push(finding);
    }
    out
}

fn read(block: &Block) -> Result<Vec<Expected<FactLine>>, String> {
    let line = |line: &crate::plan::BlockLine| match line.text.as_str() {
        "..." => Ok(Expected::Gap),
        text => event_line(text)
            .map(Expected::Line)
            .map_err(|e| format!("line {}: {e}", line.line)),
    };
    block.lines.iter().map(line).collect()
}

/// What a node was told in a step. Echoes of the file's own changes count only where the block speaks of
/// such, with their first word.
fn told(
    plan: &Plan,
    obs: &Observations,
    step: u32,
    node: &str,
    expected: &[Expected<FactLine>],
) -> Vec<(FactLine, u64)> {
    let speaks_of = |seen: &FactLine| {
        expected.iter().any(|e| match e {
            Expected::Line(want) => want.words.first() == seen.words.first(),
            Expected::Gap => false,
        })
    };
    let events = obs
        .events
        .iter()
        .filter(|e| e.step == step && e.node == node);
    events
        .map(|e| (e.line(plan), e.ts_ns))
        .filter(|(line, _)| !is_echo(line) || speaks_of(line))
        .collect()
}

/// Lines with the same words differ in attributes; others have nothing to do with each other.
fn relate(want: &FactLine, got: &FactLine) -> Relation {
    if want.fits(got) {
        return Relation::Match;
    }
    let words = FactLine {
        words: want.words.clone(),
        fields: Vec::new(),
    };
    if !words.fits(got) {
        return Relation::Unrelated;
    }
    let wrong = want.fields.iter().filter(|(key, value)| {
        value != "*" && got.field(key) != Some(value) || got.field(key).is_none()
    });
    Relation::Differs(
        wrong
            .map(|(key, value)| align::FieldDiff {
                field: key.clone(),
                expected: value.clone(),
                seen: got.field(key).unwrap_or("nothing").to_owned(),
            })
            .collect(),
    )
}

fn words(expected: &Expected<FactLine>) -> String {
    match expected {
        Expected::Gap => "...".to_owned(),
        Expected::Line(line) => line.to_string(),
    }
}
