//! Owns the reading of how much memory this process has needed.

use std::fs;

/// Most memory that was ever resident, in bytes (`VmHWM`, `proc_pid_status(5)`); 0 where the kernel does not say.
pub(super) fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let line = lines.find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
