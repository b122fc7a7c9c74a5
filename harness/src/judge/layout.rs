//! Owns the columns in which a block is written in its file, so that what is written into it stands in the same ones. It
//! never changes a line.

use super::line::Place;

/// Where the parts of lines stand; `None` where the block has no line that shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Column of the device behind a hook.
    pub(crate) place: Option<usize>,
    /// Width of `in DEV` with the blanks behind it.
    pub(crate) iif: Option<usize>,
    /// Width of `out DEV`, likewise.
    pub(crate) oif: Option<usize>,
    /// Column of the SA behind `encode` and `decode`.
    pub(crate) sa: Option<usize>,
}

impl Layout {
    /// The columns of the lines that show them, the widest where they differ in width; a block whose devices do not
    /// stand in one column has single blanks.
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut layout = Self::default();
        let (mut out_at, mut in_alone, mut ragged) = (None, None, false);
        for text in texts {
            let columns: Vec<(usize, &str)> = words(text).collect();
            let [(_, first), (second_at, second), ..] = columns[..] else {
                continue;
            };
            let width = |from: usize| Some(columns.get(from + 2)?.0 - columns.get(from)?.0);
            let both = columns.get(3).is_some_and(|(_, word)| *word == "out");
            match (Place::from_word(first), second) {
                (Place::Encode | Place::Decode, _) => {
                    layout.sa.get_or_insert(second_at);
                }
                (Place::Hook(_), "in") => {
                    ragged |= *layout.place.get_or_insert(second_at) != second_at;
                    if both {
                        layout.iif = layout.iif.max(width(1));
                        layout.oif = layout.oif.max(width(3));
                    } else {
                        in_alone = in_alone.or(width(1));
                    }
                }
                (Place::Hook(_), "out") => {
                    out_at.get_or_insert(second_at);
                    layout.oif = layout.oif.max(width(1));
                }
                _ => {}
            }
        }
        if ragged {
            return Self {
                place: Some(0),
                iif: Some(0),
                oif: Some(0),
                ..layout
            };
        }
        let between = layout.place.zip(out_at);
        let between = between.and_then(|(place, out)| out.checked_sub(place));
        // Without any `out` what stands behind `in DEV` stands there.
        let alone = in_alone.filter(|_| out_at.is_none());
        layout.iif = layout.iif.or(between).or(alone);
        layout
    }
}

/// Words with their columns, in characters.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(|word| {
        // The word is a part of the text.
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        (text[..start].chars().count(), word)
    })
}

#[cfg(test)]
mod tests {
    use super::Layout;

    #[track_caller]
    fn check(texts: &[&str], expected: [Option<usize>; 4]) {
        let Layout {
            place,
            iif,
            oif,
            sa,
        } = Layout::of(texts.iter().copied());
        assert_eq!([place, iif, oif, sa], expected);
    }

    #[test]
    fn columns_are_those_of_the_lines_that_show_them() {
        check(
            &[
                "prerouting  in eth0            icmp 10.0.0.1 > 10.0.0.2",
                "forward     in eth0  out lo  icmp 10.0.0.1 > 10.0.0.2",
                "forward     in eth0  out eth1  icmp 10.0.0.1 > 10.0.0.2",
                "encode      site",
            ],
            [Some(12), Some(9), Some(10), Some(12)],
        );
        check(
            &["forward in eth0 out eth1 icmp", "decode ?", "..."],
            [Some(8), Some(8), Some(9), Some(7)],
        );
        check(
            &[
                "output               out eth0  icmp",
                "input       in eth0            icmp",
            ],
            [Some(12), Some(9), Some(10), None],
        );
        check(&["input  in eth0  icmp"], [Some(7), Some(9), None, None]);
        check(
            &["forward in eth0 out eth1 icmp", "prerouting in eth0 icmp"],
            [Some(0), Some(0), Some(0), None],
        );
        check(&["esp * > *", "..."], [None; 4]);
    }
}
