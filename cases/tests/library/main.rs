//! The topology library as a whole, read and never run: what it covers, what it found, and that no two
//! of its tests are the same. `UPDATE_EXPECT=1` writes the pages anew.
#![expect(clippy::disallowed_methods, reason = "it reads and compares files")]

mod behaviours;
mod complete;
mod coverage;
mod distinct;
mod index;
mod shelf;
