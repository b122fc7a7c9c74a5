//! Owns the one place where the language meets the grammar of expectation lines.

/// Longest line of a block in bytes; what is longer is no line of a report.
const MAX_LINE: usize = 1000;

/// Whether a line of an expectation block can be understood. The grammar belongs to the
/// judge and is to be asked here, and only here.
pub(crate) fn check_line(line: &str) -> Result<(), String> {
    if line.len() > MAX_LINE {
        return Err(format!(
            "line of {} bytes is longer than {MAX_LINE}",
            line.len()
        ));
    }
    crate::judge::Pattern::parse(line)
        .map(drop)
        .map_err(|e| e.to_string())
}

/// Likewise for a line of an event block.
pub(crate) fn check_event(line: &str) -> Result<(), String> {
    if line == "..." {
        return Ok(());
    }
    if line.len() > MAX_LINE {
        return Err(format!("line is longer than {MAX_LINE} bytes"));
    }
    crate::observe::event_line(line).map(drop)
}

/// Likewise for a line of a conntrack block.
pub(crate) fn check_fact(line: &str) -> Result<(), String> {
    if line == "..." {
        return Ok(());
    }
    crate::observe::FactLine::parse(line).map(drop)
}
