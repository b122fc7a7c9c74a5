//! Owns `expect.conntrack`: the connections that a node tracks after a step, in any order.

use super::matching;
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
        let lines: Vec<_> = block.lines.iter().filter(|l| l.text != "...").collect();
        let open = lines.len() < block.lines.len();
        let wants: Vec<_> = lines
            .iter()
            .map(|line| FactLine::parse(&line.text).ok())
            .collect();
        let whole: Vec<FactLine> = seen.iter().map(|c| c.whole_line()).collect();
        let found = matching::pairs(wants.len(), seen.len(), |line, at| {
            wants[line].as_ref().is_some_and(|w| w.fits(&whole[at]))
        });
        let mut free: Vec<bool> = vec![true; seen.len()];
        let mut diff = Vec::new();
        for (line, found) in lines.iter().zip(found) {
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

#[cfg(test)]
mod tests {
    use super::check;
    use crate::judge::tests::fixture;
    use crate::observe::{Connection, Tracking};

    #[test]
    fn the_order_in_which_the_kernel_lists_connections_does_not_matter() {
        let mut plan = fixture::plan();
        let lines = "udp\nudp 10.0.1.100:5000 > 10.0.2.100:53";
        let block = ("r1".to_owned(), fixture::block(lines));
        plan.steps[0].expect.connections = vec![block];
        let udp = |from: &str| Connection {
            node: "r1".into(),
            proto: "udp".into(),
            original: [from.into(), "10.0.2.100:53".into()],
            ..Connection::default()
        };
        let mut obs = fixture::good();
        obs.tracking.push(Tracking {
            node: "r1".into(),
            hooks: Vec::new(),
        });
        obs.connections = vec![udp("10.0.1.100:5000"), udp("10.0.1.100:6000")];
        assert_eq!(check(0, &plan.steps[0], &obs), []);
        obs.connections.reverse();
        assert_eq!(check(0, &plan.steps[0], &obs), []);
        obs.connections.remove(1);
        let [finding] = &check(0, &plan.steps[0], &obs)[..] else {
            panic!("the connection of port 5000 is missing");
        };
        assert_eq!(
            finding.first.as_deref(),
            Some("udp 10.0.1.100:5000 > 10.0.2.100:53")
        );
    }
}
