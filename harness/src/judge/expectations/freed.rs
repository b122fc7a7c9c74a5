//! Owns `expect.freed`: the packets that the kernel of a node freed in a step, in order.

use crate::judge::align::{self, Aligned, Expected, Relation};
use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{FactLine, Observations};
use crate::plan::{Block, Step};

/// Holds every block of freed packets of a step against what was freed.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let mut out = Vec::new();
    for (node, block) in &step.expect.freed {
        let at = (index, step.name.as_str());
        let expected = match read(block) {
            Ok(expected) => expected,
            Err(what) => {
                out.push(Finding::new(FindingKind::Block, at, node, what));
                continue;
            }
        };
        let freed = obs
            .freed
            .iter()
            .filter(|f| f.step == index && f.node == *node);
        let seen: Vec<(FactLine, u64)> = freed.map(|f| (f.line(), f.ts_ns)).collect();
        let relate = |want: &FactLine, (got, _): &(FactLine, u64)| {
            if want.fits(got) {
                Relation::Match
            } else {
                Relation::Unrelated
            }
        };
        let line = |sign, text: String| DiffLine { sign, text };
        let mut finding = Finding::new(
            FindingKind::Freed,
            at,
            node,
            format!("the packets that the kernel of `{node}` freed are not what the file says"),
        );
        for step in &align::align(&expected, &seen, relate) {
            match step {
                Aligned::Match { seen: s, .. } | Aligned::Free { seen: s } => {
                    finding.diff.push(line(Sign::Same, seen[*s].0.to_string()));
                }
                Aligned::Missing { expected: e } => {
                    finding.diff.push(line(Sign::Missing, words(&expected[*e])));
                }
                Aligned::Unexpected { seen: s } => {
                    finding
                        .diff
                        .push(line(Sign::Unexpected, seen[*s].0.to_string()));
                    finding.wrong_ns = finding.wrong_ns.or(Some(seen[*s].1));
                }
                Aligned::Replaced {
                    expected: e,
                    seen: s,
                    ..
                } => {
                    finding.diff.push(line(Sign::Missing, words(&expected[*e])));
                    finding
                        .diff
                        .push(line(Sign::Unexpected, seen[*s].0.to_string()));
                    finding.wrong_ns = finding.wrong_ns.or(Some(seen[*s].1));
                }
            }
        }
        let differs = |d: &&DiffLine| matches!(d.sign, Sign::Missing | Sign::Unexpected);
        if let Some(first) = finding.diff.iter().find(differs) {
            finding.first = Some(first.text.clone());
            out.push(finding);
        }
    }
    out
}

/// What the kernel of a node freed in a step, in words for a sentence: `XFRM_POLICY in ip_forward`.
pub(crate) fn told(obs: &Observations, index: u32, node: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for freed in obs
        .freed
        .iter()
        .filter(|f| f.step == index && f.node == node && !f.is_everyday())
    {
        let text = format!("{} in {}", freed.reason, freed.at);
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out
}

fn read(block: &Block) -> Result<Vec<Expected<FactLine>>, String> {
    let line = |line: &crate::plan::BlockLine| match line.text.as_str() {
        "..." => Ok(Expected::Gap),
        text => FactLine::parse(text)
            .map(Expected::Line)
            .map_err(|e| format!("line {}: {e}", line.line)),
    };
    block.lines.iter().map(line).collect()
}

fn words(expected: &Expected<FactLine>) -> String {
    match expected {
        Expected::Gap => "...".to_owned(),
        Expected::Line(line) => line.to_string(),
    }
}
