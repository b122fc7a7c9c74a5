//! The conntrack state of a hook: it belongs to the pass in which conntrack told it.

use super::fixture::{self, block};
use crate::judge::passes::{Hook, LAB_TABLE, Pass, PassEnd, passes};
use crate::judge::pattern::{BlockKind, check_block};
use crate::observe::{Observations, Trace, TraceKind, Verdict};

/// The first pass of r1, through prerouting, as node that tracks: the entry, what conntrack says, and the exit.
fn tracked() -> (Observations, usize) {
    let mut obs = fixture::good();
    let mut traces = obs.traces.iter();
    let entry = traces
        .position(|t| t.node == "r1" && t.chain == "prerouting_in")
        .unwrap();
    let event = |kind, verdict| Trace {
        chain: "prerouting_ct".into(),
        family: "ip".into(),
        table: LAB_TABLE.into(),
        kind,
        verdict,
        ..obs.traces[entry].clone()
    };
    let told = event(TraceKind::Rule, Verdict::Goto("new".into()));
    let policy = event(TraceKind::Policy, Verdict::Accept);
    obs.traces.splice(entry + 1..=entry, [told, policy]);
    (obs, entry)
}

fn first(obs: &Observations) -> Pass {
    passes(obs).into_iter().find(|p| p.node == "r1").unwrap()
}

#[test]
fn a_state_is_of_the_pass_in_which_it_was_told() {
    let (obs, _) = tracked();
    let all = passes(&obs);
    let with: Vec<_> = all.iter().filter(|p| p.ct.is_some()).collect();
    let [pass] = with.as_slice() else {
        panic!("{with:?}")
    };
    assert_eq!(
        (pass.hook, pass.ct.as_deref()),
        (Hook::Prerouting, Some("new"))
    );
    assert_eq!(pass.end, PassEnd::Left);
    assert_eq!(all.len(), passes(&fixture::good()).len());
}

#[test]
fn a_packet_put_together_ahead_of_conntrack_enters_where_conntrack_saw_it() {
    let (mut obs, entry) = tracked();
    obs.traces.remove(entry);
    let pass = first(&obs);
    assert_eq!((pass.index, pass.ct.as_deref()), (entry, Some("new")));
    assert_eq!(pass.end, PassEnd::Left);
}

#[test]
fn a_packet_dropped_behind_conntrack_has_its_state() {
    let (mut obs, entry) = tracked();
    let own = Trace {
        table: "filter".into(),
        chain: "c".into(),
        verdict: Verdict::Drop,
        ..obs.traces[entry].clone()
    };
    obs.traces[entry + 3] = own;
    let pass = first(&obs);
    assert_eq!(pass.ct.as_deref(), Some("new"));
    assert!(matches!(pass.end, PassEnd::Dropped(_)), "{:?}", pass.end);
}

#[test]
fn a_state_on_one_line_asks_for_states_on_all_hooks() {
    let uneven = block("prerouting in eth0 ct new\nencode a>b\nforward in eth0");
    let problems = check_block(BlockKind::Node, &uneven);
    let [(line, problem)] = problems.as_slice() else {
        panic!("{problems:?}")
    };
    assert_eq!(*line, uneven.lines[2].line);
    assert!(problem.to_string().contains("ct state"), "{problem}");
}
