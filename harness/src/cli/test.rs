//! Owns the tests that a command line names: one world for each file, variant and setting.

use std::path::{Path, PathBuf};

use xfrmlab::{
    judge::Verdict,
    observe::Observations,
    ops::{self, quoted},
    plan::Plan,
    report::{self, RunRecord},
    spec,
};

use super::{
    args::Run,
    folders,
    load::{self, Loaded},
    print,
};

/// One world that is to be run.
pub(super) struct Test {
    /// `topologies/seeds/gateway-pair.toml`, with the variant in brackets.
    pub(super) name: String,
    /// Name of its run folder.
    pub(super) folder: String,
    /// Text of the file, for the run folder.
    text: String,
    pub(super) plan: Plan,
    /// One command that does it again.
    pub(super) again: String,
    pub(super) file: PathBuf,
    pub(super) variant: Option<String>,
}

impl Test {
    fn new(file: &Path, text: &str, variant: Option<&str>, plan: Plan) -> Self {
        let (mut name, mut again) = (
            file.display().to_string(),
            format!("xfrmlab run {}", quoted(&file.to_string_lossy())),
        );
        if let Some(variant) = variant {
            name = format!("{name} [{variant}]");
            again = format!("{again} --variant {}", quoted(variant));
        }
        Self {
            name,
            folder: String::new(),
            text: text.to_owned(),
            plan,
            again,
            file: file.to_owned(),
            variant: variant.map(str::to_owned),
        }
    }

    /// Writes the folder of a run.
    pub(super) fn record(
        &self,
        folder: &Path,
        observations: &Observations,
        verdict: &Verdict,
    ) -> Result<(), report::FolderError> {
        let style = report::Style::default();
        let record = RunRecord {
            topology: &self.text,
            script: &ops::export(&self.plan),
            plan: &self.plan,
            observations,
            verdict,
            report: &report::render(&self.plan, observations, verdict, style),
        };
        report::write_folder(folder, &record)
    }
}

/// Every world that the arguments name; all problems of all files are said before anything runs.
pub(super) fn tests(arguments: &Run) -> Option<Vec<Test>> {
    let loaded: Vec<Option<Loaded>> = arguments
        .files
        .iter()
        .map(|file| load::load(file))
        .collect();
    let mut tests = Vec::new();
    let mut good = true;
    for (file, loaded) in arguments.files.iter().zip(&loaded) {
        let Some(loaded) = loaded else {
            good = false;
            continue;
        };
        if !arguments.blessing.bless {
            print::warnings(&spec::unasserted(&loaded.document));
        }
        let mut variants: Vec<Option<&str>> = vec![arguments.variant.as_deref()];
        if arguments.variants {
            variants.extend(spec::variants(&loaded.document).into_iter().map(Some));
        }
        for variant in variants {
            let Some(mut plan) = load::resolve(loaded, variant, &arguments.sets.sets) else {
                good = false;
                continue;
            };
            if arguments.variant.is_some() && !arguments.blessing.bless {
                // Asked for by name, a variant is shown as what it is: a world that does not do what the
                // file expects.
                plan.fails = None;
            }
            if let (false, Some((step, exec))) =
                (arguments.permissions.allow_exec, plan.commands().next())
            {
                print::error(&format!(
                    "{}: {}\n(hint: `--allow-exec` lets files run commands)",
                    file.display(),
                    exec.told(&step.name)
                ));
                good = false;
                continue;
            }
            if let Some(step) = &arguments.blessing.step
                && !plan.steps.iter().any(|s| s.name == *step)
            {
                let names: Vec<_> = plan.steps.iter().map(|s| s.name.as_str()).collect();
                print::error(&format!(
                    "{}: no step `{step}`\n(hint: the steps are `{}`)",
                    file.display(),
                    names.join("`, `")
                ));
                good = false;
                continue;
            }
            let mut test = Test::new(file, &loaded.source.text, variant, plan);
            test.again.push_str(&options_again(arguments));
            tests.push(test);
        }
    }
    let named: Vec<(&Path, Option<&str>)> = tests
        .iter()
        .map(|test| (test.file.as_path(), test.variant.as_deref()))
        .collect();
    let sets = &arguments.sets.sets;
    for (folder, test) in folders::of(&named, sets).into_iter().zip(&mut tests) {
        test.folder = folder;
    }
    good.then_some(tests)
}

/// The options without which a test would run elsewhere, or be another.
fn options_again(arguments: &Run) -> String {
    let mut out = String::new();
    for set in &arguments.sets.sets {
        out += &format!(" --set {}", quoted(&format!("{}={}", set.path, set.value)));
    }
    if let Some(kernel) = &arguments.place.kernel {
        out += &format!(" --kernel {}", quoted(&kernel.to_string()));
    }
    if arguments.place.rootless {
        out += " --rootless";
    }
    if arguments.permissions.allow_exec {
        out += " --allow-exec";
    }
    out
}
