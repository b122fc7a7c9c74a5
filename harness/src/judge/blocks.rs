//! Owns the comparison of one block with one list of seen lines, and the diff of it.
//! It never chooses which events belong to a block.

use super::align::{self, Aligned, Expected, FieldDiff};
use super::compare;
use super::detail::{self, Columns, Detail};
use super::finding::{DiffLine, Sign};
use super::layout::Layout;
use super::line::StoryLine;
use super::pattern::{Pattern, PatternError};
use crate::plan::Block;

/// A block, read.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadBlock {
    patterns: Vec<Expected<StoryLine>>,
    /// How its lines are laid out in the file.
    layout: Layout,
}

/// One seen line with its time.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: StoryLine,
    pub(crate) ts_ns: u64,
}

/// How a block and what was seen differ.
#[derive(Clone, Debug)]
pub(crate) struct Difference {
    pub(crate) diff: Vec<DiffLine>,
    pub(crate) first: String,
    pub(crate) wrong_ns: Option<u64>,
}

/// Reads a block, or tells the first line that cannot be read.
pub(crate) fn read(block: &Block) -> Result<ReadBlock, (u32, PatternError)> {
    let mut read = ReadBlock {
        patterns: Vec::new(),
        layout: Layout::of(block.lines.iter().map(|line| line.text.as_str())),
    };
    for line in &block.lines {
        let pattern = Pattern::parse(&line.text).map_err(|e| (line.line, e))?;
        read.patterns.push(match pattern {
            Pattern::Gap => Expected::Gap,
            Pattern::Line(line) => Expected::Line(line),
        });
    }
    Ok(read)
}

impl ReadBlock {
    /// The lines that name something.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &StoryLine> {
        self.patterns.iter().filter_map(|p| match p {
            Expected::Gap => None,
            Expected::Line(line) => Some(line),
        })
    }
}

/// Compares a block with what was seen; `None` when all is as the block says.
pub(crate) fn compare(block: &ReadBlock, seen: &[Seen]) -> Option<Difference> {
    if plainly_alike(block, seen) {
        return None;
    }
    let aligned = align::align(&block.patterns, seen, |p, s: &Seen| {
        compare::relate(p, &s.line)
    });
    let fine = |a: &Aligned| matches!(a, Aligned::Match { .. } | Aligned::Free { .. });
    if aligned.iter().all(fine) {
        return None;
    }
    let print = Print::of(block, seen);
    let mut out = Difference {
        diff: Vec::new(),
        first: String::new(),
        wrong_ns: None,
    };
    for part in parts(&aligned) {
        let step = match part {
            Part::Step(step) => step,
            Part::Alike(count) => {
                out.diff.push(DiffLine {
                    sign: Sign::Same,
                    text: format!("... ({count} lines as expected)"),
                });
                continue;
            }
        };
        let lines = print.lines(step);
        if out.first.is_empty() {
            // Of a line that was replaced, what was seen.
            let mut differs = lines
                .iter()
                .filter(|l| !matches!(l.sign, Sign::Same | Sign::Note));
            out.first = differs
                .next_back()
                .map(|l| l.text.clone())
                .unwrap_or_default();
        }
        if let Aligned::Unexpected { seen: s } | Aligned::Replaced { seen: s, .. } = step {
            let ts = seen[*s].ts_ns;
            out.wrong_ns = Some(out.wrong_ns.map_or(ts, |t| t.min(ts)));
        }
        out.diff.extend(lines);
    }
    Some(out)
}

/// Whether each line matches the one in its place: what almost every block does, told without aligning.
fn plainly_alike(block: &ReadBlock, seen: &[Seen]) -> bool {
    block.patterns.len() == seen.len()
        && block.patterns.iter().zip(seen).all(|(pattern, seen)| {
            matches!(pattern, Expected::Line(line) if compare::differences(line, &seen.line).is_empty())
        })
}

/// Lines on either side of a difference that are shown with it.
const AROUND: usize = 32;

/// A part of a difference.
enum Part<'a> {
    Step(&'a Aligned),
    /// So many lines that do not differ, far from any that does.
    Alike(usize),
}

/// What of an alignment is shown: of a long run of lines that do not differ, both ends.
fn parts(aligned: &[Aligned]) -> Vec<Part<'_>> {
    let same = |a: &Aligned| matches!(a, Aligned::Match { .. } | Aligned::Free { .. });
    let mut out = Vec::new();
    for run in aligned.chunk_by(|a, b| same(a) == same(b)) {
        let alike = run.len().saturating_sub(2 * AROUND);
        if alike > 1 && run.first().is_some_and(same) {
            out.extend(run[..AROUND].iter().map(Part::Step));
            out.push(Part::Alike(alike));
            out.extend(run[AROUND + alike..].iter().map(Part::Step));
        } else {
            out.extend(run.iter().map(Part::Step));
        }
    }
    out
}

/// A line of a block that was brought to what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// The line of the block with this index, as it stands.
    Kept(usize),
    /// A line that was seen, in the words and the detail of the block.
    New(String),
}

/// The block with as few other lines as make it fit what was seen; `None` where it fits already.
pub(crate) fn renew(block: &ReadBlock, seen: &[Seen]) -> Option<Vec<Renewed>> {
    compare(block, seen)?;
    let aligned = align::align_keeping(&block.patterns, seen, |p, s: &Seen| {
        compare::relate(p, &s.line)
    });
    let mut print = Print::of(block, seen);
    print.columns = print.columns.within(block.layout);
    let is_gap = |at: usize| matches!(block.patterns.get(at), Some(Expected::Gap));
    let mut next = 0;
    let mut out = Vec::new();
    for step in aligned {
        let expected = match &step {
            Aligned::Match { expected, .. }
            | Aligned::Replaced { expected, .. }
            | Aligned::Missing { expected } => Some(*expected),
            Aligned::Unexpected { .. } | Aligned::Free { .. } => None,
        };
        // A `...` has no step of its own; it stands before the next line of the block.
        while next < expected.unwrap_or(usize::MAX) && is_gap(next) {
            out.push(Renewed::Kept(next));
            next += 1;
        }
        match step {
            Aligned::Match { expected, .. } => out.push(Renewed::Kept(expected)),
            Aligned::Replaced { seen, .. } | Aligned::Unexpected { seen } => {
                out.push(Renewed::New(print.seen(seen, &[])));
            }
            Aligned::Missing { .. } | Aligned::Free { .. } => {}
        }
        next = expected.map_or(next, |at| at + 1);
    }
    out.extend((next..block.patterns.len()).map(Renewed::Kept));
    Some(out)
}

/// How the lines of one diff print: in the same columns, in the detail of the block.
struct Print<'a> {
    block: &'a ReadBlock,
    seen: &'a [Seen],
    detail: Detail,
    columns: Columns,
}

impl<'a> Print<'a> {
    fn of(block: &'a ReadBlock, seen: &'a [Seen]) -> Self {
        Self {
            block,
            seen,
            detail: Detail::of(block.lines()),
            columns: Columns::of(block.lines().chain(seen.iter().map(|s| &s.line))),
        }
    }

    fn lines(&self, step: &Aligned) -> Vec<DiffLine> {
        let line = |sign, text| DiffLine { sign, text };
        match step {
            Aligned::Match { seen, .. } | Aligned::Free { seen } => {
                vec![line(Sign::Same, self.seen(*seen, &[]))]
            }
            Aligned::Missing { expected } => vec![line(Sign::Missing, self.expected(*expected))],
            Aligned::Unexpected { seen } => vec![line(Sign::Unexpected, self.seen(*seen, &[]))],
            Aligned::Replaced {
                expected,
                seen,
                fields,
            } => {
                let mut out = vec![
                    line(Sign::Missing, self.expected(*expected)),
                    line(Sign::Unexpected, self.seen(*seen, fields)),
                ];
                out.extend(fields.iter().map(|f| {
                    let (field, expected, seen) = (&f.field, &f.expected, &f.seen);
                    line(
                        Sign::Note,
                        format!("{field}: expected {expected}, seen {seen}"),
                    )
                }));
                out
            }
        }
    }

    /// An expected line, in the columns of the seen ones.
    fn expected(&self, index: usize) -> String {
        match &self.block.patterns[index] {
            Expected::Gap => "...".to_owned(),
            Expected::Line(line) => detail::text(line, &self.detail, self.columns),
        }
    }

    /// A seen line with what the block speaks of and the fields that differ. A device
    /// that the block names nowhere for such a hook is left out.
    fn seen(&self, index: usize, fields: &[FieldDiff]) -> String {
        let detail = fields
            .iter()
            .fold(self.detail.clone(), |d, f| d.with(&f.field));
        let mut line = self.seen[index].line.clone();
        let alike: Vec<_> = self
            .block
            .lines()
            .filter(|l| l.place == line.place)
            .collect();
        if !alike.is_empty() {
            line.iif = line.iif.filter(|_| alike.iter().any(|l| l.iif.is_some()));
            line.oif = line.oif.filter(|_| alike.iter().any(|l| l.oif.is_some()));
        }
        detail::text(&line, &detail, self.columns)
    }
}
