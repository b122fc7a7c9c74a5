//! Inputs that nobody wrote: topology files changed at random are parsed, resolved and rendered, frames changed at
//! random are decoded and told in words. Nothing of it panics, and nothing takes long.
//!
//! Seeds are the topology files of the repository and the frames of the recorded run. Each target runs for
//! `XFRMLAB_FUZZ_SECONDS` (default 5) and prints how many inputs that were. What panics is written to a file, and
//! `XFRMLAB_FUZZ_SEED` makes the same inputs again.
#![expect(
    clippy::disallowed_methods,
    reason = "it reads files, a clock and its own environment"
)]

use std::{
    collections::BTreeSet,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fastrand::Rng;
use xfrmlab::{
    ops, report, spec,
    wire::{self, Detail, SaTable},
};

/// The longest that one input may take; a hundred times what the slowest seed takes in a debug build.
const SLOW: Duration = Duration::from_secs(5);

fn setting(name: &str, otherwise: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// Every topology file.
fn topologies() -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "toml") {
                texts.push(std::fs::read_to_string(path).expect("it is text"));
            }
        }
    }
    texts.sort();
    assert!(texts.len() > 10, "{} topology files", texts.len());
    texts
}

/// Every key of the language.
fn keys(table: &'static spec::TableMeta, seen: &mut BTreeSet<&'static str>, depth: u8) {
    fn inner(kind: &'static spec::Kind, seen: &mut BTreeSet<&'static str>, depth: u8) {
        match kind {
            spec::Kind::List(kind) | spec::Kind::Many(kind) | spec::Kind::Named(kind) => {
                inner(kind, seen, depth);
            }
            spec::Kind::Either(kinds) => kinds.iter().for_each(|kind| inner(kind, seen, depth)),
            spec::Kind::Table(table) | spec::Kind::Patch(table) => keys(table, seen, depth),
            spec::Kind::Word { words, .. } => seen.extend(*words),
            _ => {}
        }
    }
    for field in table.all_fields() {
        seen.insert(field.key);
        seen.insert(field.example);
        if depth > 0 {
            inner(&field.kind, seen, depth - 1);
        }
    }
}

/// Runs `one` on inputs that `make` makes until the time is over, and gives how many.
fn fuzz(target: &str, mut make: impl FnMut(&mut Rng) -> Vec<u8>, one: impl Fn(&[u8])) -> u64 {
    let seed = setting("XFRMLAB_FUZZ_SEED", fastrand::u64(..));
    let budget = Duration::from_secs(setting("XFRMLAB_FUZZ_SECONDS", 5));
    let mut rng = Rng::with_seed(seed);
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < budget {
        let input = make(&mut rng);
        let began = Instant::now();
        let fine = catch_unwind(AssertUnwindSafe(|| one(&input))).is_ok();
        let took = began.elapsed();
        if !fine || took > SLOW {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let file: PathBuf = folder.join(format!("fuzz-{target}-{seed}-{count}"));
            std::fs::write(&file, &input).expect("it can be written");
            panic!(
                "{target}: input {count} of seed {seed} {} ({})",
                if fine { "took too long" } else { "panicked" },
                file.display()
            );
        }
        count += 1;
    }
    // Past libtest, which keeps what passing tests print.
    drop(writeln!(
        std::io::stderr(),
        "{target}: {count} inputs of seed {seed} in {budget:?}"
    ));
    count
}

/// A text with some of its parts changed: pieces of other texts, keys, numbers at the edge, cuts.
fn changed_text(rng: &mut Rng, texts: &[String], words: &[&str]) -> Vec<u8> {
    const EDGES: [&str; 16] = [
        "0",
        "-1",
        "255",
        "65536",
        "4294967296",
        "9223372036854775808",
        "0xffffffff",
        "1e999",
        "nan",
        "true",
        "\"\"",
        "[]",
        "{}",
        "\"::/0\"",
        "\"0.0.0.0/0\"",
        "\"\u{202e}\u{0}é\"",
    ];
    let mut text = rng.choice(texts).cloned().unwrap_or_default().into_bytes();
    for _ in 0..rng.usize(1..=6) {
        let length = text.len();
        let from = rng.usize(..=length);
        let to = (from + rng.usize(..=40)).min(length);
        match rng.u8(..8) {
            0 => drop(text.drain(from..to)),
            1 => {
                let again = text[from..to].to_vec();
                text.splice(from..from, again);
            }
            2 => {
                let other = rng.choice(texts).map_or("", String::as_str);
                let lines: Vec<&str> = other.lines().collect();
                if let Some(line) = rng.choice(&lines) {
                    let start = text[..from]
                        .iter()
                        .rposition(|b| *b == b'\n')
                        .map_or(0, |n| n + 1);
                    text.splice(start..start, format!("{line}\n").into_bytes());
                }
            }
            3 => {
                let edge = rng.choice(EDGES).unwrap_or_default();
                let after = text[from..]
                    .iter()
                    .position(|b| *b == b'=')
                    .map(|n| from + n + 1);
                if let Some(start) = after {
                    let end = text[start..].iter().position(|b| b",}\n".contains(b));
                    let end = end.map_or(text.len(), |n| start + n);
                    text.splice(start..end, edge.bytes());
                }
            }
            4 => drop(text.splice(from..from, rng.choice(words).map_or("", |w| w).bytes())),
            5 => {
                if let Some(byte) = text.get_mut(from) {
                    *byte = rng.u8(..);
                }
            }
            6 => {
                let pieces = [
                    "\"",
                    "[",
                    "]",
                    "{",
                    "}",
                    "=",
                    "\n",
                    "'''",
                    "[[steps]]\n",
                    "#",
                    "\\u",
                ];
                drop(text.splice(from..to, rng.choice(pieces).unwrap_or_default().bytes()));
            }
            _ => text.truncate(length.max(1) - rng.usize(..length.clamp(1, 200))),
        }
    }
    text
}

/// Everything that a file can cause without a kernel.
fn read(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let name = "fuzz.toml".to_owned();
    let problems = match spec::parse(&spec::Source::new(name, text)) {
        Err(problems) => problems,
        Ok(document) => {
            let names = spec::variants(&document);
            let variant = names.get(bytes.len() % (names.len() + 1)).copied();
            match spec::resolve(&document, variant, &[]) {
                Err(problems) => problems,
                Ok(plan) => {
                    assert!(ops::export(&plan).starts_with("#!/bin/sh"));
                    return;
                }
            }
        }
    };
    assert!(!problems.is_empty() && !problems.render(false).is_empty());
}

#[test]
fn no_text_makes_the_parser_or_the_resolver_panic() {
    let texts = topologies();
    let mut words = BTreeSet::new();
    keys(spec::root(), &mut words, 8);
    let words: Vec<&str> = words.into_iter().collect();
    assert!(words.len() > 200, "{} words", words.len());
    let count = fuzz("text", |rng| changed_text(rng, &texts, &words), read);
    assert!(count > 10, "{count} inputs are no fuzzing");
}

#[test]
fn a_panic_is_found_and_its_input_is_kept() {
    let make = |rng: &mut Rng| vec![rng.u8(..)];
    let found = catch_unwind(|| fuzz("planted", make, |input| assert_ne!(input, [7])));
    let said = found.expect_err("one in 256 inputs panics");
    let said = said.downcast_ref::<String>().expect("a message");
    let file = said.split(['(', ')']).nth(1).expect("a path");
    assert_eq!(std::fs::read(file).expect("it is kept"), [7], "{said}");
    std::fs::remove_file(file).expect("it can be removed");
}

/// A frame with some of its bytes changed, cut, repeated, or with another's inside.
fn changed_frame(rng: &mut Rng, frames: &[Vec<u8>]) -> Vec<u8> {
    let mut frame = rng.choice(frames).cloned().unwrap_or_default();
    for _ in 0..rng.usize(..=5) {
        let length = frame.len();
        let from = rng.usize(..=length);
        let to = (from + rng.usize(..=60)).min(length);
        match rng.u8(..7) {
            0 => {
                if let Some(byte) = frame.get_mut(from) {
                    *byte ^= 1 << rng.u8(..8);
                }
            }
            1 => {
                if let Some(byte) = frame.get_mut(from) {
                    *byte = rng
                        .choice([0, 1, 4, 41, 50, 51, 58, 0x7f, 0xff])
                        .unwrap_or(0);
                }
            }
            2 => frame.truncate(from),
            3 => drop(frame.drain(from..to)),
            4 => {
                let again = frame[from..to].to_vec();
                frame.splice(from..from, again);
            }
            5 => {
                let other = rng.choice(frames).cloned().unwrap_or_default();
                frame.truncate(from);
                frame.extend(other.iter().skip(14));
            }
            _ => frame.extend((0..rng.usize(..40)).map(|_| rng.u8(..)).collect::<Vec<_>>()),
        }
    }
    frame
}

#[test]
fn no_frame_makes_the_decoder_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/gateway-pair");
    let recorded = report::read_folder(&folder).unwrap_or_else(|e| panic!("{e}"));
    let frames: Vec<Vec<u8>> = recorded
        .observations
        .frames
        .iter()
        .map(|frame| frame.bytes.clone())
        .collect();
    assert!(frames.len() > 10, "{} frames", frames.len());
    let sas = SaTable::from_plan(&recorded.plan);
    let decode = |bytes: &[u8]| {
        let frame = wire::decode_frame(bytes, &sas);
        let text = wire::line(&frame.packet, Detail::Full);
        assert!(!text.is_empty(), "a packet has a word");
        // The same bytes as a packet without a link header.
        wire::decode_packet(bytes, &sas);
    };
    let count = fuzz("frame", |rng| changed_frame(rng, &frames), decode);
    assert!(count > 1000, "{count} inputs are no fuzzing");
}
