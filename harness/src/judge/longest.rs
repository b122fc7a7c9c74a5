//! Owns the lines that two long lists have in common, in order: Myers, "An O(ND) difference algorithm and its
//! variations" (1986), section 4. Two lists that differ little are compared in little more than reading them.

/// Lines missing and unexpected beyond which the search ends: lists that have less in common are told apart line
/// by line from there on.
const MOST: isize = 1000;

/// One furthest point on a diagonal: what it was reached from, and the lines in common that end there.
#[derive(Clone, Copy)]
struct Reach {
    /// The diagonal one edit before.
    from: isize,
    begin: isize,
    end: isize,
}

/// Pairs of lines that are the same, in the order of both lists; `ends` are the lengths of the lists.
pub(crate) fn lines(
    ends: (usize, usize),
    same: impl Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let (rows, columns) = (ends.0.cast_signed(), ends.1.cast_signed());
    // By number of edits d, then by diagonal k = row - column: index (k + d) / 2.
    let mut rounds: Vec<Vec<Option<Reach>>> = Vec::new();
    for d in 0..=MOST.min(rows + columns) {
        let mut round = Vec::new();
        for k in (-d..=d).step_by(2) {
            let reach = begin(rounds.last(), d, k, (rows, columns)).map(|mut reach| {
                while reach.end < rows
                    && reach.end - k < columns
                    && same(reach.end.cast_unsigned(), (reach.end - k).cast_unsigned())
                {
                    reach.end += 1;
                }
                reach
            });
            round.push(reach);
        }
        let done = round.iter().flatten().any(|r| r.end == rows) && {
            let k = rows - columns;
            at(&round, d, k).is_some_and(|r| r.end == rows)
        };
        rounds.push(round);
        if done {
            return walk(&rounds, rows - columns);
        }
    }
    // The way that came furthest, as far as it came.
    let last = rounds.len().cast_signed() - 1;
    let furthest = (-last..=last).step_by(2).max_by_key(|k| {
        let reach = rounds.last().and_then(|round| at(round, last, *k));
        reach.map(|r| 2 * r.end - k)
    });
    walk(&rounds, furthest.unwrap_or(0))
}

/// Where diagonal `k` begins with `d` edits: a line missing from the diagonal below, or one unexpected from
/// that above, whichever is further.
fn begin(
    before: Option<&Vec<Option<Reach>>>,
    d: isize,
    k: isize,
    ends: (isize, isize),
) -> Option<Reach> {
    let Some(before) = before else {
        return Some(Reach {
            from: 0,
            begin: 0,
            end: 0,
        });
    };
    let missing = at(before, d - 1, k - 1).map(|r| (r.end + 1, k - 1));
    let unexpected = at(before, d - 1, k + 1).map(|r| (r.end, k + 1));
    let inside = |(row, _): &(isize, isize)| *row <= ends.0 && row - k <= ends.1;
    let (row, from) = missing.into_iter().chain(unexpected).filter(inside).max()?;
    Some(Reach {
        from,
        begin: row,
        end: row,
    })
}

fn at(round: &[Option<Reach>], d: isize, k: isize) -> Option<Reach> {
    let index = usize::try_from(k + d).ok()? / 2;
    round.get(index).copied().flatten()
}

/// The pairs on the way to diagonal `k` of the last round.
fn walk(rounds: &[Vec<Option<Reach>>], mut k: isize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    for (d, round) in rounds.iter().enumerate().rev() {
        let Some(reach) = at(round, d.cast_signed(), k) else {
            break;
        };
        let rows = (reach.begin..reach.end).rev();
        out.extend(rows.map(|row| (row.cast_unsigned(), (row - k).cast_unsigned())));
        k = reach.from;
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[track_caller]
    fn check(a: &str, b: &str, common: &str) {
        let (a, b) = (a.as_bytes(), b.as_bytes());
        let pairs = lines((a.len(), b.len()), |x, y| a[x] == b[y]);
        assert!(pairs.is_sorted_by(|p, q| p.0 < q.0 && p.1 < q.1));
        assert!(pairs.iter().all(|(x, y)| a[*x] == b[*y]));
        let found: String = pairs.iter().map(|(x, _)| char::from(a[*x])).collect();
        assert_eq!(found.len(), common.len(), "{found} for {common}");
    }

    #[test]
    fn the_longest_common_lines_are_found() {
        check("", "", "");
        check("abc", "", "");
        check("", "abc", "");
        check("abc", "abc", "abc");
        check("abcabba", "cbabac", "baba");
        check("axbxc", "abc", "abc");
        check("abc", "xyz", "");
    }

    #[test]
    fn lists_with_nothing_in_common_end_the_search() {
        assert_eq!(lines((100_000, 100_000), |_, _| false), []);
    }
}
