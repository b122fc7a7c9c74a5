//! Owns the words of what a sender is told. It never sends anything.

use std::net::IpAddr;

use super::{Text, tell};
use crate::spec::{
    block::check_length, diagnostic::shorten, errno, resolve::draft::Findings,
    schema::traffic::OutcomeSpec,
};

/// Words that stand as they are.
const WORDS: [&str; 5] = ["none", "local", "icmp", "icmp6", "from"];

/// The words of `error`.
pub(super) fn check(outcome: &OutcomeSpec, findings: &mut Findings) {
    let Some(error) = &outcome.error else { return };
    let text = Text {
        text: error,
        span: error.span,
    };
    if let Err(message) = check_length(error) {
        findings.error(error.span, message);
        return;
    }
    let errnos = errno::names();
    let known: Vec<&str> = errnos.iter().map(String::as_str).chain(WORDS).collect();
    for word in error.split_whitespace() {
        if !known.contains(&word) && !is_value(word) {
            let span = text.word(0, word, findings);
            let message = format!("no sender is told `{}`", shorten(word));
            tell(span, message, (word, &known), findings);
        }
    }
}

/// Type and code of a message, an address or an MTU.
fn is_value(word: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().is_ok();
    let code = word.split_once('/');
    code.is_some_and(|(kind, code)| number(kind) && number(code))
        || word.parse::<IpAddr>().is_ok()
        || word.strip_prefix("mtu=").is_some_and(number)
}
