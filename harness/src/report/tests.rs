//! Tests of the report and of the run folder, on the gateway pair.

#![expect(
    clippy::disallowed_methods,
    reason = "the tests change files of a run folder"
)]

use std::fs;

use super::{RunRecord, Style, read_folder, render, write_folder};
use crate::judge::judge;
use crate::judge::tests::fixture;
use crate::observe::NotWatched;

fn record(dir: &std::path::Path) {
    let obs = fixture::good();
    let verdict = judge(&fixture::plan(), &obs);
    let report = render(&fixture::plan(), &obs, &verdict, Style::default());
    let run = RunRecord {
        topology: "title = \"x\"\n",
        plan: &fixture::plan(),
        script: "ip netns add r1\n",
        observations: &obs,
        verdict: &verdict,
        report: &report,
    };
    write_folder(dir, &run).unwrap();
}

#[test]
fn a_run_folder_comes_back_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path());
    let back = read_folder(dir.path()).unwrap();
    assert_eq!(back.topology, "title = \"x\"\n");
    assert_eq!(back.plan, fixture::plan());
    assert_eq!(back.observations, fixture::good());
}

#[test]
fn one_changed_byte_in_any_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path());
    let mut files = 0;
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let whole = fs::read(&path).unwrap();
        for at in [0, whole.len() / 2, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            let error = read_folder(dir.path()).unwrap_err().to_string();
            assert!(error.contains("is not as it was recorded"), "{error}");
        }
        fs::write(&path, &whole).unwrap();
        files += 1;
    }
    assert_eq!(files, 12);
    read_folder(dir.path()).unwrap();
}

#[test]
fn a_missing_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path());
    fs::remove_file(dir.path().join("trace.jsonl")).unwrap();
    let error = read_folder(dir.path()).unwrap_err().to_string();
    assert!(error.contains("trace.jsonl"), "{error}");
}

#[test]
fn a_report_fits_80_columns_and_says_the_kernel_first() {
    let mut obs = fixture::good();
    let (what, why) = ("kernel log".to_owned(), "rootless".to_owned());
    obs.not_watched.push(NotWatched { what, why });
    let verdict = judge(&fixture::plan(), &obs);
    let report = render(&fixture::plan(), &obs, &verdict, Style::default());
    assert!(report.starts_with("kernel 6.12.0-test, hand-made\n"));
    assert!(report.contains("\nPASS\n"), "{report}");
    assert!(report.contains("not watched: kernel log (rootless)"));
    for line in report.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn times_and_trace_ids_leave_no_trace_in_a_report() {
    let (plan, obs) = (fixture::plan(), fixture::good());
    let report = |obs| render(&plan, obs, &judge(&plan, obs), Style::default());
    let mut later = obs.clone();
    for frame in &mut later.frames {
        frame.ts_ns = frame.ts_ns * 3 + 17;
    }
    for trace in &mut later.traces {
        trace.id += 1000;
    }
    later.steps[0].flows[0].packets[0].took_ns = Some(123_456);
    assert_eq!(report(&obs), report(&later));
}

#[test]
#[expect(
    clippy::print_stdout,
    reason = "for a look at it: run with --nocapture"
)]
fn a_failing_report_shows_the_diff() {
    let (plan, mut obs) = (fixture::plan(), fixture::good());
    let at = obs
        .traces
        .iter()
        .position(|t| t.node == "r1" && t.chain == "forward_in")
        .unwrap();
    for event in &mut obs.traces[at..at + 2] {
        event.oif = Some("eth7".to_owned());
    }
    let report = render(&plan, &obs, &judge(&plan, &obs), Style::default());
    println!("{report}");
    for line in [
        "FAIL  at r1, step \"echo through the tunnel\"",
        "  - forward      in eth0  out eth1  icmp echo-request 10.0.1.100 > 10.0.2.100",
        "  + forward      in eth0  out eth7  icmp echo-request 10.0.1.100 > 10.0.2.100",
        "  ? out: expected eth1, seen eth7",
    ] {
        assert!(
            report.lines().any(|l| l == line),
            "no `{line}` in\n{report}"
        );
    }
}

#[test]
fn the_decrypted_copy_shows_what_is_inside() {
    let dir = tempfile::tempdir().unwrap();
    record(dir.path());
    let copy = fs::read(dir.path().join("decrypted.pcapng")).unwrap();
    let inner = super::pcapng::read(&copy).unwrap();
    let sas = crate::wire::SaTable::default();
    let lines: Vec<String> = inner
        .iter()
        .map(|f| {
            crate::wire::line(
                &crate::wire::decode_packet(&f.bytes, &sas),
                crate::wire::Detail::Brief,
            )
        })
        .collect();
    // One request and one reply, at both ends of two links, sealed on each.
    let requests = lines
        .iter()
        .filter(|l| *l == "icmp echo-request 10.0.1.100 > 10.0.2.100");
    let replies = lines
        .iter()
        .filter(|l| *l == "icmp echo-reply 10.0.2.100 > 10.0.1.100");
    assert_eq!(
        (requests.count(), replies.count(), lines.len()),
        (4, 4, 8),
        "{lines:#?}"
    );
}
