//! Owns the faults that a kernel reports in its log, and its taint: a report that no file speaks of, or a taint that comes
//! of none that it speaks of, makes a run an error.

use super::log::{QUOTED, fits};
use crate::observe::{LogLine, Observations};
use crate::plan::Plan;

/// Bits of a taint that tell of a fault (Documentation/admin-guide/tainted-kernels.rst).
const MACHINE_CHECK: u64 = 1 << 4;
const DIED: u64 = 1 << 7;
const WARNED: u64 = 1 << 9;
const LOCKED_UP: u64 = 1 << 14;
/// What a report begins with where it begins well.
const CUT: &str = "------------[";

/// Faults that the kernel reported and no step speaks of, and a taint that came of none that one speaks of. `excused` is
/// the taint that came of reports which are not in this log.
pub(crate) fn faults(plan: &Plan, obs: &Observations, excused: u64) -> Vec<String> {
    let mut out = Vec::new();
    let reports = reports(&obs.log);
    if let Some(report) = reports.iter().find(|r| !asserted(plan, r)) {
        out.push("the kernel reports a fault of its own".to_owned());
        out.extend(report.iter().take(QUOTED).map(|l| l.text.clone()));
        return out;
    }
    let faults = MACHINE_CHECK | DIED | WARNED | LOCKED_UP;
    let came = obs.taint.map_or(0, |t| t.after & !t.before & faults);
    let unspoken = came & !excused & !expected_taint(plan, obs);
    if unspoken != 0 {
        out.push(format!("the kernel became tainted (0x{unspoken:x})"));
    }
    out
}

/// The taint that comes of the reports which the file speaks of.
pub(crate) fn expected_taint(plan: &Plan, obs: &Observations) -> u64 {
    reports(&obs.log)
        .iter()
        .filter(|report| asserted(plan, report))
        .flat_map(|report| report.iter())
        .fold(0, |taint, line| taint | taint_of(line))
}

/// Whether the file speaks of a report: who speaks of a fault that it tells speaks of it all.
fn asserted(plan: &Plan, report: &[LogLine]) -> bool {
    report.iter().filter(|l| l.is_fault()).any(|line| {
        let step = plan.steps.get(line.step as usize);
        let block = step.and_then(|s| s.expect.log.as_ref());
        let mut wanted = block
            .iter()
            .flat_map(|b| &b.lines)
            .filter(|l| l.text != "...");
        wanted.any(|want| fits(want, line))
    })
}

/// The log from its first fault on, cut where a report begins. What follows a report and is none stays with it.
fn reports(log: &[LogLine]) -> Vec<&[LogLine]> {
    let mut starts = Vec::new();
    let mut last: Option<&LogLine> = None;
    for (at, line) in log.iter().enumerate().filter(|(_, l)| l.is_fault()) {
        if !last.is_some_and(|last| goes_on(last, line)) {
            starts.push(at);
        }
        last = Some(line);
    }
    let ends = starts.iter().skip(1).copied().chain([log.len()]);
    starts
        .iter()
        .zip(ends)
        .map(|(&start, end)| &log[start..end])
        .collect()
}

/// Whether two fault lines, with none between them, are of one report: the first only announces one, as `__warn` and
/// `BUG` do, or it tells why the kernel died, and the second that it did.
fn goes_on(first: &LogLine, second: &LogLine) -> bool {
    let first = first.text.as_str();
    let announces = [CUT, "refcount_t: "].iter().any(|w| first.starts_with(w));
    let deadly = ["kernel BUG at", "BUG: kernel", "BUG: unable"]
        .iter()
        .any(|w| first.starts_with(w));
    announces && !second.text.starts_with(CUT) || deadly && second.text.starts_with("Oops: ")
}

/// The taint that comes with what a fault line tells (`add_taint` in `__warn`, `oops_end`, the schedulers' and the
/// lockup detectors' checks).
fn taint_of(line: &LogLine) -> u64 {
    let begins = |words: &[&str]| words.iter().any(|w| line.text.starts_with(w));
    if line.text.contains("BUG: soft lockup") {
        LOCKED_UP
    } else if begins(&["WARNING: ", "BUG: scheduling while", "BUG: sleeping"]) {
        WARNED
    } else if begins(&["Oops: ", "general protection fault", "divide error"]) {
        DIED
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::faults;
    use crate::judge::tests::fixture;
    use crate::observe::{LogLine, Observations, Taint};

    const MARTIAN: &str = "IPv4: martian source 10.0.0.2 from 10.9.9.9, on dev eth0";
    const HERE: &str = "------------[ cut here ]------------";
    const DESTROY: &str =
        "WARNING: CPU: 0 PID: 7 at net/xfrm/xfrm_state.c:800 __xfrm_state_destroy+0x1/0x2";
    const DELETE: &str =
        "WARNING: CPU: 0 PID: 7 at net/xfrm/xfrm_state.c:700 __xfrm_state_delete+0x1/0x2";

    /// What is said of a log in a step whose file expects these lines.
    fn said(expected: &str, log: &[&str], taint: u64) -> String {
        let mut plan = fixture::plan();
        plan.steps[0].expect.log = (!expected.is_empty()).then(|| fixture::block(expected));
        let line = |text: &&str| LogLine {
            step: 0,
            level: 4,
            text: (*text).to_owned(),
        };
        let obs = Observations {
            log: log.iter().map(line).collect(),
            taint: Some(Taint {
                before: 1,
                after: 1 | taint,
            }),
            ..Observations::default()
        };
        faults(&plan, &obs, 0).join("\n")
    }

    #[test]
    fn a_report_that_the_file_speaks_of_is_excused_with_its_taint() {
        let log = [HERE, DESTROY, "Modules linked in:", "RIP: 0010:x"];
        assert_eq!(said("WARNING: * __xfrm_state_destroy", &log, 1 << 9), "");
        let log = [HERE, "a text of its own", DESTROY];
        assert_eq!(said("WARNING: * __xfrm_state_destroy", &log, 1 << 9), "");
        let log = [HERE, "refcount_t: underflow; use-after-free.", DESTROY];
        assert_eq!(said("refcount_t: underflow", &log, 1 << 9), "");
        let log = [
            "BUG: kernel NULL pointer dereference, address: 0",
            "#PF: x",
            "Oops: Oops: 0000",
        ];
        assert_eq!(said("BUG: kernel NULL", &log, 1 << 7), "");
    }

    #[test]
    fn another_report_of_the_same_step_is_not_excused() {
        let log = [HERE, DESTROY, "RIP: 0010:x", HERE, DELETE, "RIP: 0010:y"];
        let said = said("WARNING: * __xfrm_state_destroy", &log, 1 << 9);
        assert!(
            said.contains("__xfrm_state_delete") && !said.contains("_destroy"),
            "{said}"
        );
    }

    #[test]
    fn a_taint_is_excused_only_by_a_report_that_brings_it() {
        let tainted = |bit: u64| format!("the kernel became tainted (0x{bit:x})");
        assert_eq!(said("", &[], 0), "");
        assert_eq!(said("", &[], 1 << 9), tainted(1 << 9));
        let said_of = |taint| said("martian source", &[MARTIAN], taint);
        assert_eq!(said_of(1 << 9), tainted(1 << 9));
        let log = [HERE, DESTROY];
        let both = said("WARNING: * __xfrm_state_destroy", &log, 1 << 9 | 1 << 7);
        assert_eq!(both, tainted(1 << 7));
    }
}
