//! Owns the table of commands that a step runs.

use super::{
    number::{ExitCode, Seconds},
    steps::BlockText,
};
use crate::{
    plan::Ready,
    spec::{
        diagnostic::shorten,
        scalar::{Wrong, text},
        source::Spanned,
        table::table,
    },
};

table! {
    /// A command that runs in a node, with `--allow-exec` only. It has no input, gets nothing but `PATH` of the
    /// environment, and everything that it started is killed with the lab, or with itself if it ends.
    /// SAs that it installs are read from the kernel with their keys behind each flow; lines call them by their SPI.
    pub(crate) struct ExecSpec in "steps.exec" {
        /// Node in whose network it runs.
        "at" => at: String, required, example "\"r1\"";
        /// The program and its arguments; no shell is between.
        "run" => run: Vec<Spanned<String>>, required, example "[\"ip\", \"xfrm\", \"state\"]";
        /// For one that goes on running: the step goes on when it has printed a line with this text in it, or when
        /// somebody in the node listens on this port. It then runs until the lab ends.
        "ready" => ready: Ready, default "it must end", example "\"udp 500\"";
        /// Seconds that it has to end, or to be ready; then it is killed.
        "within" => within: Seconds, default "30", example "5";
        /// The exit code that it must have.
        "exit" => exit: ExitCode, default "0", example "1", limit "not with `ready`";
        /// Lines that it must print, errors included, in order and each with these words in it; `*` stands for any text.
        "output" => output: BlockText, default "not asserted", example "\"src 3.0.0.1 dst 5.0.0.1\"";
    }
}

text!(
    Ready,
    "condition, `line TEXT`, `udp PORT` or `tcp PORT`",
    "udp 500",
    parse_ready
);

impl Default for Ready {
    fn default() -> Self {
        Self::Line(String::new())
    }
}

fn parse_ready(text: &str) -> Result<Ready, Wrong> {
    let wrong = |message: String| Wrong::new(message).hint("`line TEXT`, `udp PORT` or `tcp PORT`");
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    let port = || match rest.trim().parse() {
        Ok(port) if port != 0 => Ok(port),
        _ => Err(wrong(format!("`{}` is not a port", shorten(rest)))),
    };
    match kind {
        "line" if !rest.trim().is_empty() => Ok(Ready::Line(rest.trim().to_owned())),
        "udp" => port().map(Ready::Udp),
        "tcp" => port().map(Ready::Tcp),
        _ => Err(wrong(format!("`{}` is no condition", shorten(text)))),
    }
}
