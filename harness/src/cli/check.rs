//! Owns `xfrmlab check`.

use xfrmlab::{ops, spec};

use super::{args::Check, exit::Exit, load};

/// Checks files and all their variants.
pub(super) fn run(arguments: &Check) -> Exit {
    let mut exit = Exit::Passed;
    for file in &arguments.files {
        let Some(loaded) = load::load(file) else {
            exit = Exit::Usage;
            continue;
        };
        match spec::resolve_all(&loaded.document, &arguments.sets.sets) {
            Err(problems) => {
                super::print::problems(&problems);
                exit = Exit::Usage;
            }
            Ok(plans) => {
                super::print::warnings(&spec::unasserted(&loaded.document));
                anstream::println!(
                    "{}: ok, {} variants",
                    file.display(),
                    plans.len().saturating_sub(1)
                );
                if let Some(plan) = plans.first() {
                    for (step, exec) in plan.commands() {
                        anstream::println!("  {}", exec.told(&step.name));
                    }
                }
                if let (true, Some(plan)) = (arguments.expand, plans.first()) {
                    anstream::print!("{}", ops::render(&ops::script(plan)));
                }
            }
        }
    }
    exit
}
