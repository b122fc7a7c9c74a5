//! Owns how the command speaks: results to standard output, everything else to standard error, colour
//! only where a terminal reads it.

use std::io::IsTerminal as _;

use xfrmlab::{report::Style, spec::Diagnostics};

/// An error line.
pub(super) fn error(message: &str) {
    anstream::eprintln!("error: {message}");
}

/// All problems of a file.
pub(super) fn problems(problems: &Diagnostics) {
    anstream::eprint!("{}", problems.render(true));
    let count = problems.len();
    let noun = if count == 1 { "problem" } else { "problems" };
    anstream::eprintln!("error: {count} {noun}; nothing was run");
}

/// What is to be known about a file that is right.
pub(super) fn warnings(warnings: &Diagnostics) {
    anstream::eprint!("{}", warnings.render(true));
}

/// The style of a report on standard output.
pub(super) fn style() -> Style {
    let color = std::io::stdout().is_terminal()
        && !matches!(
            anstream::AutoStream::choice(&std::io::stdout()),
            anstream::ColorChoice::Never
        );
    let width = if std::io::stdout().is_terminal() {
        terminal_width()
    } else {
        80
    };
    Style { color, width }
}

fn terminal_width() -> usize {
    xfrmlab::session::terminal_size().map_or(80, |size| usize::from(size.columns).clamp(60, 160))
}
