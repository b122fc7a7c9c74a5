//! Owns the one place where the language meets the grammar of expectation lines.

use crate::judge::{BlockKind, CheckedBlock, PatternError, check_block};

/// Longest line of a block in bytes; what is longer is no line of a report.
const MAX_LINE: usize = 1000;

/// Whether a line is too long to be one.
pub(crate) fn check_length(line: &str) -> Result<(), String> {
    if line.len() <= MAX_LINE {
        return Ok(());
    }
    let length = line.len();
    Err(format!("line of {length} bytes is longer than {MAX_LINE}"))
}

/// Reads the lines of an expectation block. The grammar belongs to the judge and is to be asked here, and only here.
/// Lines that are too long are left out.
pub(crate) fn read_block<'a>(
    kind: BlockKind,
    texts: impl Iterator<Item = &'a str>,
) -> CheckedBlock {
    let too_long = |text: &&str| check_length(text).is_err();
    check_block(kind, texts.map(|t| if too_long(&t) { "..." } else { t }))
}

/// The words with which a line of a node begins, where a line begins with none of them.
pub(crate) fn first_words(problem: &PatternError) -> Vec<&'static str> {
    match problem {
        PatternError::NotANodeLine(_) => {
            let hooks = crate::judge::Hook::ALL.map(crate::judge::Hook::word);
            hooks.into_iter().chain(["encode", "decode"]).collect()
        }
        _ => Vec::new(),
    }
}

/// Likewise for a line of an event block.
pub(crate) fn check_event(line: &str) -> Result<(), String> {
    if line == "..." {
        return Ok(());
    }
    check_length(line)?;
    crate::observe::event_line(line).map(drop)
}

/// Likewise for a line of a conntrack block, or of one about freed packets.
pub(crate) fn check_fact(line: &str) -> Result<(), String> {
    if line == "..." {
        return Ok(());
    }
    crate::observe::FactLine::parse(line).map(drop)
}
