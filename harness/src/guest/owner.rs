//! Owns the question "on whose behalf does this process run?". It only reads `/proc`.

use std::{fs, io};

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) pid: u32,
    /// In clock ticks since boot.
    pub(crate) started: u64,
}

/// What `/proc/PID/stat` says of a process.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    name: String,
    parent: u32,
    started: u64,
}

impl Owner {
    /// The nearest ancestor that runs tests, else the parent.
    pub(crate) fn find() -> io::Result<Self> {
        let own = read(std::process::id())?;
        if own.parent == 0 || (own.parent == 1 && !runs_tests(&read(1)?.name)) {
            // An orphan, whose cargo was killed: nothing may outlive it on behalf of pid 1.
            return Ok(Self {
                pid: std::process::id(),
                started: own.started,
            });
        }
        let parent = read(own.parent)?;
        let (mut pid, mut stat) = (own.parent, parent);
        let fallback = Self {
            pid,
            started: stat.started,
        };
        loop {
            if runs_tests(&stat.name) {
                return Ok(Self {
                    pid,
                    started: stat.started,
                });
            }
            if stat.parent == 0 {
                return Ok(fallback);
            }
            pid = stat.parent;
            // An ancestor of another namespace or user ends the search.
            match read(pid) {
                Ok(next) => stat = next,
                Err(_) => return Ok(fallback),
            }
        }
    }

    /// Whether it is still the same process.
    pub(crate) fn lives(self) -> bool {
        read(self.pid).is_ok_and(|stat| stat.started == self.started)
    }
}

fn runs_tests(name: &str) -> bool {
    matches!(name, "cargo" | "cargo-nextest")
}

fn read(pid: u32) -> io::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse(&text).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// `PID (NAME) STATE PPID ...`; the name may hold anything, so it ends at the last bracket.
/// Field 4 is the parent, field 22 the start time (`proc_pid_stat(5)`).
fn parse(text: &str) -> Option<Stat> {
    let (head, tail) = text.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let fields: Vec<&str> = tail.split_whitespace().collect();
    Some(Stat {
        name: name.to_owned(),
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_brackets_and_blanks_do_not_shift_the_fields() {
        let rest = "S 7 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        let expected = |name: &str| {
            Some(Stat {
                name: name.to_owned(),
                parent: 7,
                started: 4711,
            })
        };
        assert_eq!(parse(&format!("42 (cargo) {rest}")), expected("cargo"));
        assert_eq!(parse(&format!("42 (a) b (c) {rest}")), expected("a) b (c"));
        assert_eq!(parse("42 (cargo) S 7"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn an_owner_is_found_and_lives() {
        let owner = Owner::find().unwrap();
        assert!(owner.lives());
        assert!(
            !Owner {
                started: owner.started + 1,
                ..owner
            }
            .lives()
        );
    }
}
