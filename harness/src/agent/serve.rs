//! Owns the agent's side of the protocol: reads requests, gives each job a thread, writes
//! replies. What a job does is the [`Runner`]'s.

use std::{
    io::{self, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, PoisonError},
    thread,
};

use super::{
    AgentError, Hello, LabFailure, Runner,
    frame::{read_frame, write_frame},
    pace::Paces,
    protocol::{Reply, Request, VERSION},
    runner::initial_user_namespace,
    shell::serve_shell,
};

/// Where the kernel names the clock that it reads (Documentation/ABI/testing/sysfs-devices-system-clocksource).
const CLOCK: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

/// Labs at once, where nobody says: a lab waits far more than it computes, also where there is one processor.
pub(crate) fn usual_jobs() -> usize {
    thread::available_parallelism().map_or(8, |n| n.get().max(2) * 4)
}

/// Serves requests until `Quit` or the end of the stream, at most `jobs` at a time.
///
/// # Errors
///
/// When the stream breaks or carries something that is no request.
pub fn serve(
    mut reader: impl Read,
    writer: impl Write + Send,
    runner: &dyn Runner,
    jobs: usize,
) -> io::Result<()> {
    let writer = Mutex::new(writer);
    let paces = Paces::default();
    let permits = Permits {
        free: Mutex::new(jobs.max(1)),
        returned: Condvar::new(),
    };
    let answer = |reply: &Reply| {
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        write_frame(&mut *writer, reply)
    };
    answer(&Reply::Hello(runner.hello()?))?;
    thread::scope(|scope| {
        // However this ends, jobs that wait for a word of the host end too.
        let _closes = Closes(&paces);
        loop {
            let job = match read_frame(&mut reader)? {
                None | Some(Request::Quit) => return Ok(()),
                Some(Request::More { id, wanted }) => {
                    paces.more(id, wanted);
                    continue;
                }
                Some(Request::Shell(request)) => {
                    return serve_shell(&request, &mut reader, &answer);
                }
                Some(job) => job,
            };
            let (answer, permits, paces) = (&answer, &permits, &paces);
            // A lab moves its thread into namespaces, so no thread serves twice. It waits for its turn itself: who
            // reads requests must go on, for the sake of jobs that wait for a word of theirs.
            scope.spawn(move || {
                permits.take();
                let reply = work(job, runner, paces, answer);
                permits.put_back();
                // A host that has gone shows as the end of the stream in the loop above.
                drop(answer(&reply));
            });
        }
    })
}

/// Closes the paces when it goes.
struct Closes<'p>(&'p Paces);

impl Drop for Closes<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn work(
    job: Request,
    runner: &dyn Runner,
    paces: &Paces,
    answer: &dyn Fn(&Reply) -> io::Result<()>,
) -> Reply {
    match job {
        Request::Run { id, plan, options } => {
            let mut pace = paces.begin(id);
            let mut sink = |window| {
                pace.ready()?;
                let window = Box::new(window);
                answer(&Reply::Window { id, window }).map_err(|e| e.to_string())
            };
            let run = || runner.run(&plan, &options, &mut sink);
            let result = guarded("run the lab", run).map(Box::new);
            paces.end(id);
            ended(result, |result| Reply::Done { id, result })
        }
        Request::Probe { id, needs, options } => {
            let result = guarded("probe", || runner.probe(&needs, &options));
            ended(result, |result| Reply::Probed { id, result })
        }
        Request::Inspect { id, plan, script } => {
            let result = guarded("inspect", || runner.inspect(&plan, &script)).map(Box::new);
            ended(result, |result| Reply::Inspected { id, result })
        }
        Request::More { .. }
        | Request::Shell(_)
        | Request::Input(_)
        | Request::InputEnded
        | Request::Resize(_)
        | Request::Quit => Reply::Log("a request out of turn was passed over".to_owned()),
    }
}

/// The reply to a job: its own end, or that of everything.
fn ended<T>(
    result: Result<T, AgentError>,
    reply: impl FnOnce(Result<T, LabFailure>) -> Reply,
) -> Reply {
    match result {
        Ok(done) => reply(Ok(done)),
        Err(AgentError::Lab(failure)) => reply(Err(failure)),
        Err(AgentError::Unwanted(why)) => reply(Err(LabFailure {
            operation: "keep what was seen".to_owned(),
            said: Some(why),
            ..LabFailure::default()
        })),
        Err(AgentError::Lost(why) | AgentError::Refused(why) | AgentError::Late(why)) => {
            Reply::Lost(why)
        }
    }
}

/// A job that panics is a failure of that job, never of the others.
fn guarded<T>(
    operation: &str,
    job: impl FnOnce() -> Result<T, AgentError>,
) -> Result<T, AgentError> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Err(AgentError::Lab(LabFailure {
            operation: operation.to_owned(),
            said: Some(format!("the agent panicked: {text}")),
            ..LabFailure::default()
        }))
    })
}

/// Who this process is, on the kernel that it runs on.
pub(crate) fn hello() -> io::Result<Hello> {
    let uname = nix::sys::utsname::uname()?;
    Ok(Hello {
        protocol: VERSION,
        release: uname.release().to_string_lossy().into_owned(),
        version: uname.version().to_string_lossy().into_owned(),
        root: initial_user_namespace() && nix::unistd::geteuid().is_root(),
        clock: std::fs::read_to_string(CLOCK)
            .map_or_else(|_| String::new(), |c| c.trim().to_owned()),
        cpus: thread::available_parallelism().map_or(1, |n| n.get() as u32),
        place: String::new(),
    })
}

struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

impl Permits {
    fn take(&self) {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = self.returned.wait_while(free, |free| *free == 0);
        *wait.unwrap_or_else(PoisonError::into_inner) -= 1;
    }

    fn put_back(&self) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.returned.notify_one();
    }
}
