//! Owns what of a file asserts nothing of its own. It never says that a file is wrong: `--bless`
//! begins with one that expects nothing.

use super::{draft::Findings, steps::sends, variant};
use crate::spec::{
    Diagnostics, Document,
    diagnostic::{Problems, shorten},
    lint::Lint,
    schema::{
        change::ChangeSpec,
        file::FileSpec,
        steps::{ExpectSpec, StepSpec},
        traffic::{OutcomeSpec, TrafficSpec},
    },
    source::{Span, Spanned},
};

/// Steps that send something and expect nothing, variants of which that is all, and a file without steps.
pub fn unasserted(doc: &Document) -> Diagnostics {
    let mut problems = Problems::default();
    let spec = &doc.spec;
    let allowed = spec.allow.iter().flat_map(|a| a.value.iter());
    if !allowed.into_iter().any(|a| a.value == Lint::NoExpectation) {
        file(spec, &mut problems);
    }
    for problem in &mut problems.list {
        problem.warning = true;
    }
    Diagnostics::new(&doc.sources, problems.list)
}

fn file(spec: &FileSpec, problems: &mut Problems) {
    let mut warn = |span: Span, message: String, hint: &str| {
        problems.lint(Lint::NoExpectation, span, message).hint(hint);
    };
    let blessed = "`run --bless` writes what is seen";
    if steps(spec).next().is_none() {
        let span = spec.title.as_ref().map(|t| t.span).unwrap_or_default();
        let message = "the file has no step: it says only that its world can be built".to_owned();
        warn(span, message, "`[[steps]]`");
    }
    for step in steps(spec).filter(|s| sends(s) && !asserts(s)) {
        if let Some(name) = &step.name {
            let message = format!(
                "step `{}` expects nothing, so what it sends is held against nothing",
                shorten(name)
            );
            warn(name.span, message, blessed);
        }
    }
    for variant in spec.variants.iter().flat_map(|v| v.value.iter()) {
        let mut changed = spec.clone();
        // What is wrong with it is told when it is resolved.
        variant::amend(&mut changed, variant, &mut Findings::default());
        // Values that are set are not seen here; an expectation among them is one.
        let sets = |path: &str| path.split('.').any(|key| key == "expect");
        let set = variant.set.iter().flat_map(|s| s.value.0.iter());
        let holds = steps(&changed).any(asserts)
            || variant.fails.is_some()
            || set.into_iter().any(|(path, _)| sets(path));
        if let (Some(name), false) = (&variant.name, holds) {
            let message = format!(
                "variant `{}` expects nothing, so what it changes is held against nothing",
                shorten(name)
            );
            warn(name.span, message, "`fails`, `expect` or `steps`");
        }
    }
}

fn steps(spec: &FileSpec) -> impl Iterator<Item = &Spanned<StepSpec>> {
    spec.steps.iter().flat_map(|s| s.value.iter())
}

/// Whether something can make a step fail.
fn asserts(step: &Spanned<StepSpec>) -> bool {
    let says = |expect: &Option<Spanned<ExpectSpec>>| {
        expect
            .as_ref()
            .is_some_and(|e| e.value != nothing(&e.value))
    };
    let flows = || step.flows.iter().flat_map(|f| f.value.iter());
    let runs = |traffic: &TrafficSpec| traffic.exec.is_some();
    let refused = |change: &ChangeSpec| change.refused.is_some();
    says(&step.expect)
        || flows().any(|f| f.expect.is_some())
        // A command has its exit code to end with.
        || runs(&step.traffic)
        || flows().any(|f| runs(&f.traffic))
        // A trigger that nothing sets off is a failure, and so is a change that is not refused as stated.
        || step.on.is_some()
        || step.changes.iter().flat_map(|c| c.value.0.iter()).any(|c| refused(&c.value))
}

/// An empty table in the place of this one.
fn nothing(expect: &ExpectSpec) -> ExpectSpec {
    let outcome = OutcomeSpec {
        span: expect.outcome.span,
        ..OutcomeSpec::default()
    };
    ExpectSpec {
        span: expect.span,
        outcome,
        ..ExpectSpec::default()
    }
}
