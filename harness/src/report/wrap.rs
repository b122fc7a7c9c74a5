//! Owns the breaking of long lines at words, with a hanging indent.

/// Breaks `text` so that no line is longer than `width` where a space allows it. The
/// first line begins with `first`, the others with `indent` spaces.
pub(crate) fn wrap(first: &str, text: &str, indent: usize, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut empty = true;
    for (gap, word) in words(text) {
        let gap = if empty { 0 } else { gap };
        if !empty && line.chars().count() + gap + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
            line = " ".repeat(indent);
            line.push_str(word);
        } else {
            line.push_str(&" ".repeat(gap));
            line.push_str(word);
        }
        empty = false;
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// Words with the spaces in front of them, so that columns survive.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word_at = rest.find(|c: char| c != ' ')?;
        let tail = &rest[word_at..];
        let end = tail.find(' ').unwrap_or(tail.len());
        rest = &tail[end..];
        Some((word_at, &tail[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: &str, text: &str, width: usize, expected: &[&str]) {
        assert_eq!(wrap(first, text, 4, width), expected);
    }

    #[test]
    fn short_lines_stay_whole_with_their_columns() {
        check("a ", "forward   in eth0", 40, &["a forward   in eth0"]);
    }

    #[test]
    fn long_lines_break_at_words_and_hang() {
        check("", "one two three", 8, &["one two", "    three"]);
    }

    #[test]
    fn a_word_that_is_too_long_stays_whole() {
        check("", "x fe80::1234:5678", 8, &["x", "    fe80::1234:5678"]);
    }

    #[test]
    fn nothing_is_one_empty_line() {
        check("", "", 8, &[""]);
    }
}
