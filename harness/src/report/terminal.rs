//! Owns the report of a run as text: the kernel first, then what packets did, then what
//! was not as expected, why, and what to do. It decides nothing.

use super::style::Style;
use super::timeline;
use super::wrap::wrap;
use crate::judge::{Finding, FindingKind, Outcome, Sign, Verdict, tell};
use crate::observe::Observations;
use crate::plan::Plan;

/// The terminal report of a run. Identical runs give identical reports.
pub fn render(plan: &Plan, obs: &Observations, verdict: &Verdict, style: Style) -> String {
    let mut out = header(plan, obs, style);
    let story = tell(plan, obs);
    for (index, told) in story.steps.iter().enumerate() {
        out.push(String::new());
        out.extend(timeline::step(plan, obs, told, index, style));
    }
    out.push(String::new());
    out.extend(verdict_lines(plan, verdict, style));
    if !obs.instruments.is_empty() {
        out.push(String::new());
        for text in instruments(obs) {
            out.extend(wrap("added in order to watch, ", &text, 2, style.width));
        }
    }
    if !obs.not_watched.is_empty() {
        out.push(String::new());
        for gap in &obs.not_watched {
            let text = format!("not watched: {} ({})", gap.what, gap.why);
            out.extend(wrap("", &text, 2, style.width));
        }
    }
    let mut text = out.join("\n");
    text.push('\n');
    text
}

/// What was added to watch, each thing once with the nodes that have it.
fn instruments(obs: &Observations) -> Vec<String> {
    let mut out: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in &obs.instruments {
        let (node, what) = line.split_once(": ").unwrap_or(("", line));
        match out.iter_mut().find(|(w, _)| *w == what) {
            Some((_, nodes)) => nodes.push(node),
            None => out.push((what, vec![node])),
        }
    }
    out.into_iter()
        .map(|(what, nodes)| format!("at {}: {what}", nodes.join(" ")))
        .collect()
}

fn header(plan: &Plan, obs: &Observations, style: Style) -> Vec<String> {
    let kernel = format!("kernel {}, {}", obs.kernel.release, obs.kernel.place);
    let mut out = wrap("", &kernel, 2, style.width);
    let title = match &plan.variant {
        Some(variant) => format!("{} [{variant}]", plan.title),
        None => plan.title.clone(),
    };
    out.extend(
        wrap("", &title, 2, style.width)
            .iter()
            .map(|l| style.bold(l)),
    );
    out
}

/// The last lines of a report: where the run is kept, and the command that repeats it.
/// They differ between identical runs, so they are no part of [`render`].
pub fn closing(folder: &str, command: &str) -> String {
    format!("run folder: {folder}\nrepeat:     {command}\n")
}

/// The word of an outcome, as reports and lists print it.
pub fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "PASS",
        Outcome::Fail => "FAIL",
        Outcome::Skip => "SKIP",
        Outcome::Error => "ERROR",
    }
}

/// Verdict, findings and causes; also what the list of a suite prints below a failure.
pub fn verdict_lines(plan: &Plan, verdict: &Verdict, style: Style) -> Vec<String> {
    let mut out = Vec::new();
    let word = style.outcome(verdict.outcome, outcome_word(verdict.outcome));
    out.push(match (&verdict.as_declared, &verdict.divergence) {
        (Some(how), _) => format!("{word}  {how}"),
        (None, Some(at)) => {
            let packet = at.packet.map(|n| format!(", packet {n}"));
            let packet = packet.unwrap_or_default();
            format!("{word}  at {}, step \"{}\"{packet}", at.node, at.step)
        }
        (None, None) => word,
    });
    // A console's last lines and a hint come as lines of their own.
    for line in verdict.errors.iter().flat_map(|error| error.lines()) {
        out.extend(wrap("  ", line, 4, style.width));
    }
    for missing in &verdict.skipped {
        out.extend(wrap("  this kernel lacks ", missing, 4, style.width));
    }
    if let Some(at) = &verdict.divergence {
        if let Some(line) = &at.line {
            out.extend(wrap("  first differing line: ", line, 4, style.width));
        }
        if !at.counters.is_empty() {
            let moved: Vec<String> = at
                .counters
                .iter()
                .map(|(name, delta)| format!("{name} {delta:+}"))
                .collect();
            let first = format!("  counters at {}: ", at.node);
            out.extend(wrap(&first, &moved.join(", "), 4, style.width));
        }
    }
    for cause in &verdict.causes {
        out.push(String::new());
        let text = format!("cause: {} at {}: {}", cause.name, cause.node, cause.why);
        out.extend(wrap("  ", &text, 4, style.width));
        out.extend(wrap("  remedy: ", &cause.remedy, 4, style.width));
    }
    let (told, further) = split_consequences(verdict);
    for finding in told {
        out.push(String::new());
        out.extend(finding_lines(plan, finding, style));
    }
    if !further.is_empty() {
        out.push(String::new());
        out.push("  what did not happen after that".to_owned());
        for finding in further {
            let missing = finding
                .diff
                .iter()
                .filter(|d| d.sign == Sign::Missing)
                .count();
            let text = match missing {
                0 => finding.what.clone(),
                1 => format!("{}: 1 line missing", finding.what),
                n => format!("{}: {n} lines missing", finding.what),
            };
            out.extend(wrap("    ", &text, 6, style.width));
        }
    }
    out
}

/// Findings to be shown whole, and those that only say what did not happen elsewhere once
/// a packet had gone wrong at the first divergent hop.
fn split_consequences(verdict: &Verdict) -> (Vec<&Finding>, Vec<&Finding>) {
    let Some(at) = &verdict.divergence else {
        return (verdict.findings.iter().collect(), Vec::new());
    };
    verdict.findings.iter().partition(|f| {
        let only_missing = matches!(f.kind, FindingKind::Node | FindingKind::Wire)
            && f.diff
                .iter()
                .all(|d| matches!(d.sign, Sign::Same | Sign::Missing));
        let elsewhere = f.node != at.node && f.step_index >= at.step_index;
        !(elsewhere && (only_missing || f.kind == FindingKind::Reply))
    })
}

fn finding_lines(plan: &Plan, finding: &Finding, style: Style) -> Vec<String> {
    let mut text = finding.what.clone();
    if plan.steps.len() > 1 {
        text = format!("step \"{}\": {text}", finding.step);
    }
    let mut out = wrap("  ", &text, 4, style.width);
    for line in &finding.diff {
        let first = format!("  {} ", line.sign.character());
        let wrapped = wrap(&first, &line.text, 6, style.width);
        out.extend(wrapped.iter().map(|l| style.sign(line.sign, l)));
    }
    out
}
