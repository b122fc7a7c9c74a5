//! Owns `expect.conntrack`: the connections that a node tracks after a step, in any order.

use crate::judge::finding::{DiffLine, Finding, FindingKind, Sign};
use crate::observe::{Connection, FactLine, Observations};
use crate::plan::{Block, Step};

/// Holds every conntrack block of a step against what was listed.
pub(crate) fn check(index: u32, step: &Step, obs: &Observations) -> Vec<Finding> {
    let one = |(node, block): &(String, Block)| {
        let at = (index, step.name.as_str());
        if !obs.tracking.iter().any(|t| t.node == *node) {
            // What was not listed is not empty.
            let what = format!(
                "the connections of `{node}` were not watched: no rule of the file makes it track any"
            );
            let mut finding = Finding::new(FindingKind::Conntrack, at, node, what);
            finding.first = Some("not watched".to_owned());
            return Some(finding);
        }
        let seen: Vec<&Connection> = obs
            .connections
            .iter()
            .filter(|c| c.step == index && c.node == *node)
            .collect();
        let mut free: Vec<bool> = vec![true; seen.len()];
        let mut diff = Vec::new();
        let mut open = false;
        for line in &block.lines {
            if line.text == "..." {
                open = true;
                continue;
            }
            let found = FactLine::parse(&line.text).ok().and_then(|want| {
                (0..seen.len()).find(|&at| free[at] && want.fits(&seen[at].whole_line()))
            });
            match found {
                Some(at) => free[at] = false,
                None => diff.push(DiffLine {
                    sign: Sign::Missing,
                    text: line.text.clone(),
                }),
            }
        }
        let rest = seen.iter().zip(&free).filter(|(_, free)| **free);
        let sign = if open { Sign::Same } else { Sign::Unexpected };
        let whole = diff.is_empty() && (open || free.iter().all(|f| !f));
        diff.extend(rest.map(|(connection, _)| DiffLine {
            sign,
            text: connection.line().to_string(),
        }));
        if whole {
            return None;
        }
        let what = format!("the connections that `{node}` tracks are not what the file says");
        let mut finding = Finding::new(FindingKind::Conntrack, at, node, what);
        finding.first = diff
            .iter()
            .find(|d| d.sign != Sign::Same)
            .map(|d| d.text.clone());
        finding.diff = diff;
        Some(finding)
    };
    step.expect.connections.iter().filter_map(one).collect()
}
