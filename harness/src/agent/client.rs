//! Owns [`Agent`]: the host's handle on an agent, over any byte stream. It knows nothing of
//! where the agent runs.

use std::{
    any::Any,
    io::{Read, Write},
    sync::{Arc, mpsc},
    thread,
};

use super::{
    Hello, LabFailure, Missing, RunOptions,
    frame::read_frame,
    link::{Link, WhyLost},
    protocol::{Inspection, Reply, Request, ShellRequest, VERSION},
};
use crate::{
    observe::{Observations, Window},
    plan::{Need, Plan},
};

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
        let link = Arc::new(Link::new(writer, why_lost));
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
        let receiver = self.shared.link.shell();
        self.tell(&Request::Shell(request))?;
        Ok(receiver)
    }

    /// Whether both are the same running agent.
    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Why the agent was lost, for whoever saw its stream end.
    pub(crate) fn lost(&self) -> AgentError {
        let why = self.shared.link.lost();
        AgentError::Lost(why.unwrap_or_else(|| "it ended early".to_owned()))
    }

    /// Sends what a person typed, or the size of the person's terminal.
    pub(crate) fn tell(&self, request: &Request) -> Result<(), AgentError> {
        let told = self.shared.link.tell(request);
        told.map_err(|e| AgentError::Lost(e.to_string()))
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
        drop(self.link.tell(&Request::Quit));
    }
}

fn out_of_turn(reply: &Reply) -> AgentError {
    AgentError::Lost(format!("it answered something else: {reply:?}"))
}

/// Whether a read came to the end of its time (`SO_RCVTIMEO`): EAGAIN, on a stream that blocks.
fn is_late(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::WouldBlock
}

#[cfg(test)]
mod tests {
    use std::{io, os::unix::net::UnixStream, time::Duration};

    use super::*;
    use crate::agent::frame::write_frame;

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
