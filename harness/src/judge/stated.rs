//! Owns what was seen at a node as the block that would state it: what `--bless` writes.

use super::detail::{self, Columns, Detail};
use super::expectations;
use super::story;
use crate::observe::Observations;
use crate::plan::Plan;

/// The lines of a complete `expect.node` block for one step and node.
pub fn stated(plan: &Plan, obs: &Observations, step: usize, node: &str) -> Vec<String> {
    let story = story::tell(plan, obs);
    let Some(told) = story.steps.get(step) else {
        return Vec::new();
    };
    let seen = expectations::seen_at(told, node, None);
    let columns = Columns::of(seen.iter().map(|s| &s.line));
    let marked = seen
        .iter()
        .any(|s| s.line.mark.as_deref().is_some_and(|m| m != "0x0"));
    let detail = Detail {
        mark: marked,
        ..Detail::default()
    };
    seen.iter()
        .map(|s| detail::text(&s.line, &detail, columns))
        .collect()
}
