//! Owns the JUnit report of several tests. It writes no file.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::judge::Outcome;

/// One test as a JUnit report tells it.
#[derive(Clone, Copy, Debug)]
pub struct JunitCase<'a> {
    /// File, with the variant in brackets.
    pub name: &'a str,
    pub outcome: Outcome,
    /// Release of the kernel that it ran on; `None` where it did not run.
    pub kernel: Option<&'a str>,
    /// Where it ran, and why there.
    pub place: &'a str,
    pub seconds: f64,
    /// The terminal report without colour.
    pub report: &'a str,
}

/// The report as XML. A skip is told as such, an error of the lab apart from a failed expectation.
///
/// # Errors
/// When a text cannot stand in XML.
pub fn junit<'a>(
    cases: impl Iterator<Item = JunitCase<'a>>,
) -> Result<String, quick_junit::SerializeError> {
    let mut suite = TestSuite::new("xfrmlab");
    for case in cases {
        let mut status = match case.outcome {
            Outcome::Pass => TestCaseStatus::success(),
            Outcome::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Outcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
            Outcome::Skip => TestCaseStatus::skipped(),
        };
        if case.outcome != Outcome::Pass {
            status.set_description(case.report);
        }
        let mut test = TestCase::new(case.name, status);
        test.set_time(std::time::Duration::from_secs_f64(case.seconds.max(0.0)));
        // Reports of several kernels are told apart by this.
        if let Some(kernel) = case.kernel {
            test.add_property(("kernel", kernel));
        }
        if !case.place.is_empty() {
            test.add_property(("place", case.place));
        }
        suite.add_test_case(test);
    }
    let mut report = Report::new("xfrmlab");
    report.add_test_suite(suite);
    report.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: JunitCase<'static> = JunitCase {
        name: "x.toml [y]",
        outcome: Outcome::Pass,
        kernel: Some("6.12.1"),
        place: "guest debian:6.12",
        seconds: 0.5,
        report: "FAIL  at r2 <esp>",
    };

    fn xml(case: JunitCase<'_>) -> String {
        junit(std::iter::once(case)).expect("plain text is XML")
    }

    #[track_caller]
    fn check(outcome: Outcome, expected: &str) {
        let xml = xml(JunitCase { outcome, ..CASE });
        assert!(xml.contains(expected), "expected `{expected}` in\n{xml}");
        assert!(xml.contains("x.toml [y]"), "{xml}");
    }

    #[test]
    fn each_outcome_is_told_apart() {
        check(
            Outcome::Pass,
            "tests=\"1\" skipped=\"0\" errors=\"0\" failures=\"0\"",
        );
        check(Outcome::Fail, "<failure>FAIL  at r2 &lt;esp&gt;</failure>");
        check(Outcome::Error, "<error>");
        check(Outcome::Skip, "<skipped>");
    }

    #[test]
    fn the_kernel_is_told_where_there_was_one() {
        let ran = xml(CASE);
        assert!(
            ran.contains(r#"<property name="kernel" value="6.12.1"/>"#),
            "{ran}"
        );
        assert!(
            ran.contains(r#"<property name="place" value="guest debian:6.12"/>"#),
            "{ran}"
        );
        let did_not = xml(JunitCase {
            outcome: Outcome::Skip,
            kernel: None,
            ..CASE
        });
        assert!(!did_not.contains("\"kernel\""), "{did_not}");
    }
}
