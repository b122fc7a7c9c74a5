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
    plan::{Plan, Step},
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
    let (plan, observations) = passes(&world.title(), text);
    Ran {
        sizes,
        plan,
        observations,
    }
}

/// Runs the text of a topology file, which must pass.
#[track_caller]
pub(crate) fn passes(title: &str, text: String) -> (Plan, Observations) {
    let (source, plan) = planned(title, text);
    let run = session::run(session(), &plan);
    match (run.verdict.outcome, run.observations) {
        (Outcome::Pass, Some(observations)) => (plan, observations),
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

/// Runs the text of a topology file, which must fail: the names of the steps that did, in order.
#[track_caller]
pub(crate) fn failing_steps(title: &str, text: String) -> Vec<String> {
    let (_, plan) = planned(title, text);
    let run = session::run(session(), &plan);
    assert_eq!(run.verdict.outcome, Outcome::Fail, "{:?}", run.verdict);
    let failed = |step: &&Step| run.verdict.findings.iter().any(|f| f.step == step.name);
    let steps = plan.steps.iter().filter(failed);
    steps.map(|s| s.name.clone()).collect()
}

#[track_caller]
pub(crate) fn planned(title: &str, text: String) -> (Source, Plan) {
    let source = Source::new(title.to_owned(), text);
    let plan = spec::parse(&source)
        .and_then(|document| spec::resolve(&document, None, &[]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    (source, plan)
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
