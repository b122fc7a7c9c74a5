//! Owns `GuestError`: why there is no guest, and what to do about it.

use std::{io, path::Path};

/// A guest could not be prepared, started or kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum GuestError {
    /// `--kernel` names no kernel.
    #[error(
        "no kernel is named by `{text}`: {why}\n(hint: `host`, `debian:6.12`, a `.deb`, `IMAGE:MODULES-FOLDER`, or a built kernel tree)"
    )]
    Choice { text: String, why: String },
    /// A file or folder could not be read or written.
    #[error("failed to {what} `{path}`: {why}")]
    File {
        what: &'static str,
        path: String,
        why: String,
    },
    /// A program that the guest needs failed or is absent.
    #[error("`{program}` failed: {said}{}", .hint.as_ref().map(|h| format!("\n(hint: {h})")).unwrap_or_default())]
    Tool {
        program: String,
        said: String,
        hint: Option<String>,
    },
    /// The kernel package or its contents are not what they should be.
    #[error("{0}")]
    Package(String),
    /// The guest was started twice and did not answer either time, or cannot be started at all.
    #[error("the guest did not start: {why}\n{before}{console}\n(hint: {hint})")]
    Boot {
        why: String,
        /// What earlier tries ended with, one line each.
        before: String,
        console: String,
        hint: String,
    },
    /// The broker that shares one guest between test executables is out of reach.
    #[error("failed to reach the guest's broker: {0}")]
    Broker(String),
}

impl GuestError {
    /// For `map_err`: an operation on a path that failed.
    pub(crate) fn file(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.display().to_string();
        move |error| Self::File {
            what,
            path,
            why: error.to_string(),
        }
    }
}
