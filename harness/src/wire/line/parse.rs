//! Owns the way from an expectation's text to a `Line`. It never consults a packet.

use super::Line;

/// Why a text is no line; `at` counts bytes from its start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("nothing where a packet is described")]
    Empty { at: usize },
    #[error("quote that is not closed")]
    OpenQuote { at: usize },
    #[error("`{{` that is not closed")]
    OpenBrace { at: usize },
    #[error("`{token}` behind the end of the packet")]
    Trailing { at: usize, token: String },
    #[error("`>` without an address on both sides")]
    HalfArrow { at: usize },
    #[error("`{token}` where words or addresses stand")]
    Misplaced { at: usize, token: String },
    #[error("`{token}` is neither a word nor key=value")]
    BadField { at: usize, token: String },
}

impl LineError {
    /// The word that is wrong, where it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Trailing { token, .. }
            | Self::Misplaced { token, .. }
            | Self::BadField { token, .. } => Some(token),
            Self::HalfArrow { .. } => Some(">"),
            Self::OpenBrace { .. } => Some("{"),
            Self::Empty { .. } | Self::OpenQuote { .. } => None,
        }
    }

    /// Where in the text, in bytes.
    pub fn at(&self) -> usize {
        match self {
            Self::Empty { at }
            | Self::OpenQuote { at }
            | Self::OpenBrace { at }
            | Self::Trailing { at, .. }
            | Self::HalfArrow { at }
            | Self::Misplaced { at, .. }
            | Self::BadField { at, .. } => *at,
        }
    }
}

/// Heads and words behind which the name of an SA stands.
const NAMES_SA: [&str; 3] = ["esp", "ah", "ipcomp"];
const FLAGS: [&str; 2] = ["df", "more"];

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    at: usize,
    text: &'a str,
}

impl Line {
    /// Parses a line of the module's grammar; `*` is kept as it stands.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        let tokens = tokens(text)?;
        let (line, rest) = packet(&tokens, text.len())?;
        match rest.first() {
            None => Ok(line),
            Some(t) => Err(LineError::Trailing {
                at: t.at,
                token: t.text.to_owned(),
            }),
        }
    }
}

/// Splits at blanks outside quotes.
fn tokens(text: &str) -> Result<Vec<Token<'_>>, LineError> {
    let mut tokens = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (at, c) in text.char_indices() {
        if c == '"' {
            quote = if quote.is_some() { None } else { Some(at) };
        }
        if c.is_whitespace() && quote.is_none() {
            tokens.extend(start.take().map(|s| Token {
                at: s,
                text: &text[s..at],
            }));
        } else {
            start.get_or_insert(at);
        }
    }
    if let Some(at) = quote {
        Err(LineError::OpenQuote { at })
    } else {
        tokens.extend(start.map(|s| Token {
            at: s,
            text: &text[s..],
        }));
        Ok(tokens)
    }
}

/// One packet and the tokens behind it.
fn packet<'t, 'a>(
    tokens: &'t [Token<'a>],
    end: usize,
) -> Result<(Line, &'t [Token<'a>]), LineError> {
    let brace = |t: &Token<'_>| matches!(t.text, "{" | "}");
    let flat = tokens.iter().position(brace).unwrap_or(tokens.len());
    let (own, rest) = tokens.split_at(flat);
    let at = own.first().or(rest.first()).map_or(end, |t| t.at);
    let mut line = layer(own, at)?;
    let Some((open, rest)) = rest.split_first().filter(|(t, _)| t.text == "{") else {
        return Ok((line, rest));
    };
    let (inner, rest) = packet(rest, end)?;
    line.inner = Some(Box::new(inner));
    match rest.split_first() {
        Some((close, rest)) if close.text == "}" => Ok((line, rest)),
        Some((other, _)) => Err(LineError::Trailing {
            at: other.at,
            token: other.text.to_owned(),
        }),
        None => Err(LineError::OpenBrace { at: open.at }),
    }
}

fn layer(tokens: &[Token<'_>], at: usize) -> Result<Line, LineError> {
    let mut line = Line::default();
    let rest = if let Some(arrow) = tokens.iter().position(|t| t.text == ">") {
        let half = LineError::HalfArrow {
            at: tokens[arrow].at,
        };
        let (before, after) = (&tokens[..arrow], &tokens[arrow + 1..]);
        let Some((src, head)) = before.split_last() else {
            return Err(half);
        };
        let Some((dst, rest)) = after.split_first() else {
            return Err(half);
        };
        for end in [src, dst] {
            if end.text.contains('=') {
                return Err(half);
            }
        }
        line.src = Some(src.text.to_owned());
        line.dst = Some(dst.text.to_owned());
        line.head = words(head)?;
        rest
    } else {
        let bare = tokens
            .iter()
            .position(|t| t.text.contains('='))
            .unwrap_or(tokens.len());
        let (head, rest) = tokens.split_at(bare);
        line.head = words(head)?;
        rest
    };
    if line.head.is_empty() {
        return Err(LineError::Empty { at });
    }
    for token in rest {
        behind(&mut line, *token)?;
    }
    Ok(line)
}

fn words(tokens: &[Token<'_>]) -> Result<Vec<String>, LineError> {
    match tokens.iter().find(|t| t.text.contains(['=', '"'])) {
        Some(t) => Err(LineError::Misplaced {
            at: t.at,
            token: t.text.to_owned(),
        }),
        None => Ok(tokens.iter().map(|t| t.text.to_owned()).collect()),
    }
}

/// Puts a token behind the endpoints where it belongs.
fn behind(line: &mut Line, token: Token<'_>) -> Result<(), LineError> {
    let Token { at, text } = token;
    if let Some((key, value)) = text.split_once('=') {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let unquoted = value.strip_prefix('"').and_then(|v| v.strip_suffix('"'));
        let value = unquoted.unwrap_or(value);
        if key.is_empty() || !key.chars().all(plain) || value.contains('"') {
            return Err(LineError::BadField {
                at,
                token: text.to_owned(),
            });
        }
        if value.is_empty() && unquoted.is_none() {
            return Err(LineError::BadField {
                at,
                token: text.to_owned(),
            });
        }
        line.fields.push((key.to_owned(), value.to_owned()));
    } else if text == ">" || text.contains('"') {
        return Err(LineError::Misplaced {
            at,
            token: text.to_owned(),
        });
    } else if FLAGS.contains(&text) {
        line.flags.push(text.to_owned());
    } else if line.sa.is_some() || !line.fields.is_empty() {
        return Err(LineError::Misplaced {
            at,
            token: text.to_owned(),
        });
    } else {
        let before = line
            .words
            .last()
            .or(line.head.first())
            .map_or("", String::as_str);
        if NAMES_SA.contains(&before) {
            line.sa = Some(text.to_owned());
        } else {
            line.words.push(text.to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, at: usize, message: &str) {
        let error = Line::parse(text).unwrap_err();
        assert_eq!((error.at(), error.to_string().as_str()), (at, message));
    }

    #[test]
    fn every_part_has_its_place() {
        let text =
            "udp 192.168.7.2.4500 > *.4500 esp site:left>right seq=* why=\"a b\" df { icmp }";
        let line = Line::parse(text).unwrap();
        assert_eq!(line.head, ["udp"]);
        assert_eq!(line.dst.as_deref(), Some("*.4500"));
        assert_eq!(line.words, ["esp"]);
        assert_eq!(line.sa.as_deref(), Some("site:left>right"));
        assert_eq!(
            (line.field("seq"), line.field("why")),
            (Some("*"), Some("a b"))
        );
        assert_eq!(line.flags, ["df"]);
        assert_eq!(line.inner.as_ref().unwrap().head, ["icmp"]);
        assert_eq!(line.to_string(), text);
    }

    #[test]
    fn what_is_no_line_is_named_with_its_place() {
        refused("", 0, "nothing where a packet is described");
        refused("icmp { }", 7, "nothing where a packet is described");
        refused("icmp 1.1.1.1 >", 13, "`>` without an address on both sides");
        refused("esp 1.1.1.1 > 2.2.2.2 { icmp", 22, "`{` that is not closed");
        refused("icmp } x", 5, "`}` behind the end of the packet");
        refused("icmp a=\"b", 7, "quote that is not closed");
        refused("icmp Seq=1", 5, "`Seq=1` is neither a word nor key=value");
        refused(
            "esp 1.1.1.1 > 2.2.2.2 seq=1 site",
            28,
            "`site` where words or addresses stand",
        );
    }
}
