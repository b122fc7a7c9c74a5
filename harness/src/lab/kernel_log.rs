//! Owns the reading of the kernel's log (`/dev/kmsg`) and of its taint, in a guest as root.
//!
//! The log is one for the whole kernel. On a machine that others use it tells of their doings, so it is read in
//! a guest only, whose kernel runs nothing but labs.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    os::unix::fs::OpenOptionsExt as _,
};

use crate::observe::{LogLine, Loss, NotWatched, Taint};

const DEVICE: &str = "/dev/kmsg";
const TAINTED: &str = "/proc/sys/kernel/tainted";
/// Largest record (`CONSOLE_EXT_LOG_MAX`, kernel/printk/internal.h).
const RECORD: usize = 8192;

/// The log from the moment of opening on.
pub(super) struct KernelLog {
    file: File,
    tainted: u64,
}

impl KernelLog {
    /// Opens the log at its end, or says why it cannot be watched.
    pub(super) fn open() -> Result<Self, NotWatched> {
        let unseen = |why: String| NotWatched {
            what: "the kernel log".into(),
            why,
        };
        if !in_guest() {
            return Err(unseen(
                "this kernel is not the lab's own, a splat would go unseen".into(),
            ));
        }
        let open = || -> io::Result<Self> {
            let mut options = File::options();
            let mut file = options
                .read(true)
                .custom_flags(libc::O_NONBLOCK)
                .open(DEVICE)?;
            file.seek(SeekFrom::End(0))?;
            let tainted = tainted()?;
            Ok(Self { file, tainted })
        };
        open().map_err(|e| unseen(format!("{DEVICE}: {e}; a splat would go unseen")))
    }

    /// Takes what was logged.
    pub(super) fn drain(
        &mut self,
        step: u32,
        lines: &mut Vec<LogLine>,
    ) -> io::Result<Option<Loss>> {
        let mut loss = None;
        let mut record = vec![0; RECORD];
        loop {
            match self.file.read(&mut record) {
                Ok(0) => return Ok(loss),
                Ok(length) => {
                    lines.extend(parse(step, &String::from_utf8_lossy(&record[..length])));
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(loss),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                // Records were overwritten before they were read (Documentation/ABI/testing/dev-kmsg).
                Err(e) if e.raw_os_error() == Some(libc::EPIPE) => {
                    loss = Some(Loss {
                        place: "the kernel log".into(),
                        what: "records were overwritten before they were read".into(),
                    });
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// How the kernel was tainted at the beginning, and is now.
    pub(super) fn taint(&self) -> io::Result<Taint> {
        Ok(Taint {
            before: self.tainted,
            after: tainted()?,
        })
    }
}

/// Whether the log can be watched here.
///
/// # Errors
/// Why not.
pub(crate) fn probe() -> Result<(), String> {
    KernelLog::open().map(drop).map_err(|unseen| unseen.why)
}

/// Whether this kernel was booted for labs: a guest's first process has its role from the command line.
pub(super) fn in_guest() -> bool {
    let role = format!("{}=guest-init", crate::agent::ROLE_ENV);
    std::fs::read_to_string("/proc/cmdline")
        .is_ok_and(|line| line.split_whitespace().any(|word| word == role))
}

fn tainted() -> io::Result<u64> {
    let text = std::fs::read_to_string(TAINTED)?;
    text.trim().parse().map_err(io::Error::other)
}

/// `PRIORITY,SEQUENCE,TIME,FLAGS[,...];TEXT`, then lines that begin with a space.
fn parse(step: u32, record: &str) -> Option<LogLine> {
    let (head, text) = record.split_once(';')?;
    let priority: u32 = head.split(',').next()?.parse().ok()?;
    Some(LogLine {
        step,
        level: (priority & 7) as u8,
        text: text.lines().next().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_record_is_its_level_and_text() {
        let line = parse(2, "12,340,5678,-;WARNING: x\n SUBSYSTEM=net\n").unwrap();
        assert_eq!(
            (line.step, line.level, line.text.as_str()),
            (2, 4, "WARNING: x")
        );
        assert!(parse(0, "no record").is_none());
    }
}
