//! Owns the report of a run as one HTML page that needs nothing else: per step and packet its way hop by
//! hop, each frame to be opened, and the verdict. It decides nothing.

use std::fmt::Write as _;

use super::style::Style;
use super::terminal;
use super::timeline::point_name;
use crate::judge::{Columns, Detail, Event, Journey, Outcome, Sign, Verdict, line_text, tell};
use crate::observe::Observations;
use crate::plan::Plan;

const STYLE: &str = "
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1c2430 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem; border-top: 1px solid #d5dbe3; padding-top: 1rem }
.verdict { padding: .6rem 1rem; border-radius: .4rem; font-weight: 600 }
.pass { background: #e2f4e6 } .fail, .error { background: #fde5e3 } .skip { background: #fdf3d7 }
table { border-collapse: collapse; width: 100%; margin: .4rem 0 1.4rem }
td { padding: .12rem .6rem; vertical-align: top; font: 13px/1.45 ui-monospace, monospace; white-space: pre-wrap }
td.node { width: 7rem; color: #58667a } tr.wire { background: #eef3fb } tr.transform { background: #f4eefb }
summary { cursor: pointer } pre { font-size: 12px; overflow: auto; background: #f6f8fa; padding: .6rem }
.missing { color: #a8261b } .unexpected { color: #176f2c } .lost { color: #a8261b; font-weight: 600 }
";

/// The page.
pub fn html(plan: &Plan, obs: &Observations, verdict: &Verdict) -> String {
    let mut out = String::new();
    let title = escape(&plan.title);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n"
    );
    if let Some(variant) = &plan.variant {
        let _ = writeln!(out, "<p>Variant: {}</p>", escape(variant));
    }
    let kernel = format!("kernel {}, {}", obs.kernel.release, obs.kernel.place);
    let _ = writeln!(out, "<p>{}</p>", escape(&kernel));
    head(&mut out, plan, verdict);
    let story = tell(plan, obs);
    for (index, told) in story.steps.iter().enumerate() {
        let name = plan.steps.get(index).map_or("", |s| s.name.as_str());
        let _ = writeln!(out, "<h2>Step {}: {}</h2>", index + 1, escape(name));
        let columns = Columns::of(
            told.journeys
                .iter()
                .flat_map(|j| &j.events)
                .map(|e| &e.line),
        );
        for journey in told.journeys.iter().filter(|j| j.is_flow()) {
            packet(&mut out, obs, journey, columns);
        }
    }
    out.push_str("</body></html>\n");
    out
}

fn head(out: &mut String, plan: &Plan, verdict: &Verdict) {
    let class = match verdict.outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Skip => "skip",
        Outcome::Error => "error",
    };
    let lines = terminal::verdict_lines(plan, verdict, Style::default());
    let first = lines.first().map(String::as_str).unwrap_or_default();
    let _ = writeln!(out, "<p class=\"verdict {class}\">{}</p>", escape(first));
    for cause in &verdict.causes {
        let text = format!("{} at {}: {}", cause.name, cause.node, cause.why);
        let _ = writeln!(
            out,
            "<p><b>Cause:</b> {}<br><b>Remedy:</b> {}</p>",
            escape(&text),
            escape(&cause.remedy)
        );
    }
    for (index, finding) in verdict.findings.iter().enumerate() {
        if finding.diff.is_empty() {
            let _ = writeln!(out, "<p>{}</p>", escape(&finding.what));
            continue;
        }
        // What came first is what matters; the rest is mostly its consequence.
        let open = if index == 0 { " open" } else { "" };
        let _ = write!(
            out,
            "<details{open}><summary>{}</summary><pre>",
            escape(&finding.what)
        );
        for line in &finding.diff {
            let class = match line.sign {
                Sign::Missing => "missing",
                Sign::Unexpected => "unexpected",
                Sign::Same | Sign::Note => "",
            };
            let text = format!("{} {}", line.sign.character(), line.text);
            let _ = writeln!(out, "<span class=\"{class}\">{}</span>", escape(&text));
        }
        out.push_str("</pre></details>\n");
    }
}

fn packet(out: &mut String, obs: &Observations, journey: &Journey, columns: Columns) {
    let title = journey.packet.at(crate::wire::Detail::Normal).to_string();
    let _ = writeln!(out, "<h3>{}</h3>\n<table>", escape(&title));
    for event in &journey.events {
        row(out, obs, event, columns);
    }
    out.push_str("</table>\n");
}

fn row(out: &mut String, obs: &Observations, event: &Event, columns: Columns) {
    let mut detail = Detail::telling(&event.line);
    let Some(wire) = &event.wire else {
        let text = line_text(&event.line, &detail, columns);
        let class = if event.line.packet.is_some() {
            "hook"
        } else {
            "transform"
        };
        let lost = if event.line.fate.is_some() {
            " class=\"lost\""
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "<tr class=\"{class}\"><td class=\"node\">{}</td><td{lost}>{}</td></tr>",
            escape(&event.node),
            escape(&text)
        );
        return;
    };
    let way = point_name(event, wire);
    let lost = if wire.received || wire.peer.is_none() {
        ""
    } else {
        " (never arrived)"
    };
    if let Some(packet) = &event.line.packet {
        detail = Detail {
            mark: detail.mark,
            ..Detail::all(&packet.at(crate::wire::Detail::Normal))
        };
    }
    let text = line_text(&event.line, &detail, Columns::default());
    let bytes = obs.frames.get(wire.frame).map(|f| dump(&f.bytes));
    let all = event.line.packet.as_ref().map(ToString::to_string);
    let _ = writeln!(
        out,
        "<tr class=\"wire\"><td class=\"node\">{}{lost}</td><td><details><summary>{}</summary><pre>{}\n\n{}</pre></details></td></tr>",
        escape(&way),
        escape(&text),
        escape(&all.unwrap_or_default()),
        bytes.unwrap_or_default()
    );
}

/// Offset and sixteen bytes a line.
fn dump(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (at, line) in bytes.chunks(16).enumerate() {
        let _ = write!(out, "{:04x} ", at * 16);
        for byte in line {
            let _ = write!(out, " {byte:02x}");
        }
        out.push('\n');
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
