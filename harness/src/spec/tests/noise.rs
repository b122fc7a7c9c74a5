//! Noise: mutations of the seeds and plain rubbish are parsed and resolved without a
//! panic. The mutations are the same in every run.

use super::{SEEDS, problems_of, source};
use crate::spec::{parse, resolve, variants};

/// A linear congruential generator (Knuth, MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides.max(1)
    }
}

/// Does everything that a file can cause, rendering included. Of the variants one is resolved,
/// another one for each `turn`: all of them each time would take all the time there is.
fn digest(text: &str, turn: usize) {
    let problems = match parse(&source(text)) {
        Ok(document) => {
            let names = variants(&document);
            let name = names.get(turn % (names.len() + 1)).copied();
            resolve(&document, name, &[]).err()
        }
        Err(problems) => Some(problems),
    };
    if let Some(problems) = problems {
        assert!(!problems.is_empty());
        assert!(!problems.render(false).is_empty());
        assert!(!problems.short().is_empty());
    }
}

/// Floor of a byte offset to a character boundary.
fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[test]
fn mutated_seeds_never_panic() {
    const PIECES: [&str; 16] = [
        "\"",
        "[",
        "]",
        "{",
        "}",
        "=",
        "\n",
        "'''",
        "\"\"\"",
        ".",
        "\\",
        "0x",
        "\u{1f511}",
        ">",
        ",",
        "-1",
    ];
    let mut dice = Dice(1);
    for round in 0..2000 {
        let mut text = SEEDS[round % 2].to_owned();
        for _ in 0..=dice.roll(4) {
            let at = boundary(&text, dice.roll(text.len() + 1));
            let end = boundary(&text, (at + dice.roll(12)).min(text.len()));
            match dice.roll(4) {
                0 => text.replace_range(at..end, ""),
                1 => text.insert_str(at, PIECES[dice.roll(PIECES.len())]),
                2 => text.replace_range(at..end, PIECES[dice.roll(PIECES.len())]),
                _ => {
                    let from = boundary(&text, dice.roll(text.len() + 1));
                    let to = boundary(&text, (from + dice.roll(80)).min(text.len()));
                    let piece = text[from..to].to_owned();
                    text.insert_str(at, &piece);
                }
            }
        }
        digest(&text, round / 2);
    }
}

#[test]
fn rubbish_never_panics() {
    let mut dice = Dice(2);
    for _ in 0..300 {
        let text: String = (0..dice.roll(200))
            .filter_map(|_| char::from_u32(dice.roll(0x300) as u32))
            .collect();
        digest(&text, 0);
    }
    digest(&"[".repeat(10_000), 0);
    digest(&format!("a = {}", "[".repeat(10_000)), 0);
    digest(&format!("a = {}1{}", "[".repeat(60), "]".repeat(60)), 0);
    digest(&format!("{} = 1", vec!["a"; 5_000].join(".")), 0);
    // As large as a file may be, and as costly as a line can be made.
    digest(&"x = 1\n".repeat(170_000), 0);
    digest(
        &(0..60_000)
            .map(|n| format!("x{n} = {n}"))
            .collect::<Vec<_>>()
            .join("\n"),
        0,
    );
    digest(&"[[variants]]\nname = 'v'\n".repeat(40_000), 0);
    digest(&"[[links]]\nends = [\"a:b\", \"c:d\"]\n".repeat(30_000), 0);
}

#[test]
fn more_than_a_lab_has_is_refused() {
    let nodes: Vec<String> = (0..257).map(|n| format!("[nodes.n{n}]")).collect();
    let nodes = nodes.join("\n");
    let seen = super::problems_of(&format!("title = 'x'\n{nodes}"));
    assert_eq!(
        seen,
        "x.toml:2:2: 257 nodes are more than a file may have (256)\n"
    );
}

#[test]
fn a_text_beyond_the_limit_is_not_looked_at() {
    let text = " ".repeat(crate::spec::MAX_BYTES as usize + 1);
    assert_eq!(
        problems_of(&text),
        "x.toml:1:1: larger than a topology file may be (1048576 bytes)\n"
    );
}
