//! The causes that say more than a counter or the last place alone: what was seen is held against the world of the
//! file. Each takes the place of a general one, and only where it holds.
//!
//! - [`devices`]: devices that are down, and those that look packets up by themselves.
//! - [`sas`]: SAs and policies.
//! - [`way`]: routes, links and what happens on them.

mod devices;
mod sas;
mod way;

use super::Rule;

/// A cause, and the general ones in whose place it stands.
pub(crate) struct Refinement {
    pub(crate) of: &'static [&'static str],
    pub(crate) rule: Rule,
}

/// All of them; of several that hold the first one counts.
pub(crate) fn rules() -> impl Iterator<Item = &'static Refinement> {
    let tables = [devices::RULES, sas::RULES, way::RULES];
    tables.into_iter().flatten()
}
