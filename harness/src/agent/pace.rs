//! Owns the pace of runs that send windows: how far the agent may be ahead of the host. It keeps what is in flight
//! bounded, whatever lies between the two.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
};

/// Windows that may be under way: while one is judged, the next is driven.
const AHEAD: u32 = 1;

/// Why a run ends whose host is gone or wants no more.
const UNWANTED: &str = "the host wants no more windows";

/// The runs that are under way.
#[derive(Default)]
pub(super) struct Paces(Mutex<Runs>);

#[derive(Default)]
struct Runs {
    /// The host speaks no more.
    closed: bool,
    /// Where the host's words for each run go.
    words: HashMap<u32, mpsc::Sender<bool>>,
}

/// The pace of one run.
pub(super) struct Pace {
    words: mpsc::Receiver<bool>,
    /// Windows that were sent and that the host has not spoken of.
    sent: u32,
}

impl Paces {
    /// A run begins.
    pub(super) fn begin(&self, id: u32) -> Pace {
        let (sender, words) = mpsc::channel();
        let mut runs = self.lock();
        if !runs.closed {
            runs.words.insert(id, sender);
        }
        Pace { words, sent: 0 }
    }

    /// The host speaks. A run that has ended needs no word.
    pub(super) fn more(&self, id: u32, wanted: bool) {
        if let Some(run) = self.lock().words.get(&id) {
            let _ = run.send(wanted);
        }
    }

    /// A run has ended.
    pub(super) fn end(&self, id: u32) {
        self.lock().words.remove(&id);
    }

    /// The host speaks no more: runs that wait for a word of it end.
    pub(super) fn close(&self) {
        let mut runs = self.lock();
        runs.closed = true;
        runs.words.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Runs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    /// Waits until one more window may be sent.
    pub(super) fn ready(&mut self) -> Result<(), String> {
        while self.sent > AHEAD {
            self.sent -= 1;
            match self.words.recv() {
                Ok(true) => {}
                Ok(false) | Err(_) => return Err(UNWANTED.to_owned()),
            }
        }
        self.sent += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_a_window_ahead_and_no_more() {
        let paces = Paces::default();
        let mut pace = paces.begin(7);
        paces.more(7, true);
        for _ in 0..3 {
            assert_eq!(pace.ready(), Ok(()), "two at once and one for the word");
        }
        paces.more(7, false);
        assert_eq!(pace.ready(), Err(UNWANTED.to_owned()));
    }

    #[test]
    fn a_run_whose_host_has_gone_ends() {
        let paces = Paces::default();
        let (mut before, ended) = (paces.begin(1), [true; 2]);
        paces.close();
        let mut after = paces.begin(2);
        let ends = |pace: &mut Pace| (0..3).any(|_| pace.ready().is_err());
        assert_eq!([ends(&mut before), ends(&mut after)], ended);
    }
}
