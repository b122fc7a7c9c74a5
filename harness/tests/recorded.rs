//! A run recorded on a real kernel is judged again from its folder alone, and only if nothing in it was changed.
//!
//! The folder was made by `xfrmlab run topologies/seeds/gateway-pair.toml --kernel debian:6.12 --out
//! harness/tests/recorded`, and is made so again when the folder's schema changes.
#![expect(clippy::disallowed_methods, reason = "it copies and damages files")]

use std::path::{Path, PathBuf};

use xfrmlab::{
    judge::{Outcome, Verdict, judge},
    observe::Observations,
    plan::Plan,
    report::{self, FolderError, Style},
};

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/gateway-pair")
}

fn read(folder: &Path) -> Result<(Plan, Observations), FolderError> {
    report::read_folder(folder).map(|r| (r.plan, r.observations))
}

/// A copy of the recorded folder, changed by `change`.
fn copy(change: impl FnOnce(&Path)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for entry in std::fs::read_dir(recorded())
        .expect("the folder is in the repository")
        .flatten()
    {
        std::fs::copy(entry.path(), folder.path().join(entry.file_name()))
            .expect("it can be copied");
    }
    change(folder.path());
    folder
}

fn verdict(folder: &Path) -> Verdict {
    let (plan, observations) = read(folder).unwrap_or_else(|e| panic!("{e}"));
    judge(&plan, &observations)
}

#[test]
fn the_verdict_is_the_recorded_one_also_without_verdict_and_report() {
    let kept = std::fs::read_to_string(recorded().join("verdict.json")).expect("it is recorded");
    let folder = copy(|folder| {
        for name in ["verdict.json", "report.txt"] {
            std::fs::remove_file(folder.join(name)).expect("it was copied");
        }
    });
    let verdict = verdict(folder.path());
    assert_eq!(verdict.outcome, Outcome::Pass);
    let text = serde_json::to_string_pretty(&verdict).expect("plain data") + "\n";
    assert_eq!(text, kept);
}

#[test]
fn the_report_is_the_recorded_one() {
    let (plan, observations) = read(&recorded()).unwrap_or_else(|e| panic!("{e}"));
    let verdict = judge(&plan, &observations);
    let kept = std::fs::read_to_string(recorded().join("report.txt")).expect("it is recorded");
    assert_eq!(
        report::render(&plan, &observations, &verdict, Style::default()),
        kept
    );
}

#[test]
fn one_changed_byte_of_the_capture_is_refused() {
    let length = std::fs::read(recorded().join("capture.pcapng"))
        .expect("it is recorded")
        .len();
    for at in (0..length).step_by(97) {
        let folder = copy(|folder| {
            let path = folder.join("capture.pcapng");
            let mut bytes = std::fs::read(&path).expect("it was copied");
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).expect("it can be written");
        });
        let error = read(folder.path())
            .err()
            .unwrap_or_else(|| panic!("byte {at} was changed"))
            .to_string();
        assert!(
            error.contains("capture.pcapng` is not as it was recorded"),
            "{error}"
        );
    }
}

#[test]
fn one_changed_line_of_the_trace_is_refused() {
    let folder = copy(|folder| {
        let path = folder.join("trace.jsonl");
        let text = std::fs::read_to_string(&path).expect("it was copied");
        let changed = text.replacen("prerouting_in", "postrouting_in", 1);
        assert_ne!(text, changed);
        std::fs::write(&path, changed).expect("it can be written");
    });
    let error = read(folder.path())
        .expect_err("a line was changed")
        .to_string();
    assert!(
        error.contains("trace.jsonl` is not as it was recorded"),
        "{error}"
    );
}

/// The digests guard the folder; the judge itself must see a changed observation too.
#[test]
fn two_swapped_hooks_render_swapped_and_fail() {
    let (plan, mut observations) = read(&recorded()).unwrap_or_else(|e| panic!("{e}"));
    for trace in observations.traces.iter_mut().filter(|t| t.node == "rt") {
        let swapped = match trace.chain.as_str() {
            "prerouting_in" => "forward_in",
            "prerouting_out" => "forward_out",
            "forward_in" => "prerouting_in",
            "forward_out" => "prerouting_out",
            other => other,
        };
        trace.chain = swapped.to_owned();
    }
    let verdict = judge(&plan, &observations);
    assert_eq!(verdict.outcome, Outcome::Fail);
    assert_eq!(
        verdict.divergence.as_ref().map(|d| d.node.as_str()),
        Some("rt")
    );
    let text = report::render(&plan, &observations, &verdict, Style::default());
    let line = |hook: &str| {
        text.lines()
            .position(|l| l.trim_start().starts_with(hook) && l.contains("esp"))
    };
    assert!(
        line("rt forward") < line("prerouting"),
        "the order in the report is what was seen:\n{text}"
    );
}

/// An SA is named by the SPI on the wire: with another SPI in a frame its name goes.
#[test]
fn an_sa_is_named_from_the_wire() {
    const ESP: usize = 14 + 20;
    let (plan, mut observations) = read(&recorded()).unwrap_or_else(|e| panic!("{e}"));
    for frame in &mut observations.frames {
        if frame.bytes.get(12..14) == Some(&[8, 0]) && frame.bytes.get(23) == Some(&50) {
            frame.bytes[ESP..ESP + 4].copy_from_slice(&[0xde, 0xad, 0xbe, 0xef]);
        }
    }
    let verdict = judge(&plan, &observations);
    assert_eq!(verdict.outcome, Outcome::Fail);
    let text = report::render(&plan, &observations, &verdict, Style::default());
    assert!(text.contains("spi=0xdeadbeef"), "{text}");
}
