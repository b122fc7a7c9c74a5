//! Owns `xfrmlab run --bless`: files are read, blessed and written back one after the other.

use xfrmlab::{
    bless::{self, Request},
    judge::Outcome,
    observe::Observations,
    report, spec,
};

use super::{args::Run, print, test::Test};

/// Writes what a test saw into its file, and says what was written and what is still not as stated.
pub(super) fn bless(test: &Test, observations: &Observations, arguments: &Run) -> Outcome {
    let source = match spec::read_source(&test.file) {
        Ok(source) => source,
        Err(error) => {
            print::error(&error.to_string());
            return Outcome::Error;
        }
    };
    let request = Request {
        variant: test.variant.as_deref(),
        step: arguments.blessing.step.as_deref(),
    };
    let blessed = match bless::bless(&source, request, observations) {
        Ok(blessed) => blessed,
        Err(error) => {
            print::error(&format!("cannot bless {}: {error}", test.name));
            return Outcome::Error;
        }
    };
    if blessed.text != source.text
        && let Err(error) = std::fs::write(&test.file, &blessed.text)
    {
        print::error(&format!("cannot write `{}`: {error}", test.file.display()));
        return Outcome::Error;
    }
    anstream::println!("blessed  {}", test.name);
    for key in &blessed.written {
        anstream::println!("  wrote {key}");
    }
    if blessed.verdict.outcome != Outcome::Pass {
        anstream::println!("still not as stated:");
        for line in report::verdict_lines(&test.plan, &blessed.verdict, print::style()) {
            anstream::println!("{line}");
        }
    }
    blessed.verdict.outcome
}
