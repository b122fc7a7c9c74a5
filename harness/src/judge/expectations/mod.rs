//! What a file expects, one file per kind of expectation: each holds what was seen
//! against the plan and yields findings. None of them knows of the others.

mod changes;
mod commands;
mod connections;
mod counters;
mod envelope;
mod events;
mod faults;
mod freed;
mod log;
mod matching;
mod meters;
mod node;
mod outcome;
mod refusal;
mod wire;

pub(crate) use changes::check as check_changes;
pub(crate) use commands::check as check_commands;
pub(crate) use connections::check as check_connections;
pub(crate) use counters::{check as check_counters, moved};
pub(crate) use envelope::check as check_envelope;
pub(crate) use events::check as check_events;
pub(crate) use faults::{expected_taint, faults};
pub(crate) use freed::{check as check_freed, told as freed_at};
pub(crate) use log::check as check_log;
pub(crate) use meters::{check as check_meters, moved as meters_moved};
pub(crate) use node::{check as check_nodes, seen_at, seen_whole};
pub(crate) use outcome::{check as check_outcomes, delivery};
pub(crate) use refusal::{check as check_refusals, wrong as wrongly_refused};
pub(crate) use wire::{check as check_wires, sent_lines};
