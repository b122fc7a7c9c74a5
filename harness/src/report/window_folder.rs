//! Owns the windows of a run folder: `windows/STEP/NUMBER`, each written as it comes and read as it is judged, so that
//! neither takes more memory than one window. A window has the files of a run's own, its trace packed by `xz`, and sums
//! of its own.

#![expect(
    clippy::disallowed_methods,
    reason = "the run folder is where the pure half meets the disk"
)]

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use liblzma::{read::XzDecoder, stream::Stream, write::XzEncoder};

use super::folder::{FolderError, SUMS, digest, io_error, read};
use super::{pcapng, trace_lines};
use crate::judge::Windows;
use crate::observe::{Observations, Window};
use crate::plan::Plan;

const WINDOWS: &str = "windows";
/// In the order in which they are written.
const FILES: [&str; 3] = ["capture.pcapng", "trace.jsonl.xz", "observations.json"];
/// Traces repeat themselves so much that more effort gains little.
const EFFORT: u32 = 1;
/// Longest trace of a window as text. Its 1000 packets at most make some 300 bytes of text at each hook and rule: this
/// is room for a thousand of those each, with as much to spare. A folder may be a stranger's, and a few bytes of `xz`
/// can stand for any number of others.
const TRACE_MOST: usize = 512 << 20;
/// What unpacking may allocate; with that effort it takes 1 MiB and some.
const UNPACK_MEMORY: u64 = 64 << 20;

fn place(dir: &Path, step: u32) -> PathBuf {
    dir.join(WINDOWS).join((step + 1).to_string())
}

/// Removes the windows of an earlier run from a folder.
pub(super) fn clear_windows(dir: &Path) -> Result<(), FolderError> {
    remove(&dir.join(WINDOWS))
}

/// Moves the windows of one folder to another, in place of those that are there.
///
/// # Errors
/// Where they cannot be moved.
pub fn move_windows(from: &Path, to: &Path) -> Result<(), FolderError> {
    clear_windows(to)?;
    let (from, to) = (from.join(WINDOWS), to.join(WINDOWS));
    if !from.exists() {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| io_error("make", folder, e))?;
    }
    fs::rename(&from, &to).map_err(|e| io_error("move", &to, e))
}

fn remove(path: &Path) -> Result<(), FolderError> {
    match fs::remove_dir_all(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path, source))
        }
        _ => Ok(()),
    }
}

/// Writes a window; the first one of a step takes the place of all that are there.
///
/// # Errors
/// Where it cannot be written.
///
/// # Panics
/// Never: plain data with string keys is always JSON.
pub fn write_window(dir: &Path, window: &Window) -> Result<(), FolderError> {
    let place = place(dir, window.step);
    if window.number == 1 {
        remove(&place)?;
    }
    let place = place.join(window.number.to_string());
    fs::create_dir_all(&place).map_err(|source| io_error("create", &place, source))?;
    let seen = &window.observations;
    let rest = Observations {
        frames: Vec::new(),
        traces: Vec::new(),
        ..seen.clone()
    };
    let mut packed = XzEncoder::new(Vec::new(), EFFORT);
    let trace = place.join(FILES[1]);
    let lines = trace_lines::write(&seen.traces);
    if lines.len() > TRACE_MOST {
        return Err(FolderError::Malformed {
            path: trace,
            what: too_long(TRACE_MOST),
        });
    }
    let packed = packed
        .write_all(lines.as_bytes())
        .and_then(|()| packed.finish())
        .map_err(|source| io_error("pack", &trace, source))?;
    let contents: [Vec<u8>; FILES.len()] = [
        pcapng::write(&seen.frames, &[])?,
        packed,
        serde_json::to_vec(&rest).expect("plain data with string keys is always JSON"),
    ];
    let mut sums = String::new();
    for (name, bytes) in FILES.iter().zip(&contents) {
        let _ = writeln!(sums, "{}  {name}", digest(bytes));
        let path = place.join(name);
        fs::write(&path, bytes).map_err(|source| io_error("write", &path, source))?;
    }
    let path = place.join(SUMS);
    fs::write(&path, sums).map_err(|source| io_error("write", &path, source))
}

/// Judges the windows of a folder, one after the other.
///
/// # Errors
/// Where one is missing or is not as it was recorded.
pub fn judge_windows(dir: &Path, plan: &Plan) -> Result<Windows, FolderError> {
    let mut windows = Windows::default();
    for (index, step) in plan.steps.iter().enumerate() {
        for number in 1..=u32::from(step.windows.unwrap_or(0)) {
            windows.take(plan, read_window(dir, index as u32, number)?);
        }
    }
    Ok(windows)
}

fn read_window(dir: &Path, step: u32, number: u32) -> Result<Window, FolderError> {
    let place = place(dir, step).join(number.to_string());
    let sums = String::from_utf8_lossy(&read(&place.join(SUMS))?).into_owned();
    let mut contents = Vec::with_capacity(FILES.len());
    for (index, name) in FILES.iter().enumerate() {
        let path = place.join(name);
        let bytes = read(&path)?;
        if sums.lines().nth(index) != Some(format!("{}  {name}", digest(&bytes)).as_str()) {
            return Err(FolderError::Changed { path });
        }
        contents.push(bytes);
    }
    let malformed = |at: usize, what: String| FolderError::Malformed {
        path: place.join(FILES[at]),
        what,
    };
    let trace = unpack(&contents[1], TRACE_MOST).map_err(|what| malformed(1, what))?;
    let rest: Observations =
        serde_json::from_slice(&contents[2]).map_err(|e| malformed(2, e.to_string()))?;
    Ok(Window {
        step,
        number,
        observations: Observations {
            frames: pcapng::read(&contents[0])?,
            traces: trace_lines::read(&trace).map_err(|what| malformed(1, what))?,
            ..rest
        },
    })
}

fn too_long(most: usize) -> String {
    format!(
        "the trace of a window has more than {most} bytes of text\n(hint: more and shorter windows)"
    )
}

/// The text that was packed, if it is not longer than `most` bytes.
fn unpack(packed: &[u8], most: usize) -> Result<String, String> {
    let stream = Stream::new_stream_decoder(UNPACK_MEMORY, 0).map_err(|e| e.to_string())?;
    let mut text = Vec::new();
    XzDecoder::new_stream(packed, stream)
        .take(most as u64 + 1)
        .read_to_end(&mut text)
        .map_err(|e| e.to_string())?;
    if text.len() > most {
        return Err(too_long(most));
    }
    String::from_utf8(text).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &[u8], effort: u32) -> Vec<u8> {
        let mut packed = XzEncoder::new(Vec::new(), effort);
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn what_is_longer_unpacked_than_a_window_can_be_is_refused() {
        let text = vec![b'\n'; 1 << 20];
        let packed = packed(&text, EFFORT);
        assert!(packed.len() < 1000, "{} bytes", packed.len());
        assert_eq!(unpack(&packed, text.len()).unwrap().len(), text.len());
        let error = unpack(&packed, text.len() - 1).unwrap_err();
        assert!(error.contains("more than 1048575 bytes"), "{error}");
    }

    #[test]
    fn what_wants_more_memory_than_ours_is_refused() {
        // With the highest effort the dictionary alone has 64 MiB.
        let error = unpack(&packed(b"{}\n", 9), 100).unwrap_err();
        assert!(error.contains("memory"), "{error}");
    }
}
