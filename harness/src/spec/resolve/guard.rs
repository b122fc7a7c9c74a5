//! Owns which links lie between the ends of a tunnel: those on a simple path from one
//! end to the other, where only protected traffic may leave. It never looks at addresses.

use std::collections::BTreeSet;

use super::draft::Draft;

/// Indexes of the guarded links, ascending.
///
/// A link is on a simple path from `a` to `b` exactly if it is in the same biconnected
/// component as an edge that joins `a` and `b` directly; so each pair is joined by such an
/// edge, and the component of that edge is taken.
pub(crate) fn guarded(draft: &Draft) -> Vec<usize> {
    let names = draft.node_names();
    let index = |name: &str| names.iter().position(|n| *n == name);
    let edges: Vec<(usize, usize)> = draft
        .links
        .iter()
        .map(|l| {
            let [a, b] = &l.ends;
            (
                index(&a.node).unwrap_or(names.len()),
                index(&b.node).unwrap_or(names.len()),
            )
        })
        .collect();
    let pairs: BTreeSet<(usize, usize)> = draft
        .pairs
        .iter()
        .filter_map(|(a, b)| Some((index(a)?, index(b)?)))
        .filter(|(a, b)| a != b)
        .map(|(a, b)| (a.min(b), a.max(b)))
        .collect();
    let mut found = BTreeSet::new();
    for pair in pairs {
        let mut all = edges.clone();
        all.push(pair);
        let component = component_of(&all, names.len() + 1, edges.len());
        found.extend(component.into_iter().filter(|edge| *edge < edges.len()));
    }
    found.into_iter().collect()
}

/// Edges of the biconnected component that holds edge `wanted` (Hopcroft and Tarjan 1973,
/// without recursion so that a long chain of nodes needs no stack).
fn component_of(edges: &[(usize, usize)], nodes: usize, wanted: usize) -> Vec<usize> {
    let mut neighbours = vec![Vec::new(); nodes];
    for (edge, (a, b)) in edges.iter().enumerate() {
        neighbours[*a].push((*b, edge));
        neighbours[*b].push((*a, edge));
    }
    let (mut depth, mut low) = (vec![usize::MAX; nodes], vec![usize::MAX; nodes]);
    let start = edges[wanted].0;
    let mut open: Vec<usize> = Vec::new();
    // Node, the edge that led to it, and how many of its neighbours were looked at.
    let mut path = vec![(start, usize::MAX, 0)];
    (depth[start], low[start]) = (0, 0);
    while let Some((node, came, looked)) = path.last_mut() {
        let (node, came) = (*node, *came);
        if let Some((next, edge)) = neighbours[node].get(*looked).copied() {
            *looked += 1;
            if edge == came || next == node {
                continue;
            }
            if depth[next] == usize::MAX {
                open.push(edge);
                (depth[next], low[next]) = (depth[node] + 1, depth[node] + 1);
                path.push((next, edge, 0));
            } else if depth[next] < depth[node] {
                open.push(edge);
                low[node] = low[node].min(depth[next]);
            }
            continue;
        }
        path.pop();
        let Some((parent, ..)) = path.last() else {
            break;
        };
        low[*parent] = low[*parent].min(low[node]);
        if low[node] >= depth[*parent] {
            let from = open.iter().rposition(|e| *e == came).unwrap_or(0);
            let component = open.split_off(from);
            if component.contains(&wanted) {
                return component;
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(edges: &[(usize, usize)], ends: (usize, usize), expected: &[usize]) {
        let mut all = edges.to_vec();
        all.push(ends);
        let mut seen = component_of(&all, 8, edges.len());
        seen.retain(|e| *e < edges.len());
        seen.sort_unstable();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_chain_is_guarded_between_the_ends_only() {
        check(&[(0, 1), (1, 2), (2, 3), (3, 4)], (1, 3), &[1, 2]);
    }

    #[test]
    fn two_ways_are_both_guarded_and_a_dead_end_is_not() {
        check(
            &[(0, 1), (1, 2), (0, 3), (3, 2), (3, 4), (2, 5)],
            (0, 2),
            &[0, 1, 2, 3],
        );
    }

    #[test]
    fn parallel_links_are_guarded_and_ends_apart_guard_nothing() {
        check(&[(0, 1), (0, 1)], (0, 1), &[0, 1]);
        check(&[(0, 1), (2, 3)], (0, 3), &[]);
    }
}
