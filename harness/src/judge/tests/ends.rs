//! Where a packet was seen last is a cause only if it was lost.

use super::fixture::{Recorder, good, plan, request};
use crate::judge::{Outcome, judge};
use crate::plan::{CounterExpect, CounterRule};

/// A name that the kernel does not count under is no counter that stayed where it was.
#[test]
fn a_misspelt_counter_does_not_pass_for_an_unmoved_one() {
    let mut plan = plan();
    plan.steps[0].expect.counters = vec![CounterExpect {
        node: "r2".to_owned(),
        rule: CounterRule::Deltas(vec![("XfrmInNoPol".to_owned(), 0)]),
        line: 0,
    }];
    let verdict = judge(&plan, &good());
    assert_eq!(verdict.outcome, Outcome::Fail);
    let first = verdict.findings[0].first.as_deref();
    assert_eq!(first, Some("XfrmInNoPol +0: no such counter"));
}

/// All came, and the file expects otherwise: then nothing ended anywhere.
#[test]
fn an_answered_request_did_not_end() {
    let mut plan = plan();
    plan.steps[0].expect.outcome.reply = Some(false);
    let verdict = judge(&plan, &good());
    assert_eq!(verdict.outcome, Outcome::Fail);
    assert_eq!(verdict.causes, []);
}

/// What the file says must move is no cause of anything else, but it tells more than where a lost packet was last.
#[test]
fn a_stated_counter_tells_why_a_packet_was_lost() {
    let mut plan = plan();
    plan.steps[0].expect.counters = vec![CounterExpect {
        node: "r2".to_owned(),
        rule: CounterRule::Deltas(vec![("XfrmInNoStates".to_owned(), 1)]),
        line: 0,
    }];
    let mut r = Recorder::new();
    r.encode(&request(), 1);
    r.transit(&request(), 1);
    r.arrive(&request(), 1);
    let causes = judge(&plan, &r.finish(&[("r2", "XfrmInNoStates", 1)], false)).causes;
    let names: Vec<_> = causes.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["no-state"]);
}
