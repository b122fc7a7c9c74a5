//! Owns the table of what a link does to packets: `netem`, in the words of tc-netem(8).

use super::{number::Number, refusal::Errno};
use crate::spec::{
    diagnostic::shorten,
    scalar::{Wrong, text},
    table::table,
};

table! {
    /// What a link does to packets that are sent into it, as a `netem` queueing discipline.
    pub(crate) struct NetemSpec in "links.netem, links.netem_NODE" {
        /// Time that every packet waits.
        "delay" => delay: Time, default "none", example "\"10ms\"";
        /// Random variation of the delay.
        "jitter" => jitter: Time, default "none", example "\"1ms\"";
        /// Part of the packets that is lost.
        "loss" => loss: Percent, default "none", example "\"100%\"";
        /// Part of the packets that comes twice.
        "duplicate" => duplicate: Percent, default "none", example "\"100%\"";
        /// Part of the packets that overtakes those that wait for `delay`.
        "reorder" => reorder: Percent, default "none", example "\"25%\"", limit "needs `delay`";
        /// Only every n-th packet overtakes.
        "gap" => gap: Number, default "1", example "5", limit "needs `reorder`";
        /// Part of the packets in which one bit is turned.
        "corrupt" => corrupt: Percent, default "none", example "\"1%\"";
        /// Bytes per second, with a unit as `tc` has them: `kbit`, `mbit`, `gbit` are bits, `bps`, `kbps`, `mbps` bytes.
        "rate" => rate: Rate, default "none", example "\"1mbit\"";
        /// Packets that the queue holds.
        "limit" => limit: Number, default "1000", example "10";
        /// How the kernel must refuse it: `ERRNO`, or `ERRNO: TEXT` with words of its message.
        "refused" => refused: Errno, default "it must not", example "\"EINVAL\"";
    }
}

/// A time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) u64);

/// A probability in parts of `u32::MAX`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Percent(pub(crate) u32);

/// A rate in bytes per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rate(pub(crate) u64);

text!(Time, "time, `NUMBER(s|ms|us|ns)`", "10ms", parse_time);
text!(Percent, "part, `NUMBER%`", "25%", parse_percent);
text!(
    Rate,
    "rate, `NUMBER(kbit|mbit|bps|...)`",
    "1mbit",
    parse_rate
);

/// A number and the unit behind it.
fn parts(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit))
}

fn scaled(text: &str, what: &str, units: &[(&str, f64)], most: f64) -> Result<f64, Wrong> {
    let known: Vec<String> = units.iter().map(|(unit, _)| format!("`1{unit}`")).collect();
    let found = parts(text).and_then(|(number, unit)| {
        let (_, scale) = units.iter().find(|(known, _)| *known == unit)?;
        Some(number * scale)
    });
    match found {
        // Rounding may take 100 % a little beyond itself.
        Some(value) if value <= most + 0.5 => Ok(value.round().min(most)),
        Some(_) => Err(Wrong::new(format!(
            "{what} `{}` is too large",
            shorten(text)
        ))),
        None => {
            let wrong = Wrong::new(format!("`{}` is not a {what}", shorten(text)));
            Err(wrong.hint(known.join(", ")))
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number has no sign, and `scaled` keeps it in range"
)]
fn parse_time(text: &str) -> Result<Time, Wrong> {
    let units = [("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1.0)];
    scaled(text, "time", &units, 60e9).map(|v| Time(v as u64))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number has no sign, and `scaled` keeps it in range"
)]
fn parse_percent(text: &str) -> Result<Percent, Wrong> {
    let whole = f64::from(u32::MAX);
    scaled(text, "part", &[("%", whole / 100.0)], whole).map(|v| Percent(v as u32))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number has no sign, and `scaled` keeps it in range"
)]
fn parse_rate(text: &str) -> Result<Rate, Wrong> {
    let units = [
        ("bit", 0.125),
        ("kbit", 125.0),
        ("mbit", 125e3),
        ("gbit", 125e6),
        ("bps", 1.0),
        ("kbps", 1e3),
        ("mbps", 1e6),
    ];
    scaled(text, "rate", &units, f64::from(u32::MAX)).map(|v| Rate(v as u64))
}
