//! Owns the running of a world: on the kernel that the session chooses, to observations whose verdict
//! is a pass. Whatever else comes of it fails the case with the report.

#![expect(
    clippy::disallowed_methods,
    reason = "the environment may name the kernel"
)]

use std::sync::OnceLock;

use xfrmlab::{
    judge::Outcome,
    observe::Observations,
    plan::Plan,
    report::{self, Style},
    session::{self, Session, SessionOptions},
    spec::{self, Source},
};

use crate::world::World;

/// A world that ran, and passed.
pub(crate) struct Ran {
    pub(crate) sizes: Vec<u16>,
    pub(crate) plan: Plan,
    pub(crate) observations: Observations,
}

/// Sends one echo of each size through a world.
#[track_caller]
pub(crate) fn run(world: &World, sizes: Vec<u16>) -> Ran {
    println!("seed {}, sizes {sizes:?}", crate::sizes::chosen());
    run_text(world, world.text(&sizes), sizes)
}

/// Runs a world with steps that are not those of [`World::text`].
#[track_caller]
pub(crate) fn run_text(world: &World, text: String, sizes: Vec<u16>) -> Ran {
    let source = Source::new(world.title(), text);
    let plan = spec::parse(&source)
        .and_then(|document| spec::resolve(&document, None, &[]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let run = session::run(session(), &plan);
    match (run.verdict.outcome, run.observations) {
        (Outcome::Pass, Some(observations)) => Ran {
            sizes,
            plan,
            observations,
        },
        (_, Some(seen)) => panic!(
            "{}\n{}",
            source.text,
            report::render(&plan, &seen, &run.verdict, Style::default())
        ),
        (_, None) => panic!(
            "{}\n{}",
            run.place,
            report::verdict_lines(&plan, &run.verdict, Style::default()).join("\n")
        ),
    }
}

/// One session for the executable, one guest for all executables of a `cargo test`.
fn session() -> &'static Session {
    static SESSION: OnceLock<Session> = OnceLock::new();
    SESSION.get_or_init(|| {
        let kernel = std::env::var("XFRMLAB_KERNEL")
            .ok()
            .map(|word| word.parse().expect("XFRMLAB_KERNEL names a kernel"));
        Session::new(SessionOptions {
            kernel,
            rootless: false,
            shared: true,
            ..SessionOptions::default()
        })
    })
}
