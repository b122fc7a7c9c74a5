//! Owns [`Agent`]: the host's handle on an agent, over any byte stream. It knows nothing of
//! where the agent runs.

use std::{
    any::Any,
    collections::HashMap,
    io::{Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use super::{
    Hello, LabFailure, Missing, RunOptions,
    frame::{read_frame, write_frame},
    protocol::{Inspection, Reply, Request, ShellRequest, VERSION},
};
use crate::{
    observe::{Observations, Window},
    plan::{Need, Plan},
};

/// How long an agent may say nothing to anybody while a request waits. Everything that a lab waits for has a limit of
/// its own, the longest 30 s but for commands, whose limits are added; and the longest run of a suite takes a tenth of
/// this on an emulated processor: an agent that is silent for so long will not speak again.
const SILENCE: Duration = Duration::from_secs(300);

/// Why an agent did not answer as asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AgentError {
    /// The job reached the kernel and broke there.
    #[error(transparent)]
    Lab(#[from] LabFailure),
    /// The agent or its guest died, or the stream carried nonsense.
    #[error("lost the agent: {0}")]
    Lost(String),
    /// The agent could not begin.
    #[error("failed to start the agent: {0}")]
    Refused(String),
    /// The agent said nothing for as long as its stream may be read.
    #[error("failed to start the agent: it did not begin in time\n{0}")]
    Late(String),
    /// Whoever took the windows of a run wanted no more.
    #[error("failed to keep what was seen: {0}")]
    Unwanted(String),
}

/// A running agent. Calls may come from several threads at once. Dropping the last clone
/// ends the agent, and with it everything that it made.
#[derive(Clone)]
pub struct Agent {
    shared: Arc<Shared>,
}

struct Shared {
    hello: Hello,
    link: Arc<Link>,
    /// Whatever must live as long as the agent: a child, a guest.
    _keeps: Box<dyn Any + Send + Sync>,
}

struct Link {
    writer: Mutex<Box<dyn Write + Send>>,
    state: Mutex<State>,
    /// Where the answers of a shell go.
    shell: Mutex<Option<mpsc::Sender<Reply>>>,
    why_lost: WhyLost,
    /// When the agent last said anything.
    heard: Mutex<Instant>,
    /// [`SILENCE`], but for tests.
    silence: Duration,
}

#[derive(Default)]
struct State {
    next: u32,
    waiting: HashMap<u32, mpsc::Sender<Reply>>,
    lost: Option<String>,
}

/// Asked once, when the stream ends, for the reason: the last lines of a console, say. Its
/// argument is what the stream itself said.
pub(crate) type WhyLost = Box<dyn Fn(String) -> String + Send + Sync>;

impl Agent {
    /// Waits for the agent's first frame and takes the stream over. The caller sees to it
    /// that the stream ends if the agent never speaks.
    pub(crate) fn connect(
        mut reader: impl Read + Send + 'static,
        writer: impl Write + Send + 'static,
        place: Option<&str>,
        keeps: Box<dyn Any + Send + Sync>,
        why_lost: WhyLost,
    ) -> Result<Self, AgentError> {
        let mut hello = match read_frame(&mut reader) {
            Ok(Some(Reply::Hello(hello))) => hello,
            Ok(Some(Reply::Refused(why))) => return Err(AgentError::Refused(why)),
            Ok(Some(_)) => return Err(AgentError::Refused("it spoke out of turn".to_owned())),
            Ok(None) => return Err(AgentError::Lost(why_lost("it ended at once".to_owned()))),
            Err(e) if is_late(&e) => return Err(AgentError::Late(why_lost(e.to_string()))),
            Err(e) => return Err(AgentError::Lost(why_lost(e.to_string()))),
        };
        if hello.protocol != VERSION {
            return Err(AgentError::Refused(format!(
                "it speaks protocol {}, this build speaks {VERSION}",
                hello.protocol
            )));
        }
        if let Some(place) = place {
            place.clone_into(&mut hello.place);
        }
        let link = Arc::new(Link {
            writer: Mutex::new(Box::new(writer)),
            state: Mutex::default(),
            shell: Mutex::default(),
            why_lost,
            heard: Mutex::new(Instant::now()),
            silence: SILENCE,
        });
        let listener = Arc::clone(&link);
        thread::Builder::new()
            .name("agent-replies".to_owned())
            .spawn(move || listener.listen(reader))
            .map_err(|e| AgentError::Refused(e.to_string()))?;
        Ok(Self {
            shared: Arc::new(Shared {
                hello,
                link,
                _keeps: keeps,
            }),
        })
    }

    /// Who answers, and on which kernel.
    pub fn hello(&self) -> &Hello {
        &self.shared.hello
    }

    /// Runs a plan and returns what was seen; windows go to `sink` as they come, and what it says ends the run. Blocks
    /// until the run has ended.
    pub fn run(
        &self,
        plan: &Plan,
        options: &RunOptions,
        sink: &mut dyn FnMut(Window) -> Result<(), String>,
    ) -> Result<Observations, AgentError> {
        let commands = plan.command_time();
        let plan = Box::new(plan.clone());
        let options = options.clone();
        let link = &self.shared.link;
        let (id, replies) = link.begin(|id| Request::Run { id, plan, options })?;
        let mut unwanted = None;
        loop {
            match link.next(&replies, commands)? {
                Reply::Window { window, .. } => {
                    if unwanted.is_none() {
                        unwanted = sink(*window).err();
                    }
                    let wanted = unwanted.is_none();
                    self.tell(&Request::More { id, wanted })?;
                }
                Reply::Done { result, .. } => {
                    if let Some(why) = unwanted {
                        return Err(AgentError::Unwanted(why));
                    }
                    let mut seen = *result?;
                    if !self.shared.hello.place.is_empty() {
                        self.shared.hello.place.clone_into(&mut seen.kernel.place);
                    }
                    return Ok(seen);
                }
                other => return Err(out_of_turn(&other)),
            }
        }
    }

    /// Builds the world of a plan, runs a script in its first node, and gives what it printed and what is there.
    /// One at a time: the names of its namespaces are those of the file.
    pub fn inspect(&self, plan: &Plan, script: &str) -> Result<Inspection, AgentError> {
        let (plan, script) = (Box::new(plan.clone()), script.to_owned());
        match self
            .shared
            .link
            .ask(|id| Request::Inspect { id, plan, script })?
        {
            Reply::Inspected { result, .. } => Ok(*result?),
            other => Err(out_of_turn(&other)),
        }
    }

    /// Asks for a shell. What comes back are `Driven`, `Output` and at last `ShellEnded`; the agent does nothing else
    /// from then on.
    pub(crate) fn shell(&self, request: ShellRequest) -> Result<mpsc::Receiver<Reply>, AgentError> {
        let (sender, receiver) = mpsc::channel();
        *lock(&self.shared.link.shell) = Some(sender);
        self.tell(&Request::Shell(request))?;
        Ok(receiver)
    }

    /// Whether both are the same running agent.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Why the agent was lost, for whoever saw its stream end.
    pub(crate) fn lost(&self) -> AgentError {
        let why = lock(&self.shared.link.state).lost.clone();
        AgentError::Lost(why.unwrap_or_else(|| "it ended early".to_owned()))
    }

    /// Sends what a person typed, or the size of the person's terminal.
    pub(crate) fn tell(&self, request: &Request) -> Result<(), AgentError> {
        write_frame(&mut **lock(&self.shared.link.writer), request)
            .map_err(|e| AgentError::Lost(e.to_string()))
    }

    /// Asks which of `needs` the agent's kernel lacks.
    pub fn probe(&self, needs: &[Need], options: &RunOptions) -> Result<Vec<Missing>, AgentError> {
        let (needs, options) = (needs.to_vec(), options.clone());
        match self
            .shared
            .link
            .ask(|id| Request::Probe { id, needs, options })?
        {
            Reply::Probed { result, .. } => Ok(result?),
            other => Err(out_of_turn(&other)),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // An agent that is already gone needs no farewell.
        drop(write_frame(&mut **lock(&self.link.writer), &Request::Quit));
    }
}

impl Link {
    fn ask(&self, request: impl FnOnce(u32) -> Request) -> Result<Reply, AgentError> {
        let (_, replies) = self.begin(request)?;
        self.next(&replies, Duration::ZERO)
    }

    /// Sends a request; its replies come out of the receiver.
    fn begin(
        &self,
        request: impl FnOnce(u32) -> Request,
    ) -> Result<(u32, mpsc::Receiver<Reply>), AgentError> {
        let (sender, receiver) = mpsc::channel();
        let id = {
            let mut state = lock(&self.state);
            if let Some(why) = &state.lost {
                return Err(AgentError::Lost(why.clone()));
            }
            state.next = state.next.wrapping_add(1);
            let id = state.next;
            state.waiting.insert(id, sender);
            id
        };
        if let Err(error) = write_frame(&mut **lock(&self.writer), &request(id)) {
            lock(&self.state).waiting.remove(&id);
            // The listener knows the reason if the agent is gone; a broken pipe is not one.
            let why = lock(&self.state).lost.clone();
            return Err(AgentError::Lost(why.unwrap_or_else(|| error.to_string())));
        }
        Ok((id, receiver))
    }

    /// The next reply to a request whose commands may take `longer` than everything else. An agent that answers others
    /// is no silent one: a request may have to wait for theirs.
    fn next(&self, replies: &mpsc::Receiver<Reply>, longer: Duration) -> Result<Reply, AgentError> {
        let limit = self.silence + longer;
        let asked = Instant::now();
        loop {
            let since = asked.max(*lock(&self.heard));
            let left = limit.saturating_sub(since.elapsed());
            match replies.recv_timeout(left) {
                Ok(reply) => return Ok(reply),
                Err(mpsc::RecvTimeoutError::Timeout) if *lock(&self.heard) > since => {}
                Err(end) => {
                    if end == mpsc::RecvTimeoutError::Timeout {
                        self.give_up(format!("no answer within {limit:?}"));
                    }
                    let why = lock(&self.state).lost.clone();
                    return Err(AgentError::Lost(
                        why.unwrap_or_else(|| "no reason given".to_owned()),
                    ));
                }
            }
        }
    }

    /// Wakes everybody who waits, now and later, with the reason. The first reason stays.
    fn give_up(&self, end: String) {
        let why = (self.why_lost)(end);
        let mut state = lock(&self.state);
        state.lost.get_or_insert(why);
        lock(&self.shell).take();
        // Dropping the senders is what wakes.
        state.waiting.clear();
    }

    fn listen(&self, mut reader: impl Read) {
        let end = loop {
            let frame = read_frame(&mut reader);
            *lock(&self.heard) = Instant::now();
            match frame {
                Ok(Some(Reply::Done { id, result })) => self.hand(id, Reply::Done { id, result }),
                Ok(Some(Reply::Window { id, window })) => {
                    let waiting = lock(&self.state).waiting.get(&id).cloned();
                    // A caller that stopped waiting has no use for it.
                    drop(waiting.map(|w| w.send(Reply::Window { id, window })));
                }
                Ok(Some(Reply::Inspected { id, result })) => {
                    self.hand(id, Reply::Inspected { id, result });
                }
                Ok(Some(Reply::Probed { id, result })) => {
                    self.hand(id, Reply::Probed { id, result });
                }
                Ok(Some(
                    reply @ (Reply::Driven(_)
                    | Reply::ShellReady
                    | Reply::Output(_)
                    | Reply::ShellEnded(_)),
                )) => {
                    if let Some(shell) = &*lock(&self.shell) {
                        // Whoever does not listen any more has ended the shell.
                        drop(shell.send(reply));
                    }
                }
                Ok(Some(Reply::Lost(why))) => break why,
                Ok(Some(Reply::Log(line))) => anstream::eprintln!("{line}"),
                Ok(Some(Reply::Hello(_) | Reply::Refused(_))) => {
                    break "it began twice".to_owned();
                }
                Ok(None) => break "its stream ended".to_owned(),
                Err(e) => break e.to_string(),
            }
        };
        self.give_up(end);
    }

    fn hand(&self, id: u32, reply: Reply) {
        if let Some(sender) = lock(&self.state).waiting.remove(&id) {
            // A caller that stopped waiting has no use for the answer.
            drop(sender.send(reply));
        }
    }
}

fn out_of_turn(reply: &Reply) -> AgentError {
    AgentError::Lost(format!("it answered something else: {reply:?}"))
}

/// Whether a read came to the end of its time (`SO_RCVTIMEO`): EAGAIN, on a stream that blocks.
fn is_late(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{io, os::unix::net::UnixStream};

    use super::*;

    #[test]
    fn an_agent_that_falls_silent_is_given_up_by_all_who_wait() {
        let link = Link {
            writer: Mutex::new(Box::new(io::sink())),
            state: Mutex::default(),
            shell: Mutex::default(),
            why_lost: Box::new(|end| format!("{end}; last words")),
            heard: Mutex::new(Instant::now()),
            silence: Duration::from_millis(1),
        };
        for _ in 0..2 {
            let answer = link.ask(|id| Request::Probe {
                id,
                needs: Vec::new(),
                options: RunOptions::default(),
            });
            let told = answer.map_err(|e| e.to_string());
            assert_eq!(
                told,
                Err("lost the agent: no answer within 1ms; last words".to_owned())
            );
        }
    }

    #[test]
    fn only_a_stream_without_a_word_in_time_is_late() {
        struct Broken(i32);
        impl io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::from_raw_os_error(self.0))
            }
        }
        #[track_caller]
        fn check(reader: impl Read + Send + 'static, late: bool) {
            let why = Box::new(|why| why);
            let agent = Agent::connect(reader, io::sink(), None, Box::new(()), why);
            let error = agent.err().unwrap();
            assert_eq!(matches!(error, AgentError::Late(_)), late, "{error}");
        }
        check(Broken(libc::EAGAIN), true);
        // 111 and 110, which begin with the same digits.
        check(Broken(libc::ECONNREFUSED), false);
        check(Broken(libc::ETIMEDOUT), false);
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_millis(1)))
            .unwrap();
        check(ours, true);
        drop(theirs);
    }

    #[test]
    fn an_agent_that_never_begins_is_told_from_one_of_another_build() {
        #[track_caller]
        fn check(first: Option<&Reply>, expected: &str) {
            let (ours, theirs) = UnixStream::pair().unwrap();
            if let Some(first) = first {
                write_frame(&theirs, first).unwrap();
            }
            drop(theirs);
            let reader = ours.try_clone().unwrap();
            let agent = Agent::connect(reader, ours, None, Box::new(()), Box::new(|why| why));
            let said = agent.err().map(|e| e.to_string()).unwrap_or_default();
            assert!(said.contains(expected), "{said}");
        }
        check(None, "it ended at once");
        check(
            Some(&Reply::Hello(Hello::default())),
            "it speaks protocol 0",
        );
        check(Some(&Reply::Log(String::new())), "it spoke out of turn");
        check(
            Some(&Reply::Refused("no namespaces".to_owned())),
            "no namespaces",
        );
    }
}
