//! Tests of the whole judge on hand-made observations of a gateway pair.

mod alterations;
mod answers;
mod causes;
mod conntrack;
mod ends;
mod exhaustive;
pub(crate) mod fixture;
mod foreign;
mod hostile;
pub(crate) mod packets;
mod patterns;
pub(crate) mod refined;
mod stories;
mod ways;
mod windows;
mod world;
