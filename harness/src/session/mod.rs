//! Owns the choice of the kernel that a run takes, and the running of plans on it.
//!
//! ```text
//! Plan.needs -> native agent's probe -> nothing missing: run here
//!                                    -> something missing: guest, and the report says what
//! ```

mod attempt;
mod held_guest;
mod inspect;
mod permission;
mod place;
mod relay;
mod terminal;

pub use attempt::{Run, run, run_keeping};
pub use inspect::{Inspected, inspect};
pub use place::{Place, Session, SessionError, SessionOptions};
pub use relay::shell;
pub use terminal::terminal_size;
