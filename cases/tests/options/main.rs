//! Every option of `ip xfrm state`, `ip xfrm policy`, their commands, and the tunnel devices, as a test of its own:
//! what a file sets is what `ip` shows, and what a netlink dump gives back.
//!
//! A test passes when both hold. A capability that the kernel lacks is no pass: it fails unless `SKIPS` has it for
//! that kernel. `XFRMLAB_USERLAND=sid` takes the newest iproute2 that Debian has.
#![expect(
    clippy::disallowed_methods,
    reason = "the kernel is named by the environment"
)]

mod help;
mod others;
mod skips;
mod state_numbers;
mod states;
mod table;
mod world;

use std::{
    collections::BTreeSet,
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError},
};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use xfrmlab::{
    plan::Plan,
    session::{self, Inspected, Session, SessionOptions},
    spec,
};

use crate::table::{Of, Row};

/// The kernels and iproute2 that tests ran with.
static PLACES: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// What is asked in the node. `ip` ends its whole batch after a list of states, so each is a process of its own.
fn questions(of: Of) -> &'static str {
    match of {
        Of::State => "ip -V\nip -s xfrm state\n",
        Of::Policy => "ip -V\nip -s xfrm policy\n",
        Of::Step => "ip -V\nip -s xfrm state\nip -s xfrm policy\n",
        Of::Node => "ip -V\nip xfrm policy getdefault\nip -s -s xfrm policy count\n",
        Of::Device => "ip -V\nip -d link show dev dev0\n",
    }
}

fn main() -> ExitCode {
    xfrmlab::agent::dispatch();
    let arguments = Arguments::from_args();
    let word = std::env::var("XFRMLAB_KERNEL").unwrap_or_else(|_| "debian:6.12".to_owned());
    let kernel = match word.parse() {
        Ok(kernel) => Some(kernel),
        Err(error) => {
            eprintln!("XFRMLAB_KERNEL: {error}");
            return ExitCode::from(2);
        }
    };
    let session = Session::new(SessionOptions {
        kernel,
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    // A guest of its own: to ask for an offload loads `esp4_offload`, and from then on every ESP packet of that kernel
    // leaves without TFC padding (esp_xmit, net/ipv4/esp4_offload.c, v6.12) and comes in through GRO.
    let session = Arc::new(session.apart("offloads"));
    let mut trials: Vec<Trial> = states::ROWS
        .iter()
        .chain(state_numbers::ROWS)
        .chain(others::ROWS)
        .map(|row| {
            let session = Arc::clone(&session);
            let kind = match row.of {
                Of::State => "state",
                Of::Policy => "policy",
                Of::Device => "device",
                Of::Node => "spd",
                Of::Step => "command",
            };
            Trial::ignorable_test(format!("{kind}::{}", row.name), move || test(row, &session))
        })
        .collect();
    trials.push(Trial::test("help::every-word-is-in-the-table", move || {
        help::test(&session)
    }));
    let conclusion = libtest_mimic::run(&arguments, trials);
    for place in PLACES.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("ran on {place}");
    }
    conclusion.exit_code()
}

fn test(row: &Row, session: &Session) -> Result<Completion, Failed> {
    let text = world::file(row);
    let document = spec::parse(&spec::Source::new("row.toml", text.as_str()))
        .map_err(|problems| format!("{}\n{text}", problems.render(false)))?;
    let plan = spec::resolve(&document, None, &[])
        .map_err(|problems| format!("{}\n{text}", problems.render(false)))?;
    match session::inspect(session, &plan, questions(row.of)).map_err(|e| format!("{e}\n{text}"))? {
        Inspected::Lacks(missing) => {
            if missing.iter().all(|lack| skips::listed(lack)) {
                return Ok(Completion::ignored_with(missing.join(", ")));
            }
            Err(format!(
                "the kernel lacks {}, and no list of the suite allows that",
                missing.join(", ")
            )
            .into())
        }
        Inspected::Seen { release, seen } => {
            let words: Vec<&str> = seen.printed.split_whitespace().collect();
            let printed = words.join(" ");
            let tool = seen.printed.lines().next().unwrap_or_default();
            PLACES
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(format!("kernel {release}, {tool}"));
            let mut wrong = Vec::new();
            let silent = skips::silent(tool, row.shows);
            if !printed.contains(row.shows) && silent.is_none() {
                wrong.push(format!("`ip` does not show `{}`", row.shows));
            }
            if !row.hides.is_empty() && printed.contains(row.hides) {
                wrong.push(format!("`ip` shows `{}`", row.hides));
            }
            // Where steps change it, `ip` is the witness alone.
            if !matches!(row.of, Of::Step) {
                wrong.extend(dumped(&plan, &seen.installed));
            }
            if let (true, Some(word)) = (wrong.is_empty(), silent) {
                return Ok(Completion::ignored_with(format!(
                    "{tool} does not print `{word}`"
                )));
            }
            if wrong.is_empty() {
                return Ok(Completion::Completed);
            }
            Err(format!("{}\n{text}\n{}", wrong.join("\n"), seen.printed).into())
        }
    }
}

/// What of the plan's SAs and policies a netlink dump does not give back.
fn dumped(plan: &Plan, installed: &[xfrmlab::observe::Installed]) -> Vec<String> {
    let node = &plan.nodes[0];
    let Some(there) = installed.iter().find(|i| i.node == node.name) else {
        return vec![format!("no dump of node `{}`", node.name)];
    };
    let states = node.states.iter().flat_map(|s| there.lacks_of_state(s));
    let policies = node.policies.iter().flat_map(|p| there.lacks_of_policy(p));
    states
        .chain(policies)
        .map(|lack| format!("dump: {lack}"))
        .collect()
}
