//! Owns the resolving of commands that a step runs. It never runs one.

use super::{
    draft::{Draft, Findings},
    names::bind_node,
    steps::lines,
};
use crate::{
    plan::{Exec, Traffic},
    spec::schema::exec::ExecSpec,
};

/// Seconds that a command has when the file says nothing.
const WITHIN: u32 = 30;

/// A command as a flow of its step.
pub(super) fn exec(spec: &ExecSpec, draft: &Draft, findings: &mut Findings) -> Option<Traffic> {
    let (at, run) = (spec.at.as_ref()?, spec.run.as_ref()?);
    if !bind_node(draft, at, at.span, findings) {
        return None;
    }
    let argv: Vec<String> = run.value.iter().map(|word| word.value.clone()).collect();
    if argv.first().is_none_or(String::is_empty) {
        findings
            .error(run.span, "a command begins with its program")
            .hint("`run = [\"ip\", \"xfrm\", \"state\"]`");
        return None;
    }
    if let Some(word) = run.value.iter().find(|word| word.contains('\0')) {
        findings.error(word.span, "no argument of a program has a zero byte in it");
    }
    if let (Some(exit), Some(_)) = (&spec.exit, &spec.ready) {
        findings
            .error(exit.span, "what goes on running has no exit code")
            .hint("`exit` or `ready`");
    }
    Some(Traffic::Exec(Exec {
        at: at.value.clone(),
        argv,
        ready: spec.ready.as_ref().map(|r| r.value.clone()),
        within_s: spec.within.as_ref().map_or(WITHIN, |s| s.0),
        exit: spec.exit.as_ref().map_or(0, |e| e.0),
        output: spec
            .output
            .as_ref()
            .map(|text| lines(text, |_| Ok(()), findings)),
    }))
}
