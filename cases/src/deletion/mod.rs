//! What a file of the library would not miss: every state, policy, route, nft rule and line of an expectation is
//! taken out, one at a time, and what is left must be noticed.
//!
//! ```text
//! Plan -> world::deletions  each is a plan to run anew
//!      -> lines::unnoticed  judged against what the whole file saw, without a kernel
//! ```
//!
//! What may go unnoticed stands in `cases/redundant.toml`, with its reason; what stands there and is
//! noticed has to leave it.

mod lines;
mod nft_rules;
mod redundant;
mod world;

pub use lines::unnoticed;
pub use redundant::Redundant;
pub use world::{Deletion, deletions};

/// Whether a name of the list is that of a line of an expectation.
pub fn is_of_an_expectation(name: &str) -> bool {
    name.starts_with("expect ")
}

/// Names made unique: of several that are the same, the second and later ones get their number.
fn number<T>(named: &mut [T], name: impl Fn(&mut T) -> &mut String) {
    let mut seen = std::collections::BTreeMap::new();
    for item in named {
        let name = name(item);
        let count: &mut usize = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            *name += &format!(" #{count}");
        }
    }
}
