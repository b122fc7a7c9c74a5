//! What a person gets to see of a run: the terminal report and the run folder.

mod decrypted;
mod difference;
mod esp_sa;
mod folder;
mod html;
mod junit;
mod notes;
mod pcapng;
mod style;
mod terminal;
#[cfg(test)]
mod tests;
mod timeline;
mod trace_lines;
mod window_folder;
mod wrap;

pub use difference::difference;
pub use folder::{
    FolderError, Recorded, RunRecord, clear_folder, is_folder, read_folder, write_folder,
};
pub use html::html;
pub use junit::{JunitCase, junit};
pub use pcapng::PcapngError;
pub use style::Style;
pub use terminal::{closing, outcome_word, render, verdict_lines};
pub use window_folder::{judge_windows, move_windows, write_window};
