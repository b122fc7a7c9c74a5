//! Owns the matching of lines that stand in any order: one line may fit several things, so that what the first takes
//! may be what only the second fits.

/// Which thing each line gets, so that as many lines as can be have one of their own (augmenting paths, as Kuhn does
/// it: a line that finds nothing free takes a thing whose line finds another).
pub(super) fn pairs(
    lines: usize,
    things: usize,
    fits: impl Fn(usize, usize) -> bool,
) -> Vec<Option<usize>> {
    let mut holder: Vec<Option<usize>> = vec![None; things];
    for line in 0..lines {
        find(line, &fits, &mut holder, &mut vec![false; things]);
    }
    let mut out = vec![None; lines];
    for (thing, line) in holder.into_iter().enumerate() {
        if let Some(line) = line {
            out[line] = Some(thing);
        }
    }
    out
}

fn find(
    line: usize,
    fits: &impl Fn(usize, usize) -> bool,
    holder: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    for thing in 0..holder.len() {
        if tried[thing] || !fits(line, thing) {
            continue;
        }
        tried[thing] = true;
        if holder[thing].is_none_or(|other| find(other, fits, holder, tried)) {
            holder[thing] = Some(line);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[track_caller]
    fn check(fit: &[&[usize]], things: usize, expected: &[Option<usize>]) {
        let got = pairs(fit.len(), things, |line, thing| fit[line].contains(&thing));
        assert_eq!(got, expected);
    }

    #[test]
    fn a_line_that_fits_much_leaves_what_another_needs() {
        check(&[&[0, 1], &[0]], 2, &[Some(1), Some(0)]);
        check(
            &[&[0, 1], &[1, 2], &[0], &[1]],
            3,
            &[Some(1), Some(2), Some(0), None],
        );
    }

    #[test]
    fn no_thing_is_given_twice() {
        check(&[&[0], &[0]], 1, &[Some(0), None]);
        check(&[&[], &[1]], 2, &[None, Some(1)]);
        check(&[&[0]], 0, &[None]);
    }
}
