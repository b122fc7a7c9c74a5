//! Owns the text of a line: how much of it is shown, and in which columns. It never
//! decides what is right.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::layout::Layout;
use super::line::{Fate, NO_CT, Place, StoryLine};
use crate::wire::Line;

/// How much of a packet and of a line is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Detail {
    /// Keys of the packet's fields and flags, outermost level.
    pub(crate) fields: BTreeSet<String>,
    /// Whether the inner packet is shown, and with how much.
    pub(crate) inner: Option<Box<Detail>>,
    pub(crate) mark: bool,
    pub(crate) ct: bool,
    pub(crate) ct_mark: bool,
}

impl Detail {
    /// What a page or the terminal shows of an event beside its packet: a mark that is zero says nothing.
    pub(crate) fn telling(line: &StoryLine) -> Self {
        let says = |mark: &Option<String>| {
            let mark = mark.as_deref();
            mark.is_some_and(|m| m != "0x0" && m != NO_CT)
        };
        Self {
            mark: says(&line.mark),
            ct: line.ct.is_some(),
            ct_mark: says(&line.ct_mark),
            ..Self::default()
        }
    }

    /// The detail that a block uses: the union of what its lines mention.
    pub(crate) fn of<'a>(lines: impl Iterator<Item = &'a StoryLine>) -> Self {
        let mut detail = Self::default();
        for line in lines {
            detail.mark |= line.mark.is_some();
            detail.ct |= line.ct.is_some();
            detail.ct_mark |= line.ct_mark.is_some();
            if let Some(packet) = &line.packet {
                detail.add_packet(packet);
            }
        }
        detail
    }

    /// All of a packet, on every level.
    pub(crate) fn all(packet: &Line) -> Self {
        let mut detail = Self::default();
        detail.add_packet(packet);
        detail
    }

    fn add_packet(&mut self, packet: &Line) {
        self.fields
            .extend(packet.fields.iter().map(|(key, _)| key.clone()));
        self.fields.extend(packet.flags.iter().cloned());
        if let Some(inner) = &packet.inner {
            self.inner.get_or_insert_default().add_packet(inner);
        }
    }

    /// This detail and one more field: `spi`, `inner spi`, `mark`, ...
    pub(crate) fn with(&self, field: &str) -> Self {
        let mut more = self.clone();
        match field.split_once(' ') {
            Some(("inner", rest)) => {
                let inner = more.inner.take().unwrap_or_default();
                more.inner = Some(Box::new(inner.with(rest)));
            }
            _ => match field {
                "mark" => more.mark = true,
                "ct" => more.ct = true,
                "ct-mark" => more.ct_mark = true,
                "inner" => {
                    more.inner.get_or_insert_default();
                }
                _ => {
                    more.fields.insert(field.to_owned());
                }
            },
        }
        more
    }

    /// What of a packet this detail shows.
    pub(crate) fn cut(&self, packet: &Line) -> Line {
        let mut cut = packet.clone();
        cut.fields.retain(|(key, _)| self.fields.contains(key));
        cut.flags.retain(|flag| self.fields.contains(flag));
        cut.inner = match (&self.inner, &packet.inner) {
            (Some(detail), Some(inner)) => Some(Box::new(detail.cut(inner))),
            _ => None,
        };
        cut
    }
}

/// Width of the place column: the longest hook word and two spaces.
const PLACE: usize = 13;

/// Widths of the device columns of a block, so that its lines stand in columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    place: usize,
    iif: usize,
    oif: usize,
    sa: usize,
}

impl Default for Columns {
    fn default() -> Self {
        Self {
            place: PLACE,
            iif: 0,
            oif: 0,
            sa: PLACE,
        }
    }
}

impl Columns {
    /// Columns in which all of these lines fit.
    pub(crate) fn of<'a>(lines: impl Iterator<Item = &'a StoryLine>) -> Self {
        let mut columns = Self::default();
        for line in lines {
            columns.iif = columns
                .iif
                .max(line.iif.as_ref().map_or(0, |d| d.len() + 5));
            columns.oif = columns
                .oif
                .max(line.oif.as_ref().map_or(0, |d| d.len() + 6));
        }
        columns
    }

    /// The columns that a block has already, as far as it shows them.
    pub(crate) fn within(self, layout: Layout) -> Self {
        Self {
            place: layout.place.unwrap_or(self.place),
            iif: layout.iif.unwrap_or(self.iif),
            oif: layout.oif.unwrap_or(self.oif),
            sa: layout.sa.unwrap_or(self.sa),
        }
    }
}

/// Appends a part in its column; what is too long for it still has a blank behind it.
fn put(out: &mut String, part: &str, width: usize) {
    let blank = usize::from(!part.is_empty());
    let width = width.max(part.len() + blank);
    let _ = write!(out, "{part:width$}");
}

/// One line in the words of a block, without what `detail` leaves out.
pub(crate) fn text(line: &StoryLine, detail: &Detail, columns: Columns) -> String {
    let mut out = String::new();
    match line.place {
        Place::Wire => {}
        Place::Encode | Place::Decode => {
            put(&mut out, line.place.word(), columns.sa);
            out.push_str(line.sa.as_deref().unwrap_or("?"));
        }
        Place::Hook(hook) => {
            let device = |word: &str, device: &Option<String>| {
                let device = device.as_ref();
                device.map(|d| format!("{word} {d}")).unwrap_or_default()
            };
            put(&mut out, hook.word(), columns.place);
            put(&mut out, &device("in", &line.iif), columns.iif);
            put(&mut out, &device("out", &line.oif), columns.oif);
        }
    }
    if let Some(packet) = &line.packet {
        out.push_str(&detail.cut(packet).to_string());
    }
    if let Some(mark) = line.mark.as_ref().filter(|_| detail.mark) {
        let _ = write!(out, " mark {mark}");
    }
    if let Some(ct) = line.ct.as_ref().filter(|_| detail.ct) {
        let _ = write!(out, " ct {ct}");
    }
    if let Some(mark) = line.ct_mark.as_ref().filter(|_| detail.ct_mark) {
        let _ = write!(out, " ct-mark {mark}");
    }
    if let Some((src, dst)) = &line.nat {
        let _ = write!(out, " => {src} > {dst}");
    }
    match &line.fate {
        None => {}
        Some(Fate::Vanished) => out.push_str(" -> vanished"),
        Some(Fate::Drop(None)) => out.push_str(" -> drop"),
        Some(Fate::Drop(Some(point))) => {
            let _ = write!(out, " -> drop {point}");
        }
    }
    out.truncate(out.trim_end().len());
    out
}
