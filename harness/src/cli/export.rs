//! Owns `xfrmlab export`.

use xfrmlab::ops;

use super::{args::Export, exit::Exit, load};

/// Prints the world of a file as a script.
pub(super) fn run(arguments: &Export) -> Exit {
    let plan = load::load(&arguments.file).and_then(|loaded| {
        load::resolve(&loaded, arguments.variant.as_deref(), &arguments.sets.sets)
    });
    let Some(plan) = plan else { return Exit::Usage };
    anstream::print!("{}", ops::export(&plan));
    Exit::Passed
}
