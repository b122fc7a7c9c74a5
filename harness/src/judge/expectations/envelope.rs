//! Owns default-deny by envelope: on the links between the ends of a tunnel only ESP,
//! AH, their UDP encapsulation, IKE and neighbour discovery may be sent, whatever the
//! addresses. What `expect.clear` states is judged there, exactly, and not here.

use super::wire::{is_clear, passed};
use crate::judge::detail::{self, Columns, Detail};
use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::judge::story::StepStory;
use crate::observe::Direction;
use crate::plan::{CapturePoint, Plan, Step};

/// Finds clear text on guarded links.
pub(crate) fn check(plan: &Plan, index: u32, step: &Step, story: &StepStory) -> Vec<Finding> {
    let mut out = Vec::new();
    for link in plan.guarded.iter().filter_map(|&at| plan.links.get(at)) {
        let [a, b] = &link.ends;
        for (from, to) in [(a, b), (b, a)] {
            let stated = step
                .expect
                .clear
                .iter()
                .any(|c| c.point == CapturePoint::link(from, to));
            let clear: Vec<_> = passed(story, &from.node, &from.device, Direction::Out)
                .into_iter()
                .filter(|e| is_clear(e))
                .collect();
            if stated || clear.is_empty() {
                continue;
            }
            let what = format!(
                "clear text between the gateways, on `{}>{}`",
                from.node, to.node
            );
            let at = (index, step.name.as_str());
            let mut finding = Finding::new(FindingKind::Leak, at, &from.node, what);
            finding.wrong_ns = clear.first().map(|e| e.ts_ns);
            finding.diff = clear
                .iter()
                .map(|e| DiffLine {
                    sign: Sign::Unexpected,
                    text: detail::text(&e.line, &Detail::default(), Columns::default()),
                })
                .collect();
            finding.first = finding.diff.first().map(|d| d.text.clone());
            out.push(finding);
        }
    }
    out
}
