//! The topology language: TOML text to [`Document`] (the Spec, with the place of every
//! value) to [`Plan`](crate::plan::Plan). All problems of a file come at once, each with its place.
//!
//! Pure but for [`read_source`]. The tables of the language are in `schema`, one `table!` each;
//! how they become a plan is in `resolve`.

mod about;
mod block;
mod decode;
mod diagnostic;
mod document;
mod edit;
mod errno;
mod ip_options;
mod json_schema;
mod lay;
mod lint;
mod load;
mod meta;
mod reference;
mod reference_words;
mod resolve;
mod scalar;
mod schema;
mod set;
mod source;
mod table;
mod tree_edits;
mod value;

#[cfg(test)]
mod tests;

pub use about::{About, about, alike};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use document::{Document, parse, variant_expects, variants};
pub use edit::{EditError, Target, quoted, write};
pub use ip_options::{IP_OPTIONS, IpOption, Said, ip_options, unknown_keys};
pub use json_schema::json_schema;
pub use load::{LoadError, MAX_BYTES, read_source};
pub use meta::{Field, Kind, TableMeta};
pub use reference::{reference, root};
pub use resolve::{resolve, resolve_all, unasserted};
pub use set::{Set, SetError};
pub use source::{Source, Span};
