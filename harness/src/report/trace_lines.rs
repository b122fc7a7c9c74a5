//! Owns `trace.jsonl`: one trace event per line, header bytes in hexadecimal. It never
//! touches the file system; text in, text out.

use crate::observe::Trace;

/// All trace events, one line each.
pub(crate) fn write(traces: &[Trace]) -> String {
    let mut out = String::new();
    for trace in traces {
        let line =
            serde_json::to_string(trace).expect("plain data with string keys is always JSON");
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// Reads what [`write()`] wrote; the error names the line.
pub(crate) fn read(text: &str) -> Result<Vec<Trace>, String> {
    text.lines()
        .enumerate()
        .map(|(at, line)| serde_json::from_str(line).map_err(|e| format!("line {}: {e}", at + 1)))
        .collect()
}
