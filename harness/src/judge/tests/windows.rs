//! Windows of a recorded flow, judged one after the other.

use super::fixture::{self, H1, H2, Recorder, good, plan};
use super::packets::{echo, ethernet};
use crate::judge::finding::FindingKind;
use crate::judge::{Outcome, Verdict, Windows};
use crate::observe::{Direction, LogLine, Observations, StepRecord, Taint, Window, WindowSums};
use crate::plan::Plan;

/// Windows of one echo each; of the last the ICMP sequence number is 1 again, as that of packet 65,537 is.
fn windows() -> Vec<Window> {
    let window = |(number, packet)| {
        let mut observations = good();
        observations.steps[0].flows[0].packets[0].seq = packet;
        Window {
            step: 0,
            number,
            observations,
        }
    };
    [(1, 1), (2, 1), (3, 65_537)].map(window).to_vec()
}

fn in_windows(count: u16) -> Plan {
    let mut plan = plan();
    plan.steps[0].windows = Some(count);
    plan.steps[0].each = true;
    plan
}

/// What a run with these windows has beside them.
fn whole(windows: &[Window]) -> Observations {
    let mut sums = WindowSums::default();
    for window in windows {
        sums += window.sums();
    }
    Observations {
        steps: vec![StepRecord {
            windows: Some(sums),
            flows: Vec::new(),
            ..good().steps[0].clone()
        }],
        ..Observations::default()
    }
}

/// Judges a run of three windows, of which these came.
fn judged(came: Vec<Window>) -> (Verdict, Observations) {
    let plan = in_windows(3);
    let mut obs = whole(&windows());
    let mut judge = Windows::default();
    for window in came {
        judge.take(&plan, window);
    }
    (judge.judge(&plan, &mut obs), obs)
}

#[track_caller]
fn is_an_error(came: Vec<Window>, said: &str) {
    let (verdict, _) = judged(came);
    assert_eq!(verdict.outcome, Outcome::Error);
    assert!(
        verdict.errors.iter().any(|e| e.contains(said)),
        "{:?}",
        verdict.errors
    );
}

#[test]
fn windows_that_are_as_expected_are_forgotten() {
    let (verdict, obs) = judged(windows());
    assert_eq!(
        (verdict.outcome, verdict.findings.len()),
        (Outcome::Pass, 0)
    );
    assert!(obs.windows.is_empty());
}

#[test]
fn a_packet_is_named_by_its_number_in_the_whole_flow() {
    let mut came = windows();
    // What r2 sent to h2, and all that comes of it.
    came[2].observations.frames.truncate(7);
    let seen = &mut came[2].observations;
    seen.traces.retain(|t| t.node != "h2" && t.node != "r2");
    seen.steps[0].flows[0].packets[0].took_ns = None;
    let plan = in_windows(3);
    let mut judge = Windows::default();
    for window in &came {
        judge.take(&plan, window.clone());
    }
    let mut obs = whole(&came);
    let verdict = judge.judge(&plan, &mut obs);
    assert_eq!(verdict.outcome, Outcome::Fail);
    let parted = verdict.divergence.expect("it failed somewhere");
    assert_eq!((parted.packet, parted.step_index), (Some(65_537), 0));
    assert!(verdict.findings.iter().all(|f| f.packet == Some(65_537)));
    assert_eq!(obs.windows, vec![came[2].clone()]);
}

#[test]
fn what_is_no_packet_of_the_window_is_not_expected_of_it() {
    let mut came = windows();
    came[1].observations.steps[0].flows[0].packets[0].seq = 2;
    let (verdict, _) = judged(came);
    assert_eq!(verdict.outcome, Outcome::Fail);
    let what: Vec<&str> = verdict.findings.iter().map(|f| f.what.as_str()).collect();
    assert!(what[0].contains("packet 2 of"), "{what:?}");
    assert!(what[0].contains("and 1 more of this window"), "{what:?}");
}

#[test]
fn many_windows_that_fail_are_told_by_the_first() {
    let plan = in_windows(40);
    let mut judge = Windows::default();
    let mut window = windows()[0].clone();
    window.observations.traces.retain(|t| t.node != "r2");
    for number in 1..=40 {
        window.number = number;
        judge.take(&plan, window.clone());
    }
    let mut obs = whole(&vec![window; 40]);
    let verdict = judge.judge(&plan, &mut obs);
    assert_eq!((verdict.outcome, obs.windows.len()), (Outcome::Fail, 3));
    assert_eq!(verdict.findings.len(), 4);
    let last = &verdict.findings[3].what;
    assert_eq!(last, "37 more of 40 windows are not as expected");
}

#[test]
fn windows_that_are_missing_or_out_of_order_are_errors() {
    let [one, two, three] = <[Window; 3]>::try_from(windows()).expect("three");
    is_an_error(vec![one.clone(), two.clone()], "2 of 3 windows are there");
    is_an_error(Vec::new(), "0 of 3 windows are there");
    is_an_error(
        vec![one.clone(), three.clone(), two.clone()],
        "window 3 is where number 2 should be",
    );
    let mut less = three;
    less.observations.frames.pop();
    is_an_error(vec![one, two, less], "the windows hold other than was seen");
}

#[test]
fn a_loss_in_a_window_is_an_error() {
    let mut came = windows();
    came[1].observations.lost.push(crate::observe::Loss {
        place: "capture r1".to_owned(),
        what: "3 frames did not fit".to_owned(),
    });
    is_an_error(came, "capture r1: 3 frames did not fit");
}

#[test]
fn clear_text_that_a_change_lets_out_before_the_first_window_is_a_leak() {
    let mut obs = whole(&windows());
    let mut recorder = Recorder::new();
    let clear = ethernet(&echo(H1, H2, true, 1, 63));
    recorder.frame(("r1", "eth1"), Direction::Out, &clear);
    obs.frames = recorder.obs.frames;
    let mut judge = Windows::default();
    for window in windows() {
        judge.take(&in_windows(3), window);
    }
    let verdict = judge.judge(&in_windows(3), &mut obs);
    let kinds: Vec<_> = verdict.findings.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [FindingKind::Leak]);
}

#[test]
fn a_taint_is_that_of_a_fault_which_the_file_speaks_of_in_a_window() {
    #[track_caller]
    fn check(taint: u64, errors: &[&str]) {
        let mut plan = in_windows(3);
        plan.steps[0].expect.log = Some(fixture::block("WARNING: * xfrm_x"));
        let mut windows = windows();
        for window in &mut windows {
            window.observations.log.push(LogLine {
                step: 0,
                level: 4,
                text: "WARNING: CPU: 0 PID: 1 at x.c:1 xfrm_x+0x1/0x2".to_owned(),
            });
        }
        let mut obs = whole(&windows);
        obs.taint = Some(Taint {
            before: 0,
            after: taint,
        });
        let mut judge = Windows::default();
        for window in windows {
            judge.take(&plan, window);
        }
        assert_eq!(judge.judge(&plan, &mut obs).errors, errors);
    }
    check(1 << 9, &[]);
    check(1 << 9 | 1 << 7, &["the kernel became tainted (0x80)"]);
}
