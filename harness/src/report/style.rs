//! Owns how a report is dressed: width and colour. Without colour a report is plain text.

use crate::judge::{Outcome, Sign};

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are used.
    pub color: bool,
    /// Columns; lines break where words allow it.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            color: false,
            width: 80,
        }
    }
}

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BOLD: &str = "1";
const DIM: &str = "2";

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(BOLD, text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(DIM, text)
    }

    pub(crate) fn outcome(self, outcome: Outcome, text: &str) -> String {
        let code = match outcome {
            Outcome::Pass => GREEN,
            Outcome::Fail | Outcome::Error => RED,
            Outcome::Skip => YELLOW,
        };
        self.paint(code, text)
    }

    pub(crate) fn sign(self, sign: Sign, text: &str) -> String {
        match sign {
            Sign::Same => text.to_owned(),
            Sign::Missing => self.paint(RED, text),
            Sign::Unexpected => self.paint(GREEN, text),
            Sign::Note => self.paint(YELLOW, text),
        }
    }
}
