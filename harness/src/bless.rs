//! Owns blessing: what a run saw, written into its topology file as expectations. It works on
//! texts and never touches a file.

use crate::{
    judge::{self, Outcome, Stated, Statement, Verdict},
    observe::Observations,
    plan::Plan,
    spec::{self, Document, EditError, Source, Target},
};

/// What of a file is blessed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// The variant that ran; the file as it stands otherwise.
    pub variant: Option<&'a str>,
    /// This step alone.
    pub step: Option<&'a str>,
}

/// A file that says what was seen.
#[derive(Clone, Debug)]
pub struct Blessed {
    pub text: String,
    /// Keys that were written.
    pub written: Vec<String>,
    /// The verdict on the same run with the new text: what could not be blessed is still in it.
    pub verdict: Verdict,
}

/// Why a run cannot be blessed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BlessError {
    #[error("the run broke, so it shows nothing that could be expected: {0}")]
    Broken(String),
    #[error(
        "step `{0}` has windows, whose blocks speak of each packet\n(hint: bless it with `count = 1` and without `windows`)"
    )]
    Windows(String),
    #[error("no step `{0}`")]
    NoStep(String),
    #[error(
        "the variant passes, but declares how it fails\n(hint: remove its `fails`, or what it changes is no fault)"
    )]
    DeclaredButPasses,
    #[error(transparent)]
    Edit(#[from] EditError),
    #[error("{0}")]
    File(String),
}

/// Writes what was seen. A variant that declares or needs a failure gets its `fails`; one that has
/// expectations of its own, or passes, gets those.
pub fn bless(
    source: &Source,
    request: Request<'_>,
    obs: &Observations,
) -> Result<Blessed, BlessError> {
    let (document, plan) = read(source, request)?;
    if let Some(step) = plan.steps.iter().find(|s| s.windows.is_some()) {
        return Err(BlessError::Windows(step.name.clone()));
    }
    let before = judge::judge(&plan, obs);
    if before.outcome == Outcome::Error {
        return Err(BlessError::Broken(before.errors.join("; ")));
    }
    if let Some(step) = request.step
        && !plan.steps.iter().any(|s| s.name == step)
    {
        return Err(BlessError::NoStep(step.to_owned()));
    }
    let mut edit = Edit {
        source: source.clone(),
        written: Vec::new(),
    };
    match request.variant {
        Some(variant) => edit.variant(variant, &document, &plan, obs, request)?,
        None => edit.steps(None, &plan, obs, request)?,
    }
    let (_, plan) = read(&edit.source, request)?;
    Ok(Blessed {
        verdict: judge::judge(&plan, obs),
        text: edit.source.text,
        written: edit.written,
    })
}

fn read(source: &Source, request: Request<'_>) -> Result<(Document, Plan), BlessError> {
    let said = |problems: spec::Diagnostics| BlessError::File(problems.short());
    let document = spec::parse(source).map_err(said)?;
    let plan = spec::resolve(&document, request.variant, &[]).map_err(said)?;
    Ok((document, plan))
}

struct Edit {
    source: Source,
    written: Vec<String>,
}

impl Edit {
    fn variant(
        &mut self,
        name: &str,
        document: &Document,
        plan: &Plan,
        obs: &Observations,
        request: Request<'_>,
    ) -> Result<(), BlessError> {
        let free = Plan {
            fails: None,
            ..plan.clone()
        };
        let seen = judge::judge(&free, obs);
        let own = spec::variant_expects(document, name);
        match (&plan.fails, seen.outcome) {
            (Some(_), Outcome::Pass) => Err(BlessError::DeclaredButPasses),
            (None, Outcome::Pass) => Ok(()),
            (Some(fails), _) => {
                if judge::judge(plan, obs).outcome == Outcome::Pass {
                    return Ok(());
                }
                let stated = [
                    ("at", true),
                    ("cause", fails.cause.is_some()),
                    ("counter", fails.counter.is_some()),
                    ("line", fails.line.is_some()),
                ];
                for (key, text) in judge::failure(&seen) {
                    if stated.contains(&(key, true)) {
                        let one = value(&["fails", key], spec::quoted(&text));
                        self.write(Target::Variant(name), &[], &one)?;
                    }
                }
                Ok(())
            }
            (None, _) if own => self.steps(Some(name), plan, obs, request),
            (None, _) => {
                let fields = judge::failure(&seen).into_iter();
                let fields = fields.map(|(key, text)| format!("{key} = {}", spec::quoted(&text)));
                let text = format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "));
                self.write(Target::Variant(name), &[], &value(&["fails"], text))
            }
        }
    }

    /// The expectations of steps; those of a variant go into the variant.
    fn steps(
        &mut self,
        variant: Option<&str>,
        plan: &Plan,
        obs: &Observations,
        request: Request<'_>,
    ) -> Result<(), BlessError> {
        for (index, step) in plan.steps.iter().enumerate() {
            if request.step.is_some_and(|only| only != step.name) {
                continue;
            }
            for statement in judge::statements(plan, obs, index) {
                match variant {
                    None => self.write(Target::Step(&step.name), &["expect"], &statement)?,
                    Some(name) if plan.steps.len() == 1 => {
                        self.write(Target::Variant(name), &["expect"], &statement)?;
                    }
                    Some(name) => {
                        let under = ["steps", step.name.as_str(), "expect"];
                        self.write(Target::Variant(name), &under, &statement)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn write(
        &mut self,
        target: Target<'_>,
        under: &[&str],
        statement: &Statement,
    ) -> Result<(), BlessError> {
        self.source.text = spec::write(&self.source, target, under, statement)?;
        let keys = statement.keys.iter().filter_map(|k| k.first());
        let keys = under.iter().map(|k| (*k).to_owned()).chain(keys.cloned());
        self.written.push(keys.collect::<Vec<_>>().join(" "));
        Ok(())
    }
}

fn value(keys: &[&str], text: String) -> Statement {
    Statement {
        keys: keys.iter().map(|k| vec![(*k).to_owned()]).collect(),
        value: Stated::Value(text),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const FILE: &str = include_str!("../../topologies/seeds/gateway-pair.toml");

    fn recorded() -> Observations {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/gateway-pair");
        crate::report::read_folder(&folder).unwrap().observations
    }

    #[track_caller]
    fn blessed(text: &str, variant: Option<&str>) -> Blessed {
        let source = Source::new("file.toml", text);
        let request = Request {
            variant,
            step: None,
        };
        bless(&source, request, &recorded()).unwrap_or_else(|e| panic!("{e}"))
    }

    /// The file with another text in place of its expectations, and without its variants.
    fn with_expectations(text: &str) -> String {
        let from = FILE.find("expect.reply").unwrap();
        let variants = FILE.find("# Forwarded traffic meets").unwrap();
        format!("{}{text}\n# The end.\n", &FILE[..from]) + &FILE[variants..variants]
    }

    #[track_caller]
    fn lines_stay(old: &str, new: &str) {
        let mut new = new.lines();
        for line in old.lines() {
            assert!(new.any(|n| n == line), "lost or moved: {line}");
        }
    }

    #[test]
    fn a_file_that_holds_stays_as_it_is() {
        let blessed = blessed(FILE, None);
        assert_eq!(blessed.text, FILE);
        assert!(blessed.written.is_empty());
    }

    #[test]
    fn a_step_that_states_nothing_gets_everything() {
        let bare = with_expectations("");
        let blessed = blessed(&bare, None);
        assert_eq!(blessed.verdict.outcome, Outcome::Pass);
        lines_stay(&bare, &blessed.text);
        // What people wrote by hand is what is written.
        let stated = &FILE[FILE.find("expect.reply").unwrap()..FILE.find("# Forwarded").unwrap()];
        // What a tap sees stands on the wire already, so nobody is given it unasked.
        let unasked = |l: &str| l.starts_with('#') || l.starts_with("expect.wire.\"r2:eth1 in\"");
        for line in stated.lines().filter(|l| !unasked(l)) {
            let mut written = blessed.text.lines().map(words);
            assert!(written.any(|w| w == words(line)), "not written: {line}");
        }
    }

    /// A text without its columns.
    fn words(text: &str) -> String {
        let lines = text
            .lines()
            .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_wrong_line_is_mended_and_all_else_stays() {
        let right = "forward     in eth0  out eth1  icmp echo-request 10.0.1.100 > 10.0.2.100\n";
        let with_comment = FILE.replacen(right, &format!("# Before the lookup.\n{right}"), 1);
        let wrong = with_comment
            .replacen(right, &right.replace("eth1", "lo"), 1)
            .replace(
                "wire.\"rt>r2\" = \"esp 3.0.0.1",
                "wire.\"rt>r2\" = \"esp 3.0.0.9",
            );
        assert_ne!(wrong, with_comment);
        let blessed = blessed(&wrong, None);
        // In the columns of the lines around it, too.
        assert_eq!(blessed.text, with_comment);
        assert_eq!(blessed.written, ["expect node r1", "expect wire rt>r2"]);
    }

    #[test]
    fn gaps_stay_gaps() {
        let text = with_expectations(
            "expect.node.rt = \"\"\"\nprerouting in eth0 esp\n...\npostrouting out lo esp\n\"\"\"",
        );
        let blessed = blessed(&text, None);
        let mended = "postrouting out eth0 esp 5.0.0.1 > 3.0.0.1 site:right>left";
        let wanted = text.replace("postrouting out lo esp", mended);
        assert_eq!(words(&blessed.text), words(&wanted));
    }

    #[test]
    fn tables_in_braces_are_written_out() {
        let text = with_expectations("expect = { reply = false, node = { h1 = \"\" } }  # why");
        let blessed = blessed(&text, None);
        assert_eq!(blessed.verdict.outcome, Outcome::Pass);
        assert!(
            blessed
                .text
                .contains("expect.reply = true\nexpect.node.h1 = \"\"\"\noutput")
        );
        assert!(blessed.text.contains("\"\"\"  # why\n"));
    }

    #[test]
    fn tables_with_headers_keep_them() {
        let text =
            with_expectations("[steps.expect]\nreply = false\n[steps.expect.node]\nh1 = \"input\"");
        let blessed = blessed(&text, None);
        assert_eq!(blessed.verdict.outcome, Outcome::Pass);
        let new = words(&blessed.text);
        let wanted = "[steps.expect]\nreply = true\n[steps.expect.node]\nh1 = ";
        assert!(new.contains(wanted), "{new}");
    }

    #[test]
    fn a_variant_gets_how_it_fails_or_its_own_expectations() {
        let name = "two expected lines are swapped";
        let wrong = FILE.replace(
            "at = \"h2\", line = \"input in",
            "at = \"r1\", line = \"output in",
        );
        let declared = blessed(&wrong, Some(name));
        assert_eq!(declared.verdict.outcome, Outcome::Pass);
        assert!(
            declared
                .text
                .contains("fails  = { at = \"h2\", line = \"input in eth0 icmp echo-request")
                || declared.text.contains("fails.at = \"h2\""),
            "{}",
            declared.text
        );
        let free = FILE.replace("fails  = { at = \"h2\", line = \"input in eth0 icmp echo-request\" }\nexpect.node.h2 = \"\"\"\ninput", "expect.node.h2 = \"\"\"\ninput");
        assert_ne!(free, FILE);
        let own = blessed(&free, Some(name));
        assert_eq!(own.verdict.outcome, Outcome::Pass);
        assert_eq!(own.written, ["expect node h2"]);
    }
}
