//! Owns `xfrmlab run`: every test of every file, several at once, told in the order of the files.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use xfrmlab::{
    judge::Outcome,
    report,
    session::{self, Session, SessionOptions},
};

use super::{
    args::{Place, Run},
    ended::{Ended, summary, tell},
    exit::Exit,
    pool, print,
    test::{Test, tests},
};

pub(super) fn session(place: &Place, allow_exec: bool) -> Session {
    Session::new(SessionOptions {
        kernel: place.kernel.clone(),
        rootless: place.rootless,
        shared: false,
        allow_exec,
    })
}

/// Runs the files.
pub(super) fn run(arguments: &Run) -> Exit {
    let Some(tests) = tests(arguments) else {
        return Exit::Usage;
    };
    if arguments.keep
        && let Err(wrong) = super::shell::keepable(&tests)
    {
        print::error(&wrong);
        return Exit::Usage;
    }
    if let Err(wrong) = super::places::check(&arguments.out, arguments.junit.as_deref()) {
        print::error(&wrong);
        return Exit::Usage;
    }
    let session = session(&arguments.place, arguments.permissions.allow_exec);
    if let (true, [test]) = (arguments.keep, tests.as_slice()) {
        return super::shell::keep(&session, test, &arguments.out);
    }
    let jobs = arguments
        .jobs
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(2, |n| n.get() * 2));
    if let Some(rounds) = arguments.repeat {
        return super::repeat::run(&tests, &session, jobs, rounds.get(), &arguments.out);
    }
    let told = Mutex::new((BTreeMap::new(), Vec::new()));
    pool::each(tests.len(), jobs, |index| {
        let end = one(&tests[index], &session, arguments);
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        let (waiting, ended) = &mut *told;
        waiting.insert(index, end);
        while let Some(mut end) = waiting.remove(&ended.len()) {
            let test = &tests[ended.len()];
            // Where the lab broke, or its folder, there is nothing to go by.
            let sound = end.outcome != Outcome::Error;
            if let (true, Some(observations)) = (sound, end.observations.take()) {
                end.outcome = super::bless::bless(test, &observations, arguments);
            } else {
                tell(test, &end, tests.len(), arguments);
            }
            ended.push(end);
        }
    });
    let (_, ended) = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    summary(&tests, &ended, arguments)
}

fn one(test: &Test, session: &Session, arguments: &Run) -> Ended {
    let started = std::time::Instant::now();
    let folder = arguments.out.join(&test.folder);
    let run = match report::clear_folder(&folder) {
        Ok(()) => session::run_keeping(session, &test.plan, &mut |window| {
            report::write_window(&folder, window).map_err(|e| e.to_string())
        }),
        Err(error) => return Ended::broken(&error.to_string()),
    };
    let seconds = started.elapsed().as_secs_f64();
    let style = print::style();
    let mut report = match &run.observations {
        Some(observations) => report::render(&test.plan, observations, &run.verdict, style),
        None => {
            let mut lines = vec![format!("kernel: {}", run.place)];
            lines.extend(report::verdict_lines(&test.plan, &run.verdict, style));
            lines.join("\n") + "\n"
        }
    };
    let mut outcome = run.verdict.outcome;
    let mut written = None;
    if let Some(observations) = &run.observations {
        match test.record(&folder, observations, &run.verdict) {
            Ok(()) => {
                report.push_str(&format!("run folder: {}\n", folder.display()));
                written = Some(folder.clone());
            }
            Err(error) => {
                report.push_str(&format!("error: {error}\n"));
                outcome = Outcome::Error;
            }
        }
    }
    report.push_str(&format!("again: {}\n", test.again));
    let verdict = serde_json::to_value(&run.verdict).unwrap_or_default();
    Ended {
        report,
        outcome,
        bad_input: run.bad_input,
        verdict,
        kernel: run.observations.as_ref().map(|o| o.kernel.release.clone()),
        place: run.place.clone(),
        folder: written,
        seconds,
        observations: run.observations.filter(|_| arguments.blessing.bless),
    }
}
