//! Owns the reading of expectation lines. It never compares them with anything.
//!
//! ```text
//! forward      in eth0  out eth1  icmp echo-request A > B  mark 0x1  => C > D  -> drop inet filter c "rule"
//! encode       site:left>right
//! esp site:left>right seq=1 { icmp echo-request A > B }
//! ...
//! ```

use super::line::{Fate, NO_CT, Place, StoryLine};
use super::passes::DropPoint;
use crate::wire::{Line, LineError};

/// One line of an expectation block.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all lines of a block are the large variant"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `...`: any number of lines.
    Gap,
    Line(StoryLine),
}

/// Why a line of a block cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("empty line in a block")]
    Empty,
    #[error("`{0}` without a value behind it")]
    NoValue(&'static str),
    #[error(
        "`{0}` is not a mark\n(hint: marks read `mark 0x1`, or `mark 0x0=>0x1` where a hook changes it)"
    )]
    Mark(String),
    #[error(
        "`=> {0}` does not name two addresses\n(hint: NAT reads `=> NEW-SOURCE > NEW-DESTINATION`)"
    )]
    Nat(String),
    #[error(
        "`-> {0}` is no verdict\n(hint: verdicts read `-> drop FAMILY TABLE CHAIN \"rule\"`, `-> drop FAMILY TABLE CHAIN policy` or `-> vanished`)"
    )]
    Fate(String),
    #[error("`{word}` names no SA\n(hint: write `{word} NAME`, `{word} ?` or `{word} *`)")]
    NoSa { word: &'static str },
    #[error("`{0}` is no hook, and neither `encode`, `decode` nor `...`")]
    NotANodeLine(String),
    #[error(
        "`{0}` is a line of a node, not of a wire\n(hint: lines of a wire begin with the packet)"
    )]
    NotAWireLine(String),
    #[error(
        "another line of this block names a {0}, this one does not\n(hint: once one line of a block names it, every line must)"
    )]
    Uneven(&'static str),
    #[error("`{0}` stands behind what belongs there")]
    Behind(String),
    #[error("{0}")]
    Packet(LineError),
}

impl PatternError {
    /// The word that is wrong, where it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Mark(word)
            | Self::Behind(word)
            | Self::NotANodeLine(word)
            | Self::NotAWireLine(word) => Some(word),
            Self::NoValue(word) | Self::NoSa { word } => Some(word),
            Self::Packet(error) => error.word(),
            Self::Empty | Self::Nat(_) | Self::Fate(_) | Self::Uneven(_) => None,
        }
    }
}

/// What kind of block lines stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// `expect.node`.
    Node,
    /// `expect.wire` and `expect.clear`.
    Wire,
}

impl Pattern {
    /// Reads one line of a block.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text == "..." {
            return Ok(Self::Gap);
        }
        let first = text.split_whitespace().next().ok_or(PatternError::Empty)?;
        let mut line = StoryLine::at(Place::from_word(first));
        let mut rest = text;
        if let Some((before, fate)) = split_top(rest, "->") {
            line.fate = Some(parse_fate(fate)?);
            rest = before;
        }
        // What stands behind the packet may stand there in any order; each is taken off the end.
        while let Some((before, word, behind)) = last_of(rest, &["=>", "mark", "ct", "ct-mark"]) {
            match word {
                "=>" => line.nat = Some(parse_nat(behind)?),
                "mark" => line.mark = Some(parse_mark("mark", behind)?),
                "ct" => line.ct = Some(value(behind, "ct")?),
                _ => line.ct_mark = Some(parse_ct_mark(behind)?),
            }
            rest = before;
        }
        parse_head(&mut line, rest)?;
        Ok(Self::Line(line))
    }
}

/// The place, the devices, and the packet or SA.
fn parse_head(line: &mut StoryLine, text: &str) -> Result<(), PatternError> {
    if line.place == Place::Wire {
        line.packet = parse_packet(text)?;
        return Ok(());
    }
    let mut words = text.split_whitespace().skip(1).peekable();
    if matches!(line.place, Place::Encode | Place::Decode) {
        let sa = words.next().ok_or(PatternError::NoSa {
            word: line.place.word(),
        })?;
        line.sa = Some(sa.to_owned());
        return nothing_behind(words);
    }
    while let Some(&word) = words.peek() {
        match word {
            "in" => {
                words.next();
                line.iif = Some(words.next().ok_or(PatternError::NoValue("in"))?.to_owned());
            }
            "out" => {
                words.next();
                line.oif = Some(words.next().ok_or(PatternError::NoValue("out"))?.to_owned());
            }
            _ => break,
        }
    }
    line.packet = parse_packet(&words.collect::<Vec<_>>().join(" "))?;
    Ok(())
}

fn parse_packet(text: &str) -> Result<Option<Line>, PatternError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    Line::parse(text).map(Some).map_err(PatternError::Packet)
}

/// Splits at the first word `mark` that stands outside braces and quotes.
fn split_top<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut quoted = false;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        match bare {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            _ if bare == mark && depth == 0 && !quoted => {
                return Some((&text[..start], text[start + word.len()..].trim()));
            }
            _ => {}
        }
        if bare.matches('"').count() % 2 == 1 {
            quoted = !quoted;
        }
        start += word.len();
    }
    None
}

/// The last of these words outside braces, with what is before it and behind it.
fn last_of<'a>(text: &'a str, words: &[&'static str]) -> Option<(&'a str, &'static str, &'a str)> {
    let text = text.trim_end();
    let found = words.iter().filter_map(|word| {
        let mut at = None;
        let mut rest = text;
        while let Some((_, behind)) = split_top(rest, word) {
            // `rest` and `behind` reach to the end of the same text.
            at = Some((text.len() - behind.len(), behind));
            rest = behind;
        }
        at.map(|(end, behind)| (end, *word, behind))
    });
    let (end, word, behind) = found.max_by_key(|(end, ..)| *end)?;
    let before = text[..end].trim_end().strip_suffix(word)?;
    Some((before, word, behind))
}

/// The one word behind `what`.
fn value(text: &str, what: &'static str) -> Result<String, PatternError> {
    let mut words = text.split_whitespace();
    let word = words.next().ok_or(PatternError::NoValue(what))?;
    nothing_behind(words)?;
    Ok(word.to_owned())
}

fn nothing_behind<'a>(mut words: impl Iterator<Item = &'a str>) -> Result<(), PatternError> {
    match words.next() {
        Some(word) => Err(PatternError::Behind(word.to_owned())),
        None => Ok(()),
    }
}

fn parse_ct_mark(text: &str) -> Result<String, PatternError> {
    match text {
        NO_CT => Ok(text.to_owned()),
        _ => parse_mark("ct-mark", text),
    }
}

fn parse_mark(what: &'static str, text: &str) -> Result<String, PatternError> {
    let word = value(text, what)?;
    let valid = |part: &str| part == "*" || number(part).is_some();
    let fine = match word.split_once("=>") {
        Some((entry, exit)) => valid(entry) && valid(exit),
        None => valid(&word),
    };
    if fine {
        Ok(word)
    } else {
        Err(PatternError::Mark(word))
    }
}

/// A number as the file writes it: decimal or with `0x`.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn parse_nat(text: &str) -> Result<(String, String), PatternError> {
    let words: Vec<_> = text.split_whitespace().collect();
    match words.as_slice() {
        [src, ">", dst] => Ok(((*src).to_owned(), (*dst).to_owned())),
        _ => Err(PatternError::Nat(text.to_owned())),
    }
}

fn parse_fate(text: &str) -> Result<Fate, PatternError> {
    if text == "vanished" {
        return Ok(Fate::Vanished);
    }
    let unknown = || PatternError::Fate(text.to_owned());
    let rest = text.strip_prefix("drop").ok_or_else(unknown)?.trim();
    if rest.is_empty() {
        return Ok(Fate::Drop(None));
    }
    // A rule's text has quotes of its own, so it reaches to the last one.
    let (names, rule) = match rest.split_once('"') {
        Some((names, rule)) => (names, Some(rule.strip_suffix('"').ok_or_else(unknown)?)),
        None => (rest, None),
    };
    let words: Vec<_> = names.split_whitespace().collect();
    let (family, table, chain, rule) = match (words.as_slice(), rule) {
        ([family, table, chain], Some(rule)) => (family, table, chain, Some(rule)),
        ([family, table, chain], None) => (family, table, chain, Some("*")),
        ([family, table, chain, "policy"], None) => (family, table, chain, None),
        _ => return Err(unknown()),
    };
    Ok(Fate::Drop(Some(DropPoint {
        family: (*family).to_owned(),
        table: (*table).to_owned(),
        chain: (*chain).to_owned(),
        rule: rule.map(str::to_owned),
    })))
}

/// The lines of a block, and everything that is wrong with them; each by its place in the block, from 0.
pub type CheckedBlock = (Vec<(usize, StoryLine)>, Vec<(usize, PatternError)>);

/// Reads the lines of a block and finds everything that is wrong with them, each by itself and together.
pub fn check_block<'a>(kind: BlockKind, texts: impl Iterator<Item = &'a str>) -> CheckedBlock {
    let mut problems = Vec::new();
    let mut lines = Vec::new();
    for (number, text) in texts.enumerate() {
        // A line of the other kind of block is told as that, whatever else is wrong with it.
        let first = text.split_whitespace().next().unwrap_or_default();
        let on_wire = Place::from_word(first) == Place::Wire;
        let alien = match (kind, on_wire) {
            (BlockKind::Node, true) if !first.is_empty() => {
                Some(PatternError::NotANodeLine(first.to_owned()))
            }
            (BlockKind::Wire, false) => Some(PatternError::NotAWireLine(first.to_owned())),
            _ => None,
        };
        match (Pattern::parse(text), alien) {
            (Ok(Pattern::Gap), _) => {}
            (_, Some(alien)) => problems.push((number, alien)),
            (Err(problem), None) => problems.push((number, problem)),
            (Ok(Pattern::Line(line)), None) => lines.push((number, line)),
        }
    }
    // No mark can be observed between hooks: encode and decode lines carry none.
    let marked = |line: &StoryLine| !matches!(line.place, Place::Encode | Place::Decode);
    let mut uneven = |what, named: fn(&StoryLine) -> bool| {
        if lines.iter().any(|(_, line)| named(line)) {
            for (number, line) in &lines {
                if marked(line) && !named(line) {
                    problems.push((*number, PatternError::Uneven(what)));
                }
            }
        }
    };
    uneven("mark", |line| line.mark.is_some());
    uneven("ct state", |line| line.ct.is_some());
    uneven("ct mark", |line| line.ct_mark.is_some());
    problems.sort_by_key(|(line, _)| *line);
    (lines, problems)
}
