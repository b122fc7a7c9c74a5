//! Owns a person's shell in a world: the terminal on this side, the agent on the other.

use std::{
    io::{self, IsTerminal as _, Read as _, Write as _},
    thread,
};

use nix::sys::termios::{SetArg, Termios, cfmakeraw, tcgetattr, tcsetattr};

use super::{
    permission,
    place::{Session, SessionError},
    terminal::terminal_size,
};
use crate::{
    agent::{
        Agent, AgentError,
        protocol::{Reply, Request, ShellRequest},
    },
    observe::Observations,
    plan::Plan,
};

/// Gives the person a shell in the world of `plan`, until they leave it. With `driven`, the plan's steps are run
/// first and `driven` gets what was seen.
///
/// # Errors
/// When the world cannot be built, there is no such node, or the agent is lost.
pub fn shell(
    session: &Session,
    plan: &Plan,
    node: Option<&str>,
    driven: Option<&dyn Fn(&Observations)>,
) -> Result<(), SessionError> {
    if driven.is_some() {
        permission::check(session, plan)?;
    }
    let place = session.place(&plan.needs)?;
    if !place.missing.is_empty() {
        let missing = place.missing.iter();
        let lines = missing.map(|(need, why)| format!("this kernel lacks {}: {why}", need.name()));
        return Err(SessionError::Lacks(lines.collect::<Vec<_>>().join("\n")));
    }
    let request = ShellRequest {
        plan: Box::new(plan.clone()),
        node: node.map(str::to_owned),
        drive: driven.is_some(),
        size: terminal_size().filter(|_| io::stdin().is_terminal()),
    };
    let answers = place.agent.shell(request)?;
    // Held until the shell has ended.
    let mut raw = Raw(None);
    for answer in answers {
        match answer {
            Reply::Driven(mut observations) => {
                observations.kernel.place.clone_from(&place.why);
                if let Some(driven) = driven {
                    driven(&observations);
                }
            }
            Reply::ShellReady => {
                // From here on keys go to the shell, Ctrl-C too.
                raw = Raw::enter();
                carry_input(place.agent.clone());
            }
            Reply::Output(bytes) => {
                let mut out = io::stdout().lock();
                if out.write_all(&bytes).and_then(|()| out.flush()).is_err() {
                    return Ok(());
                }
            }
            Reply::ShellEnded(end) => {
                drop(raw);
                return end.map_err(|e| AgentError::Lab(e).into());
            }
            _ => {}
        }
    }
    Err(place.agent.lost().into())
}

/// Carries what is typed until the end of standard input. The thread ends with the process.
fn carry_input(agent: Agent) {
    thread::spawn(move || {
        let mut size = terminal_size();
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = io::stdin().lock().read(&mut buffer) {
            let now = terminal_size();
            if let Some(now) = now.filter(|_| now != size) {
                size = Some(now);
                drop(agent.tell(&Request::Resize(now)));
            }
            if agent
                .tell(&Request::Input(buffer[..length].to_vec()))
                .is_err()
            {
                return;
            }
        }
        // An agent that has gone needs no word of it.
        drop(agent.tell(&Request::InputEnded));
    });
}

/// A terminal in raw mode; as it was when this is dropped.
struct Raw(Option<Termios>);

impl Raw {
    fn enter() -> Self {
        if !io::stdin().is_terminal() {
            return Self(None);
        }
        let Ok(before) = tcgetattr(io::stdin()) else {
            return Self(None);
        };
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        // A terminal that refuses stays usable line by line.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &raw);
        Self(Some(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, before);
        }
    }
}
