//! Owns declared failures: a variant that says how it must fail passes when it fails in
//! just that way, and fails when it does not.

use super::cause::Cause;
use super::compare;
use super::expectations;
use super::finding::{DiffLine, Finding, FindingKind, Sign};
use super::pattern::Pattern;
use super::verdict::{Outcome, Verdict};
use crate::observe::Observations;
use crate::plan::{Fails, Plan};

/// Holds a verdict against the declaration of a variant.
pub(crate) fn hold(fails: &Fails, seen: Verdict, plan: &Plan, obs: &Observations) -> Verdict {
    let Some(divergence) = &seen.divergence else {
        let step = plan.steps.first().map_or("", |s| s.name.as_str());
        let what = format!(
            "all is as expected, but the variant must fail at `{}`",
            fails.at
        );
        let finding = Finding::new(FindingKind::Declaration, (0, step), &fails.at, what);
        return Verdict {
            findings: vec![finding],
            ..Verdict::new(Outcome::Fail)
        };
    };
    let mut diff = Vec::new();
    let mut hold = |fine: bool, what: &str, expected: &str, seen: &str| {
        if !fine {
            diff.push(DiffLine {
                sign: Sign::Missing,
                text: format!("{what} {expected}"),
            });
            diff.push(DiffLine {
                sign: Sign::Unexpected,
                text: format!("{what} {seen}"),
            });
        }
    };
    hold(
        fails.at == divergence.node,
        "at",
        &fails.at,
        &divergence.node,
    );
    hold_causes(fails, &seen.causes, &mut hold);
    if let Some(counter) = &fails.counter {
        // Of a window, what moved in it is known only where things parted.
        let windowed = plan
            .steps
            .get(divergence.step_index as usize)
            .is_some_and(|s| s.windows.is_some());
        let moved = if windowed && fails.at == divergence.node {
            divergence.counters.clone()
        } else {
            expectations::moved(obs, &fails.at, divergence.step_index).unwrap_or_default()
        };
        let names: Vec<&str> = moved.iter().map(|(name, _)| name.as_str()).collect();
        hold(
            names.contains(&counter.as_str()),
            "counter",
            counter,
            &or_none(&names.join(", ")),
        );
    }
    if let Some(line) = &fails.line {
        // A hop is seen from its hooks and from its wires: either may be named.
        let at_hop = seen
            .findings
            .iter()
            .filter(|f| f.node == divergence.node && f.step_index == divergence.step_index);
        let mut firsts = at_hop.filter_map(|f| f.first.as_deref());
        let fine = firsts.any(|first| line_matches(line, first));
        hold(
            fine,
            "line",
            line,
            divergence.line.as_deref().unwrap_or("none"),
        );
    }
    if diff.is_empty() {
        let cause = fails
            .cause
            .as_ref()
            .map(|c| format!(", cause {c}"))
            .unwrap_or_default();
        let how = format!("fails at {}{cause}, as declared", fails.at);
        return Verdict {
            outcome: Outcome::Pass,
            as_declared: Some(how),
            ..seen
        };
    }
    let at = (divergence.step_index, divergence.step.as_str());
    let what = "the variant fails in another way than it declares";
    let mut finding = Finding::new(FindingKind::Declaration, at, &divergence.node, what);
    finding.diff = diff;
    let mut findings = vec![finding];
    findings.extend(seen.findings);
    Verdict {
        findings,
        ..Verdict {
            findings: Vec::new(),
            ..seen
        }
    }
}

/// What the declaration says of causes, each point given to `hold`: whether it is so, what it is, as expected, as seen.
fn hold_causes(fails: &Fails, causes: &[Cause], hold: &mut impl FnMut(bool, &str, &str, &str)) {
    if let Some(cause) = &fails.cause {
        let named: Vec<&str> = causes.iter().map(|c| c.name.as_str()).collect();
        hold(
            named.contains(&cause.as_str()),
            "cause",
            cause,
            &or_none(&named.join(", ")),
        );
    }
    if !fails.causes.is_empty() {
        let named: Vec<_> = causes
            .iter()
            .map(|c| format!("{} {}", c.node, c.name))
            .collect();
        let expected: Vec<_> = fails
            .causes
            .iter()
            .map(|(node, name)| format!("{node} {name}"))
            .collect();
        hold(
            named == expected,
            "causes",
            &expected.join(", "),
            &or_none(&named.join(", ")),
        );
    }
    if let Some(why) = &fails.why {
        let meant = |c: &&Cause| fails.cause.as_ref().is_none_or(|name| *name == c.name);
        let said: Vec<&str> = causes
            .iter()
            .filter(meant)
            .map(|c| c.why.as_str())
            .collect();
        hold(
            said.iter().any(|said| said.contains(why.as_str())),
            "why",
            why,
            &or_none(&said.join("; ")),
        );
    }
}

fn or_none(text: &str) -> String {
    if text.is_empty() {
        "none".to_owned()
    } else {
        text.to_owned()
    }
}

/// Whether a differing line is the declared one: as an expectation line matches, or
/// word for word (a counter, an errno, a change).
fn line_matches(declared: &str, first: &str) -> bool {
    let matches = match (Pattern::parse(declared), Pattern::parse(first)) {
        (Ok(Pattern::Line(declared)), Ok(Pattern::Line(first))) => {
            compare::contains(&declared, &first)
        }
        _ => false,
    };
    matches || first.contains(declared)
}
