//! Owns the alignment of expected lines with seen lines. It knows nothing of packets:
//! what matches, and how two lines differ, is the caller's.

use super::longest;

/// One field in which a seen line differs from the expected one.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldDiff {
    /// `hook`, `out`, `src`, `mark`, `spi`, ...
    pub field: String,
    pub expected: String,
    pub seen: String,
}

/// What the block says at one place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expected<P> {
    /// `...`: any number of lines.
    Gap,
    Line(P),
}

/// One step of an alignment; numbers are indexes into the two lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Aligned {
    Match {
        expected: usize,
        seen: usize,
    },
    /// The same line in the file's eyes, but fields differ.
    Replaced {
        expected: usize,
        seen: usize,
        fields: Vec<FieldDiff>,
    },
    Missing {
        expected: usize,
    },
    Unexpected {
        seen: usize,
    },
    /// A seen line that a `...` stands for.
    Free {
        seen: usize,
    },
}

impl Aligned {
    /// The same step of lists that have so many lines more before it.
    fn moved_by(mut self, by_expected: usize, by_seen: usize) -> Self {
        match &mut self {
            Self::Match { expected, seen } | Self::Replaced { expected, seen, .. } => {
                *expected += by_expected;
                *seen += by_seen;
            }
            Self::Missing { expected } => *expected += by_expected,
            Self::Unexpected { seen } | Self::Free { seen } => *seen += by_seen,
        }
        self
    }
}

/// How one seen line relates to one expected line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Match,
    /// Close enough to be shown as one line that differs in these fields.
    Differs(Vec<FieldDiff>),
    Unrelated,
}

const MISSING: u32 = 8;
const UNEXPECTED: u32 = 8;
/// A replaced line is cheaper than a missing and an unexpected one, and the fewer
/// fields differ the cheaper.
const REPLACED: u32 = 9;
const REPLACED_MOST: u32 = 15;

/// Comparisons of lines up to which an alignment is the cheapest of all.
const EXACT: usize = 250_000;

/// Aligns a block with what was seen at the least cost; `relate` compares two lines.
pub(crate) fn align<P, S>(
    expected: &[Expected<P>],
    seen: &[S],
    relate: impl Fn(&P, &S) -> Relation,
) -> Vec<Aligned> {
    align_at(expected, seen, relate, REPLACED)
}

/// The alignment that keeps as many lines as it can: next to a `...` too, a line that differs is
/// replaced rather than dropped.
pub(crate) fn align_keeping<P, S>(
    expected: &[Expected<P>],
    seen: &[S],
    relate: impl Fn(&P, &S) -> Relation,
) -> Vec<Aligned> {
    align_at(expected, seen, relate, 1)
}

fn align_at<P, S>(
    expected: &[Expected<P>],
    seen: &[S],
    relate: impl Fn(&P, &S) -> Relation,
    replaced: u32,
) -> Vec<Aligned> {
    // Where lines match from the start, no other alignment costs less: a run that passes, or does so for long,
    // is aligned in the time that reading it takes.
    let same = expected
        .iter()
        .zip(seen)
        .take_while(|(e, s)| matches!(e, Expected::Line(p) if relate(p, s) == Relation::Match))
        .count();
    let mut out: Vec<Aligned> = (0..same)
        .map(|at| Aligned::Match {
            expected: at,
            seen: at,
        })
        .collect();
    let rest = align_rest(&expected[same..], &seen[same..], &relate, replaced);
    out.extend(rest.into_iter().map(|step| step.moved_by(same, same)));
    out
}

/// Aligns what does not match from the start: exactly, or where that would take too many comparisons, by the
/// lines that do match, and exactly between them.
fn align_rest<P, S>(
    expected: &[Expected<P>],
    seen: &[S],
    relate: &impl Fn(&P, &S) -> Relation,
    replaced: u32,
) -> Vec<Aligned> {
    let open = expected.iter().any(|e| matches!(e, Expected::Gap));
    if open || expected.len() * seen.len() <= EXACT {
        return align_exactly(expected, seen, relate, replaced);
    }
    let same = |e: usize, s: usize| match &expected[e] {
        Expected::Line(p) => relate(p, &seen[s]) == Relation::Match,
        Expected::Gap => false,
    };
    let ends = (expected.len(), seen.len());
    let mut anchors = longest::lines(ends, same);
    anchors.push(ends);
    let mut out = Vec::new();
    let (mut e, mut s) = (0, 0);
    for (next_e, next_s) in anchors {
        let (wanted, got) = (&expected[e..next_e], &seen[s..next_s]);
        let between = if wanted.len() * got.len() <= EXACT {
            align_exactly(wanted, got, relate, replaced)
        } else {
            let missing = (0..wanted.len()).map(|expected| Aligned::Missing { expected });
            let unexpected = (0..got.len()).map(|seen| Aligned::Unexpected { seen });
            missing.chain(unexpected).collect()
        };
        out.extend(between.into_iter().map(|step| step.moved_by(e, s)));
        if (next_e, next_s) != ends {
            out.push(Aligned::Match {
                expected: next_e,
                seen: next_s,
            });
        }
        (e, s) = (next_e + 1, next_s + 1);
    }
    out
}

fn align_exactly<P, S>(
    expected: &[Expected<P>],
    seen: &[S],
    relate: &impl Fn(&P, &S) -> Relation,
    replaced: u32,
) -> Vec<Aligned> {
    let (rows, columns) = (expected.len(), seen.len());
    let relations: Vec<Vec<Relation>> = expected
        .iter()
        .map(|e| match e {
            Expected::Gap => Vec::new(),
            Expected::Line(p) => seen.iter().map(|s| relate(p, s)).collect(),
        })
        .collect();
    // cost[e][s]: least cost of aligning the tails that begin at `e` and `s`. Filled
    // from the end, so that the walk from the start settles ties for the earliest line.
    let mut cost = vec![vec![0_u32; columns + 1]; rows + 1];
    for e in (0..=rows).rev() {
        for s in (0..=columns).rev() {
            cost[e][s] = steps(expected, &relations, e, s, columns, replaced)
                .into_iter()
                .map(|step| step.cost + cost[step.to.0][step.to.1])
                .min()
                .unwrap_or(0);
        }
    }
    let mut out = Vec::new();
    let (mut e, mut s) = (0, 0);
    while e < rows || s < columns {
        let Some(step) = steps(expected, &relations, e, s, columns, replaced)
            .into_iter()
            .find(|step| step.cost + cost[step.to.0][step.to.1] == cost[e][s])
        else {
            break;
        };
        (e, s) = step.to;
        out.extend(step.shows);
    }
    out
}

struct Step {
    cost: u32,
    to: (usize, usize),
    shows: Option<Aligned>,
}

/// The steps that are possible at one place, in order of preference.
fn steps<P>(
    expected: &[Expected<P>],
    relations: &[Vec<Relation>],
    e: usize,
    s: usize,
    columns: usize,
    replaced: u32,
) -> Vec<Step> {
    let mut out = Vec::with_capacity(3);
    let line = expected.get(e);
    if matches!(line, Some(Expected::Gap)) {
        out.push(Step {
            cost: 0,
            to: (e + 1, s),
            shows: None,
        });
        if s < columns {
            out.push(Step {
                cost: 0,
                to: (e, s + 1),
                shows: Some(Aligned::Free { seen: s }),
            });
        }
        return out;
    }
    if line.is_some() && s < columns {
        match &relations[e][s] {
            Relation::Match => out.push(Step {
                cost: 0,
                to: (e + 1, s + 1),
                shows: Some(Aligned::Match {
                    expected: e,
                    seen: s,
                }),
            }),
            Relation::Differs(fields) => out.push(Step {
                cost: (replaced + fields.len() as u32).min(REPLACED_MOST),
                to: (e + 1, s + 1),
                shows: Some(Aligned::Replaced {
                    expected: e,
                    seen: s,
                    fields: fields.clone(),
                }),
            }),
            Relation::Unrelated => {}
        }
    }
    if line.is_some() {
        let shows = Some(Aligned::Missing { expected: e });
        out.push(Step {
            cost: MISSING,
            to: (e + 1, s),
            shows,
        });
    }
    if s < columns {
        let shows = Some(Aligned::Unexpected { seen: s });
        out.push(Step {
            cost: UNEXPECTED,
            to: (e, s + 1),
            shows,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relate(p: &&str, s: &&str) -> Relation {
        if p == s {
            Relation::Match
        } else if p.chars().next() == s.chars().next() {
            let field = FieldDiff {
                field: "tail".to_owned(),
                expected: p.chars().skip(1).collect(),
                seen: s.chars().skip(1).collect(),
            };
            Relation::Differs(vec![field])
        } else {
            Relation::Unrelated
        }
    }

    #[track_caller]
    fn check(expected: &str, seen: &str, shown: &str) {
        let expected: Vec<_> = expected
            .split_whitespace()
            .map(|w| {
                if w == "..." {
                    Expected::Gap
                } else {
                    Expected::Line(w)
                }
            })
            .collect();
        let seen: Vec<_> = seen.split_whitespace().collect();
        let got: Vec<String> = align(&expected, &seen, relate)
            .into_iter()
            .map(|a| match a {
                Aligned::Match { seen: s, .. } => format!("={}", seen[s]),
                Aligned::Replaced { seen: s, .. } => format!("~{}", seen[s]),
                Aligned::Missing { expected: e } => match expected[e] {
                    Expected::Line(w) => format!("-{w}"),
                    Expected::Gap => unreachable!("a gap is never missing"),
                },
                Aligned::Unexpected { seen: s } => format!("+{}", seen[s]),
                Aligned::Free { seen: s } => format!(".{}", seen[s]),
            })
            .collect();
        assert_eq!(got.join(" "), shown);
    }

    #[test]
    fn equal_lists_match() {
        check("a b c", "a b c", "=a =b =c");
    }

    #[test]
    fn a_line_that_never_came_is_missing() {
        check("a b c", "a c", "=a -b =c");
    }

    #[test]
    fn a_line_too_many_is_unexpected() {
        check("a b", "a a b", "=a +a =b");
        check("", "a", "+a");
    }

    #[test]
    fn swapped_lines_show_as_one_unexpected_and_one_missing() {
        check("a b c", "b a c", "-a =b +a =c");
    }

    #[test]
    fn a_differing_line_is_replaced() {
        check("a1 b", "a2 b", "~a2 =b");
    }

    #[test]
    fn a_gap_stands_for_any_number_of_lines() {
        check("a ... c", "a x y c", "=a .x .y =c");
        check("a ...", "a", "=a");
        check("...", "", "");
        check("... c", "a b c", ".a .b =c");
    }

    #[test]
    fn long_lists_are_told_by_what_differs() {
        // No two lines begin alike, so that none is taken for another that differs.
        let letter = |n: u32| char::from_u32(0x4e00 + n).unwrap();
        let lines: Vec<String> = (0..1500).map(|n| format!("{}{n}", letter(n))).collect();
        let (mut long, mut seen) = (lines.clone(), lines.clone());
        let mut shown: Vec<String> = lines.iter().map(|l| format!("={l}")).collect();
        seen.remove(1200);
        shown[1200].replace_range(..1, "-");
        seen[700].push('x');
        shown[700] = format!("~{}", seen[700]);
        long.remove(3);
        shown[3].replace_range(..1, "+");
        check(&long.join(" "), &seen.join(" "), &shown.join(" "));
    }

    #[test]
    fn a_gap_does_not_excuse_a_missing_line() {
        check("a ... c", "a x", "=a .x -c");
    }
}
