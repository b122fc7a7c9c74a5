//! Owns the stream to an agent: which request each reply answers, who waits for one, and for how long.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    time::{Duration, Instant},
};

use super::{
    AgentError,
    frame::{read_frame, write_frame},
    protocol::{Reply, Request},
};

/// How long an agent may say nothing to anybody while a request waits. Everything that a lab waits for has a limit of
/// its own, the longest 30 s but for commands, whose limits are added; and the longest run of a suite takes a tenth of
/// this on an emulated processor: an agent that is silent for so long will not speak again.
const SILENCE: Duration = Duration::from_secs(300);

/// One for all who ask an agent.
pub(super) struct Link {
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

impl Link {
    pub(super) fn new(writer: impl Write + Send + 'static, why_lost: WhyLost) -> Self {
        Self {
            writer: Mutex::new(Box::new(writer)),
            state: Mutex::default(),
            shell: Mutex::default(),
            why_lost,
            heard: Mutex::new(Instant::now()),
            silence: SILENCE,
        }
    }

    /// Sends what has no reply.
    pub(super) fn tell(&self, request: &Request) -> io::Result<()> {
        write_frame(&mut **lock(&self.writer), request)
    }

    /// Where from now on the answers of a shell come out.
    pub(super) fn shell(&self) -> mpsc::Receiver<Reply> {
        let (sender, receiver) = mpsc::channel();
        *lock(&self.shell) = Some(sender);
        receiver
    }

    /// Why the agent was lost, if it was.
    pub(super) fn lost(&self) -> Option<String> {
        lock(&self.state).lost.clone()
    }

    /// Sends a request and waits for its reply.
    pub(super) fn ask(&self, request: impl FnOnce(u32) -> Request) -> Result<Reply, AgentError> {
        let (_, replies) = self.begin(request)?;
        self.next(&replies, Duration::ZERO)
    }

    /// Sends a request; its replies come out of the receiver.
    pub(super) fn begin(
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
        if let Err(error) = self.tell(&request(id)) {
            lock(&self.state).waiting.remove(&id);
            // The listener knows the reason if the agent is gone; a broken pipe is not one.
            let why = self.lost();
            return Err(AgentError::Lost(why.unwrap_or_else(|| error.to_string())));
        }
        Ok((id, receiver))
    }

    /// The next reply to a request whose commands may take `longer` than everything else. An agent that answers others
    /// is no silent one: a request may have to wait for theirs.
    pub(super) fn next(
        &self,
        replies: &mpsc::Receiver<Reply>,
        longer: Duration,
    ) -> Result<Reply, AgentError> {
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
                    let why = self.lost();
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

    /// Reads replies until the stream ends, and hands each to whoever waits for it.
    pub(super) fn listen(&self, mut reader: impl Read) {
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

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::RunOptions;

    #[test]
    fn an_agent_that_falls_silent_is_given_up_by_all_who_wait() {
        let link = Link {
            silence: Duration::from_millis(1),
            ..Link::new(io::sink(), Box::new(|end| format!("{end}; last words")))
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
}
