//! Owns the wait until every CPU has worked its present work items off: what a transport SA opened is handed on by
//! one (`xfrm_trans_queue` in `net/xfrm/xfrm_input.c`; a tasklet on 5.10).
//!
//! `vm.stat_refresh` waits so for root of the machine, or of the guest. An ordinary user may not write it, not even to a
//! file that root opened for it; it asks the root process that started it, where one did.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::net::UnixStream,
    sync::{Mutex, OnceLock, PoisonError},
    thread,
};

/// Writing here queues an item for each CPU and waits for all of them (`schedule_on_each_cpu` in
/// `vmstat_refresh`, mm/vmstat.c); items of one CPU start in the order in which they came.
const STAT_REFRESH: &str = "/proc/sys/vm/stat_refresh";

/// The stream on which the process that started this one is asked.
static ASKED: OnceLock<Mutex<UnixStream>> = OnceLock::new();

/// Waits until every CPU has worked its present items off, where this process may ask for that, or the one that
/// started it does.
pub(crate) fn wait() {
    match ASKED.get() {
        // One that has gone ends this process too; until then it is as if there had been none.
        Some(root) => drop(ask(&mut root
            .lock()
            .unwrap_or_else(PoisonError::into_inner))),
        None => refresh(),
    }
}

/// From now on the other end of `stream` is asked.
pub(crate) fn ask_through(stream: UnixStream) {
    drop(ASKED.set(Mutex::new(stream)));
}

/// Answers a process that this one starts, in a thread that ends with it. Gives the end for [`ask_through`].
///
/// # Errors
/// Where there is no descriptor or thread to be had.
pub(crate) fn answer() -> io::Result<UnixStream> {
    let (ours, theirs) = UnixStream::pair()?;
    thread::Builder::new()
        .name("work-items".to_owned())
        .spawn(move || drop(serve(ours, refresh)))?;
    Ok(theirs)
}

fn refresh() {
    static REFRESH: OnceLock<Option<File>> = OnceLock::new();
    let open = || OpenOptions::new().write(true).open(STAT_REFRESH).ok();
    if let Some(mut refresh) = REFRESH.get_or_init(open).as_ref() {
        // What is written has no meaning. Some kernels say EINVAL of a counter below zero, after
        // all CPUs are through.
        drop(refresh.write(b"1"));
    }
}

/// A byte is a question, and its echo the answer.
fn ask(stream: &mut UnixStream) -> io::Result<()> {
    let mut byte = [1];
    stream.write_all(&byte)?;
    stream.read_exact(&mut byte)
}

fn serve(mut stream: UnixStream, work: impl Fn()) -> io::Result<()> {
    let mut byte = [0];
    loop {
        stream.read_exact(&mut byte)?;
        work();
        stream.write_all(&byte)?;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn the_answer_comes_when_the_work_is_done() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let done = AtomicU32::new(0);
        thread::scope(|scope| {
            let work = || {
                done.fetch_add(1, Ordering::SeqCst);
            };
            let server = scope.spawn(move || serve(ours, work));
            for times in 1..=3 {
                ask(&mut theirs).unwrap();
                assert_eq!(done.load(Ordering::SeqCst), times);
            }
            drop(theirs);
            server.join().unwrap().unwrap_err();
        });
    }

    #[test]
    fn nobody_waits_for_one_that_has_gone() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        drop(ours);
        ask(&mut theirs).unwrap_err();
    }
}
