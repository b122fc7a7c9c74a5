//! Owns the account of what the parts of a run cost.

use std::time::{Duration, Instant};

use nix::{
    sys::time::TimeValLike as _,
    time::{ClockId, clock_gettime},
};

use crate::observe::Spent;

/// Counts one part after the other.
pub(super) struct Account {
    spent: Vec<Spent>,
    since: Instant,
    worked: Duration,
}

impl Account {
    /// Begins with the first part.
    pub(super) fn open() -> Self {
        Self {
            spent: Vec::new(),
            since: Instant::now(),
            worked: worked(),
        }
    }

    /// The part that ends now was this one; the next begins.
    pub(super) fn was(&mut self, part: &str) {
        let (now, worked) = (Instant::now(), worked());
        let found = self.spent.iter().position(|s| s.part == part);
        let index = found.unwrap_or_else(|| {
            self.spent.push(Spent {
                part: part.to_owned(),
                ..Spent::default()
            });
            self.spent.len() - 1
        });
        let entry = &mut self.spent[index];
        entry.wall_ns += nanoseconds(now - self.since);
        entry.thread_ns += nanoseconds(worked.saturating_sub(self.worked));
        (self.since, self.worked) = (now, worked);
    }

    /// The parts in the order in which they began.
    pub(super) fn close(self) -> Vec<Spent> {
        self.spent
    }
}

/// Processor time of the calling thread.
fn worked() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, |t| {
        Duration::from_nanos(t.num_nanoseconds().unsigned_abs())
    })
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
