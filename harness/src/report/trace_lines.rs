//! Owns `trace.jsonl`: one trace event per line, header bytes in hexadecimal. It never
//! touches the file system; text in, text out.

use std::fmt::Write as _;

use serde_json::Value;

use crate::observe::Trace;

/// The members that hold bytes.
const BYTES: [&str; 2] = ["network", "transport"];

/// All trace events, one line each.
pub(crate) fn write(traces: &[Trace]) -> String {
    let mut out = String::new();
    for trace in traces {
        let mut value =
            serde_json::to_value(trace).expect("plain data with string keys is always JSON");
        for (name, bytes) in [(BYTES[0], &trace.network), (BYTES[1], &trace.transport)] {
            let hex = bytes.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            value[name] = Value::String(hex);
        }
        out.push_str(&value.to_string());
        out.push('\n');
    }
    out
}

/// Reads what [`write()`] wrote; the error names the line.
pub(crate) fn read(text: &str) -> Result<Vec<Trace>, String> {
    text.lines()
        .enumerate()
        .map(|(at, line)| read_line(line).map_err(|e| format!("line {}: {e}", at + 1)))
        .collect()
}

fn read_line(line: &str) -> Result<Trace, String> {
    let mut value: Value = serde_json::from_str(line).map_err(|e| e.to_string())?;
    for name in BYTES {
        let bytes = value
            .get(name)
            .and_then(Value::as_str)
            .and_then(unhex)
            .ok_or_else(|| format!("`{name}` is not hexadecimal"))?;
        value[name] = Value::from(bytes);
    }
    serde_json::from_value(value).map_err(|e| e.to_string())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}
