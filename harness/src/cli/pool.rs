//! Owns doing many things, so many at once.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Calls `work` with each number below `count`, in their order, `jobs` at once.
pub(super) fn each(count: usize, jobs: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, count.max(1)) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    work(number);
                }
            });
        }
    });
}
