//! What conntrack holds of a packet in a hook: it belongs to the pass in which conntrack told it, and where nobody
//! asked conntrack no line that speaks of it holds.

use super::fixture::{self, block};
use crate::judge::finding::FindingKind;
use crate::judge::passes::{Hook, LAB_TABLE, Pass, PassEnd, passes};
use crate::judge::pattern::{BlockKind, check_block};
use crate::judge::tracked::Tracked;
use crate::observe::{Observations, Trace, TraceKind, Tracking, Verdict};

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
    obs.tracking = vec![Tracking {
        node: "r1".into(),
        hooks: vec![2],
    }];
    (obs, entry)
}

/// The same, with events that tell bits of the connection's mark.
fn marked(bits: &[(&str, u32)]) -> Observations {
    let (mut obs, entry) = tracked();
    for (side, bit) in bits.iter().rev() {
        let mut event = obs.traces[entry + 1].clone();
        event.chain = format!("prerouting_{side}");
        event.verdict = Verdict::Jump(format!("mark{bit}"));
        let at = if *side == "ct" { entry + 1 } else { entry + 3 };
        obs.traces.insert(at, event);
    }
    obs
}

fn state(pass: &Pass) -> Option<&str> {
    pass.ct.as_ref()?.state.as_deref()
}

fn mark(pass: &Pass) -> Option<String> {
    pass.ct.as_ref()?.mark(pass.end == PassEnd::Left)
}

fn first(obs: &Observations) -> Pass {
    passes(obs).into_iter().find(|p| p.node == "r1").unwrap()
}

#[test]
fn a_state_is_of_the_pass_in_which_it_was_told() {
    let (obs, _) = tracked();
    let all = passes(&obs);
    let with: Vec<_> = all.iter().filter(|p| state(p).is_some()).collect();
    let [pass] = with.as_slice() else {
        panic!("{with:?}")
    };
    assert_eq!((pass.hook, state(pass)), (Hook::Prerouting, Some("new")));
    assert_eq!(pass.end, PassEnd::Left);
    assert_eq!(all.len(), passes(&fixture::good()).len());
}

#[test]
fn a_packet_put_together_ahead_of_conntrack_enters_where_conntrack_saw_it() {
    let (mut obs, entry) = tracked();
    obs.traces.remove(entry);
    let pass = first(&obs);
    assert_eq!((pass.index, state(&pass)), (entry, Some("new")));
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
    assert_eq!(state(&pass), Some("new"));
    assert!(matches!(pass.end, PassEnd::Dropped(_)), "{:?}", pass.end);
}

#[test]
fn a_state_on_one_line_asks_for_states_on_all_hooks() {
    let uneven = ["prerouting in eth0 ct new", "encode a>b", "forward in eth0"];
    let (_, problems) = check_block(BlockKind::Node, uneven.into_iter());
    let [(line, problem)] = problems.as_slice() else {
        panic!("{problems:?}")
    };
    assert_eq!(*line, 2);
    assert!(problem.to_string().contains("ct state"), "{problem}");
}

#[test]
fn a_connection_mark_is_the_sum_of_its_bits_at_both_ends_of_the_hook() {
    for (bits, expected) in [
        (vec![], "0x0"),
        (
            vec![("ct", 0), ("ct", 31), ("end", 0), ("end", 31)],
            "0x80000001",
        ),
        (vec![("end", 0), ("end", 1), ("end", 2)], "0x0=>0x7"),
        (vec![("ct", 4)], "0x10=>0x0"),
    ] {
        let pass = first(&marked(&bits));
        assert_eq!(mark(&pass).as_deref(), Some(expected), "{bits:?}");
        assert_eq!(state(&pass), Some("new"), "{bits:?}");
    }
}

#[test]
fn what_belongs_to_no_connection_or_did_not_leave_has_no_mark_at_the_end() {
    let mut tracked = Tracked::default();
    tracked.enter(&Verdict::Jump("mark3".into()));
    assert_eq!(tracked.mark(true), None);
    tracked.enter(&Verdict::Goto("untracked".into()));
    assert_eq!(tracked.mark(true), None);
    tracked.enter(&Verdict::Goto("new".into()));
    tracked.end(&Verdict::Jump("mark4".into()));
    assert_eq!(tracked.mark(false).as_deref(), Some("0x8"));
    assert_eq!(tracked.mark(true).as_deref(), Some("0x8=>0x10"));
    // No chain of the lab is called so.
    tracked.enter(&Verdict::Jump("mark32".into()));
    assert_eq!(tracked.mark(false).as_deref(), Some("0x8"));
}

/// How that block and what was seen at the node differ.
fn diff(obs: &Observations, node: &str, text: &str) -> Vec<String> {
    let mut plan = fixture::plan();
    plan.steps[0].expect.nodes = vec![(node.into(), block(text))];
    let verdict = crate::judge::judge(&plan, obs);
    let lines = verdict.findings.iter().flat_map(|f| &f.diff);
    lines.map(|l| l.text.clone()).collect()
}

#[test]
fn where_conntrack_was_not_asked_no_line_about_it_holds() {
    let (asked, _) = tracked();
    let here = "prerouting in eth0 icmp echo-request";
    for (word, held) in [
        ("ct new", true),
        ("ct none", false),
        ("ct *", true),
        ("ct-mark 0x0", true),
        ("ct-mark 0x1", false),
        ("ct-mark none", false),
    ] {
        let diff = diff(&asked, "r1", &format!("{here} {word}\n..."));
        assert_eq!(diff.is_empty(), held, "{word}: {diff:?}");
    }
    let good = fixture::good();
    for word in ["ct none", "ct new", "ct *", "ct-mark none", "ct-mark 0x0"] {
        let (field, value) = word.split_once(' ').unwrap();
        let note = format!("{field}: expected {value}, seen not watched");
        for (obs, node) in [(&asked, "rt"), (&good, "r1")] {
            let diff = diff(obs, node, &format!("prerouting in eth0 {word}"));
            assert!(diff.contains(&note), "{word} at {node}: {diff:#?}");
        }
    }
}

#[test]
fn connections_that_nobody_listed_are_not_none() {
    let mut plan = fixture::plan();
    plan.steps[0].expect.connections = vec![("r1".into(), block(""))];
    let verdict = crate::judge::judge(&plan, &fixture::good());
    let found = verdict
        .findings
        .iter()
        .find(|f| f.kind == FindingKind::Conntrack);
    assert!(
        found.unwrap().what.contains("were not watched"),
        "{found:?}"
    );
    let (asked, _) = tracked();
    let verdict = crate::judge::judge(&plan, &asked);
    assert!(
        verdict
            .findings
            .iter()
            .all(|f| f.kind != FindingKind::Conntrack)
    );
}

#[test]
fn what_stands_behind_a_packet_stands_in_any_order() {
    let parse = |text: &str| crate::judge::Pattern::parse(text).unwrap();
    let first = parse(
        "forward in eth0 icmp echo-request A > B mark 0x1 ct new ct-mark 0x0=>0x7 => C > D -> drop",
    );
    let other = parse(
        "forward in eth0 icmp echo-request A > B => C > D ct-mark 0x0=>0x7 mark 0x1 ct new -> drop",
    );
    assert_eq!(first, other);
    let wrong = crate::judge::Pattern::parse("forward icmp ct-mark new").unwrap_err();
    assert!(wrong.to_string().contains("`new` is not a mark"), "{wrong}");
}
