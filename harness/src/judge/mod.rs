//! From what a run saw to a verdict: passes, stories, expectations, cause.
//! Everything here is pure: no process, no namespace, no clock, no file.
//!
//! ```text
//! traces  -> passes     one packet through one hook
//! frames  -> sightings  decoded, stitched into journeys
//!         -> story      one ordered list of events per packet (placement, clock)
//! blocks  -> pattern    what the file expects, line by line
//!         -> align      expected against seen (compare, detail)
//!         -> expectations, cause, verdict
//! ```

mod align;
mod blocks;
mod cause;
mod clock;

mod compare;
mod complete;
mod complete_facts;
mod cut;
mod declared;
mod detail;
mod each;
mod expectations;
mod finding;
mod last_seen;
mod layout;
mod line;
mod longest;
mod options6;
mod packet;
mod part6;
mod parts;
mod passes;
mod pattern;
mod placement;
mod schema;
mod sightings;
mod stated;
mod story;
#[cfg(test)]
pub(crate) mod tests;
mod tracked;
mod verdict;
mod windows;

pub use align::FieldDiff;
pub use blocks::Renewed;
pub(crate) use cause::cause_remedies;
pub use cause::{Cause, cause_names};
pub use complete::complete;
pub(crate) use detail::{Columns, Detail, text as line_text};
pub(crate) use each::is_packet;
pub use finding::{DiffLine, Finding, FindingKind, Sign};
pub(crate) use last_seen::{any_lost, event as last_event};
pub use line::{Fate, Place, StoryLine};
pub(crate) use longest::lines as common_lines;
pub use packet::{Class, IcmpError, Kind};
pub use passes::{DropPoint, Hook, LAB_TABLE};
pub use pattern::{BlockKind, CheckedBlock, Pattern, PatternError, check_block};
pub use schema::verdict_schema;
pub(crate) use sightings::sas;
pub use stated::{Stated, Statement, failure, stated, statements};
pub use story::{Event, Journey, StepStory, Story, WirePoint, tell};
pub use verdict::{Divergence, Outcome, VERDICT_SCHEMA, Verdict, judge, judge_story};
pub use windows::Windows;
