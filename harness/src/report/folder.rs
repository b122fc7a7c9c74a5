//! Owns the run folder: everything that one run saw and said, on disk, and reading it
//! back to judge it again. The only file of this module that touches the file system.
//!
//! `SHA256SUMS` covers every other file, in the form of `sha256sum`: a folder in which one byte changed is not
//! judged. What an earlier judging said and what is only looked at may be gone: verdict, reports, `esp_sa`, with
//! which `tshark -o esp.enable_encryption_decode:TRUE` shows what is inside ESP, and `decrypted.pcapng`, which
//! any reader of captures shows so.

#![expect(
    clippy::disallowed_methods,
    reason = "the run folder is where the pure half meets the disk"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::pcapng::{self, PcapngError};
use super::trace_lines;
use super::{decrypted, esp_sa, html, notes};
use crate::judge::Verdict;
use crate::observe::Observations;
use crate::plan::Plan;

/// Version of the folder's own files; raised when a reader of the old must fail.
const FOLDER_SCHEMA: u32 = 3;

const TOPOLOGY: &str = "topology.toml";
const SCRIPT: &str = "script.sh";
const CAPTURE: &str = "capture.pcapng";
const TRACE: &str = "trace.jsonl";
const OBSERVATIONS: &str = "observations.json";
const PLAN: &str = "plan.json";
const VERDICT: &str = "verdict.json";
const REPORT: &str = "report.txt";
const PAGE: &str = "report.html";
const ESP_SA: &str = "esp_sa";
const DECRYPTED: &str = "decrypted.pcapng";
pub(super) const SUMS: &str = "SHA256SUMS";

/// Every file of a run folder but the sums, in the order in which they are written.
const FILES: [&str; 11] = [
    TOPOLOGY,
    SCRIPT,
    CAPTURE,
    TRACE,
    OBSERVATIONS,
    PLAN,
    VERDICT,
    REPORT,
    PAGE,
    ESP_SA,
    DECRYPTED,
];

/// How many of `FILES` judging needs; the rest is what an earlier judging said, and may be gone.
const NEEDED: usize = 6;

/// What goes into a run folder.
#[derive(Clone, Copy, Debug)]
pub struct RunRecord<'a> {
    /// Text of the topology file.
    pub topology: &'a str,
    /// The plan that ran: of the file or a variant, with what was set from outside.
    pub plan: &'a Plan,
    /// The world as a shell script.
    pub script: &'a str,
    pub observations: &'a Observations,
    pub verdict: &'a Verdict,
    /// The terminal report without colour.
    pub report: &'a str,
}

/// What is needed to judge a run again.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub topology: String,
    pub plan: Plan,
    pub observations: Observations,
}

/// Why a run folder cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("{verb} `{}`: {source}", path.display())]
    Io {
        verb: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "`{}` is not as it was recorded: its digest differs from `SHA256SUMS`\n(hint: judge an unchanged copy, or run the topology again)",
        path.display()
    )]
    Changed { path: PathBuf },
    #[error("`{}`: {what}", path.display())]
    Malformed { path: PathBuf, what: String },
    #[error("run folder `{}` has schema {found}, this program reads {FOLDER_SCHEMA}", path.display())]
    Schema { path: PathBuf, found: u32 },
    #[error("capture: {0}")]
    Capture(#[from] PcapngError),
}

/// `observations.json`: all that is neither a frame nor a trace event.
#[derive(Serialize, Deserialize)]
struct Rest {
    schema: u32,
    observations: Observations,
}

/// Writes a run folder; `dir` is made where it is missing.
pub fn write_folder(dir: &Path, run: &RunRecord<'_>) -> Result<(), FolderError> {
    fs::create_dir_all(dir).map_err(|source| io_error("create", dir, source))?;
    let notes = notes::notes(run.plan, run.observations, run.verdict);
    let capture = pcapng::write(&run.observations.frames, &notes)?;
    let rest = Rest {
        schema: FOLDER_SCHEMA,
        observations: Observations {
            frames: Vec::new(),
            traces: Vec::new(),
            // They have folders of their own.
            windows: Vec::new(),
            ..run.observations.clone()
        },
    };
    let contents: [Vec<u8>; FILES.len()] = [
        run.topology.into(),
        run.script.into(),
        capture,
        trace_lines::write(&run.observations.traces).into(),
        json(&rest),
        json(run.plan),
        json(run.verdict),
        run.report.into(),
        html::html(run.plan, run.observations, run.verdict).into(),
        esp_sa::write(run.plan, run.observations).into(),
        pcapng::write(&decrypted::frames(run.plan, run.observations), &[])?,
    ];
    let mut sums = String::new();
    for (name, bytes) in FILES.iter().zip(&contents) {
        let _ = writeln!(sums, "{}  {name}", digest(bytes));
        let path = dir.join(name);
        fs::write(&path, bytes).map_err(|source| io_error("write", &path, source))?;
    }
    let path = dir.join(SUMS);
    fs::write(&path, sums).map_err(|source| io_error("write", &path, source))?;
    Ok(())
}

/// Whether a run wrote this folder, whatever became of it since.
pub fn is_folder(dir: &Path) -> bool {
    dir.join(SUMS).is_file()
}

/// Removes what an earlier run left in a folder, so that what is found there is of the run that is to come.
///
/// # Errors
/// Where something cannot be removed.
pub fn clear_folder(dir: &Path) -> Result<(), FolderError> {
    super::window_folder::clear_windows(dir)?;
    // The sums first: without them nothing that is left is a run folder.
    for name in [SUMS].iter().chain(&FILES) {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(io_error("remove", &path, source));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reads a run folder back and refuses it if anything in it was changed.
pub fn read_folder(dir: &Path) -> Result<Recorded, FolderError> {
    let sums_path = dir.join(SUMS);
    let sums = String::from_utf8_lossy(&read(&sums_path)?).into_owned();
    let mut contents = Vec::with_capacity(FILES.len());
    for (index, name) in FILES.iter().enumerate() {
        let path = dir.join(name);
        if index >= NEEDED && !path.exists() {
            continue;
        }
        let bytes = read(&path)?;
        if sums.lines().nth(index) != Some(format!("{}  {name}", digest(&bytes)).as_str()) {
            return Err(FolderError::Changed { path });
        }
        contents.push(bytes);
    }
    if sums.lines().count() != FILES.len() || !sums.ends_with('\n') {
        return Err(FolderError::Changed { path: sums_path });
    }
    let malformed = |name: &str, what: String| FolderError::Malformed {
        path: dir.join(name),
        what,
    };
    let text = |at: usize| {
        String::from_utf8(contents[at].clone()).map_err(|e| malformed(FILES[at], e.to_string()))
    };
    let rest: Rest =
        serde_json::from_slice(&contents[4]).map_err(|e| malformed(OBSERVATIONS, e.to_string()))?;
    if rest.schema != FOLDER_SCHEMA {
        return Err(FolderError::Schema {
            path: dir.to_owned(),
            found: rest.schema,
        });
    }
    let traces = trace_lines::read(&text(3)?).map_err(|what| malformed(TRACE, what))?;
    let frames = pcapng::read(&contents[2])?;
    Ok(Recorded {
        topology: text(0)?,
        plan: serde_json::from_slice(&contents[5]).map_err(|e| malformed(PLAN, e.to_string()))?,
        observations: Observations {
            frames,
            traces,
            ..rest.observations
        },
    })
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    let mut bytes =
        serde_json::to_vec_pretty(value).expect("plain data with string keys is always JSON");
    bytes.push(b'\n');
    bytes
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, FolderError> {
    fs::read(path).map_err(|source| io_error("read", path, source))
}

pub(super) fn io_error(verb: &'static str, path: &Path, source: std::io::Error) -> FolderError {
    FolderError::Io {
        verb,
        path: path.to_owned(),
        source,
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}
