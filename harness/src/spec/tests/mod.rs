//! Tests of the language as a whole: the seeds resolve, wrong files say what is wrong,
//! noise never panics.
#![expect(clippy::disallowed_methods, reason = "expected texts are files")]

mod documented;
mod noise;
mod sayable;
mod seeds;
mod unproduced;
mod wrong;

use super::{Document, Source, parse, resolve_all};

/// A source of the name that messages of tests have.
fn source(text: &str) -> Source {
    Source::new("x.toml", text)
}

/// A document of a text that has no problem.
#[track_caller]
fn document(text: &str) -> Document {
    parse(&source(text)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The seed topologies.
const SEEDS: [&str; 2] = [
    include_str!("../../../../topologies/seeds/gateway-pair.toml"),
    include_str!("../../../../topologies/seeds/gateway-pair-nat.toml"),
];

/// The problems of a text, one line each; empty where there are none.
fn problems_of(text: &str) -> String {
    let problems = match parse(&source(text)) {
        Ok(document) => resolve_all(&document, &[]).err(),
        Err(problems) => Some(problems),
    };
    problems.map(|p| p.short()).unwrap_or_default()
}
