//! Owns the world as a shell script that needs nothing of xfrmlab. It never runs one.

use super::{Op, build::script, text::render, text_socket::AWAIT_TEXT};
use crate::plan::Plan;

/// The world of a plan as a plain `sh` script; the steps are not part of it.
pub fn export(plan: &Plan) -> String {
    let mut out = String::from("#!/bin/sh\n");
    comment(&mut out, &plan.title);
    if let Some(variant) = &plan.variant {
        comment(&mut out, &format!("variant: {variant}"));
    }
    if let Some(source) = &plan.source {
        comment(&mut out, &format!("source: {source}"));
    }
    out.push_str("# Run as root. `ip -all netns delete` takes the world down again.\nset -eu\n\n");
    let ops = script(plan);
    if ops
        .iter()
        .any(|op| matches!(op, Op::OpenEncapSocket { .. }))
    {
        out.push_str(AWAIT_TEXT);
        out.push('\n');
    }
    out.push_str(&render(&ops));
    out
}

/// Text from a file stays a comment, whatever it holds.
fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        out.push_str("# ");
        out.extend(line.chars().map(|c| if c.is_control() { ' ' } else { c }));
        out.push('\n');
    }
}
