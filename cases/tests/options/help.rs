//! Owns the test that the table of options lacks none: each word in the help of the guest's own `ip` is in a row.

use std::collections::BTreeSet;

use libtest_mimic::Failed;
use xfrmlab::{
    plan::{Node, Plan},
    session::{self, Inspected, Session},
    spec::IP_OPTIONS,
};

const SCRIPT: &str = "ip xfrm state help\nip xfrm policy help\nip link help vti\nip link help vti6\nip link help xfrm\n";
/// Words of the help that are no options: of its own prose, and of `[i|o]key`.
const PROSE: [&str; 5] = ["ip", "xfrm", "state", "i", "o"];

pub(crate) fn test(session: &Session) -> Result<(), Failed> {
    let plan = Plan {
        nodes: vec![Node {
            name: "a".to_owned(),
            ..Node::default()
        }],
        ..Plan::default()
    };
    let Inspected::Seen { seen, .. } = session::inspect(session, &plan, SCRIPT)? else {
        return Err("a world of one node needs nothing".into());
    };
    let known: BTreeSet<&str> = IP_OPTIONS
        .iter()
        .flat_map(|row| words(row.words).chain(words(row.command)))
        .collect();
    let asked: BTreeSet<&str> = words(&seen.printed)
        .filter(|word| !PROSE.contains(word))
        .collect();
    if asked.len() < 80 {
        return Err(format!("this is no help: {}", seen.printed).into());
    }
    let missing: Vec<&str> = asked.difference(&known).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("no row of the table has {}", missing.join(", ")).into())
}

/// The words in lower case: what is typed as it stands.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "{}[]|(),:".contains(c))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_lowercase()))
}
