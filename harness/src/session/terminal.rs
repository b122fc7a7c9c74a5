//! Owns the size of the person's terminal.

use crate::lab::TerminalSize;

/// Columns and rows of the terminal on standard output, if it is one.
pub fn terminal_size() -> Option<TerminalSize> {
    // SAFETY: all-zero bytes are a valid `winsize`.
    let mut window: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: the request fills a window size, which outlives the call.
    let outcome = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut window) };
    (outcome == 0 && window.ws_col > 0).then_some(TerminalSize {
        columns: window.ws_col,
        rows: window.ws_row,
    })
}
