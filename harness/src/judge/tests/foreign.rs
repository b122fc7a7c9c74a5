//! SAs that the file does not know: their keys come with the observations.

use super::fixture::{back, good, plan, there};
use crate::judge::{Outcome, judge};
use crate::observe::ForeignSa;

#[test]
fn frames_open_with_an_sa_that_something_else_installed() {
    let mut plan = plan();
    for node in &mut plan.nodes {
        node.states.clear();
    }
    let mut obs = good();
    assert_eq!(judge(&plan, &obs).outcome, Outcome::Fail);
    let foreign = |state| ForeignSa {
        node: "r1".into(),
        state,
    };
    obs.foreign = vec![foreign(there()), foreign(back())];
    let verdict = judge(&plan, &obs);
    assert_eq!(verdict.outcome, Outcome::Pass, "{:#?}", verdict.findings);
    if let Some(aead) = &mut obs.foreign[0].state.algorithms.aead {
        aead.key[0] ^= 1;
    }
    assert_eq!(judge(&plan, &obs).outcome, Outcome::Fail);
}
