//! Owns the guest's console: the last lines of the kernel's log and of QEMU's complaints,
//! and the signs that the guest is lost. It ends nothing but the agent's stream.

use std::{
    collections::VecDeque,
    io::{BufRead as _, BufReader},
    net::Shutdown,
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

/// Lines that are kept for a report.
const KEPT: usize = 60;

/// Words by which a kernel or QEMU says that nothing more will come.
const LOST: &[&str] = &[
    "Kernel panic - not syncing",
    "KVM internal error",
    "PANIC: double fault",
    "watchdog: BUG: soft lockup",
    "watchdog: Watchdog detected hard LOCKUP",
    "detected stalls on CPUs/tasks",
    "qemu-system-x86_64: ",
];

/// What the kernel writes behind the name of the first exception that it cannot handle
/// (arch/x86/kernel/dumpstack.c, `__die_header`, v6.12).
const FAULT: &str = " [#1]";

/// What the console has shown so far.
#[derive(Default)]
pub(crate) struct Console(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    lines: VecDeque<String>,
    /// The first line of the kernel's first report: `int3: 0000 [#1] PREEMPT SMP`. A page of
    /// registers lies between it and the panic.
    fault: Option<String>,
    lost: Option<String>,
}

impl Console {
    /// Reads the console on a thread of its own until it ends. A sign that the guest is lost
    /// ends `agent`, the stream on which somebody waits.
    pub(crate) fn watch(from: UnixStream, agent: UnixStream) -> std::io::Result<Arc<Self>> {
        let console = Arc::new(Self::default());
        let watched = Arc::clone(&console);
        thread::Builder::new()
            .name("guest-console".to_owned())
            .spawn(move || {
                for line in BufReader::new(from).split(b'\n') {
                    let Ok(line) = line else { break };
                    if watched.lock().add(&String::from_utf8_lossy(&line)) {
                        // Nobody waits any more if this fails.
                        drop(agent.shutdown(Shutdown::Both));
                    }
                }
            })?;
        Ok(console)
    }

    /// The sign that the guest is lost, if one was seen.
    pub(crate) fn lost(&self) -> Option<String> {
        let seen = self.lock();
        let sign = seen.lost.clone()?;
        Some(match &seen.fault {
            Some(fault) => format!("{fault}: {sign}"),
            None => sign,
        })
    }

    /// The last `count` lines.
    pub(crate) fn tail(&self, count: usize) -> String {
        let seen = self.lock();
        let skip = seen.lines.len().saturating_sub(count);
        let lines: Vec<&str> = seen.lines.iter().skip(skip).map(String::as_str).collect();
        if lines.is_empty() {
            "(the console stayed empty)".to_owned()
        } else {
            lines.join("\n")
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Keeps a line; says whether it is the first sign that the guest is lost.
    fn add(&mut self, line: &str) -> bool {
        let line = printable(line);
        if line.is_empty() {
            return false;
        }
        if self.fault.is_none() && line.contains(FAULT) {
            self.fault = Some(line.clone());
        }
        let new = self.lost.is_none() && LOST.iter().any(|sign| line.contains(sign));
        if new {
            self.lost = Some(line.clone());
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        new
    }
}

/// A line without what would move a terminal's cursor.
fn printable(line: &str) -> String {
    line.trim_end()
        .chars()
        .filter(|c| !c.is_control() || *c == '\t')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: bool) {
        assert_eq!(Seen::default().add(line), expected);
    }

    #[test]
    fn only_signs_of_a_lost_guest_end_the_wait() {
        check(
            "[    1.2] Kernel panic - not syncing: Fatal exception in interrupt\r",
            true,
        );
        check("KVM internal error. Suberror: 1", true);
        check("[    0.0] Linux version 6.12", false);
        check("", false);
    }

    #[test]
    fn the_first_exception_is_named_beside_the_panic() {
        let mut seen = Seen::default();
        assert!(!seen.add("[    7.1] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\r"));
        assert!(!seen.add("[    7.1] RIP: 0010:NF_HOOK.constprop.0+0x22/0x150\r"));
        assert!(seen.add("[    7.2] Kernel panic - not syncing: Fatal exception\r"));
        assert_eq!(
            Console(Mutex::new(seen)).lost().as_deref(),
            Some(
                "[    7.1] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI: \
                 [    7.2] Kernel panic - not syncing: Fatal exception"
            )
        );
    }

    #[test]
    fn the_tail_is_bounded_and_free_of_control_characters() {
        let mut seen = Seen::default();
        for n in 0..200 {
            seen.add(&format!("\x1b[2Jline {n}\r"));
        }
        assert_eq!(seen.lines.len(), KEPT);
        let console = Console(Mutex::new(seen));
        assert_eq!(console.tail(2), "[2Jline 198\n[2Jline 199");
    }
}
