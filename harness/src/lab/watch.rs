//! Owns everything that is watched in a lab, and the waiting for it.

use std::{
    io,
    os::fd::BorrowedFd,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{
    capture::CaptureSocket, error::LabError, instrument, node::Nodes, qdisc, quiet,
    trace::TraceSocket,
};
use crate::{
    observe::{Frame, LinkEnds, Loss, NotWatched, Trace, by_cause},
    plan::{End, Plan},
};

/// All sockets that watch a lab, and what they have brought so far.
pub(crate) struct Watch {
    captures: Vec<CaptureSocket>,
    traces: Vec<TraceSocket>,
    step: u32,
    frames: Vec<Frame>,
    events: Vec<Trace>,
    losses: Vec<Loss>,
}

/// What was watched.
pub(crate) struct Watched {
    pub(crate) frames: Vec<Frame>,
    pub(crate) events: Vec<Trace>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) unseen: Vec<NotWatched>,
    pub(crate) instruments: Vec<String>,
}

impl Watch {
    /// Starts to watch every device and every hook of every node.
    pub(crate) fn start(nodes: &mut Nodes) -> Result<Self, LabError> {
        let mut captures = Vec::new();
        let mut traces = Vec::new();
        for node in &mut nodes.0 {
            captures.push(CaptureSocket::open(node)?);
            traces.push(TraceSocket::open(node)?);
            instrument::install(node)?;
        }
        Ok(Self {
            captures,
            traces,
            step: 0,
            frames: Vec::new(),
            events: Vec::new(),
            losses: Vec::new(),
        })
    }

    /// Forgets what was seen until now: the noise of devices that come up.
    pub(crate) fn forget(&mut self, nodes: &Nodes) -> Result<(), LabError> {
        self.drain(nodes)?;
        self.frames.clear();
        self.events.clear();
        Ok(())
    }

    /// What comes from now on belongs to step `step`.
    pub(crate) fn enter_step(&mut self, step: u32) {
        self.step = step;
    }

    /// Takes everything that has arrived; gives the number of frames and events.
    pub(crate) fn drain(&mut self, nodes: &Nodes) -> Result<usize, LabError> {
        let broken = |e: io::Error| LabError::new("read what was observed", "", "").io(&e);
        let mut taken = 0;
        for capture in &mut self.captures {
            let node = nodes.get(&capture.node);
            taken += capture
                .drain(self.step, |index| node.device_name(index), &mut self.frames)
                .map_err(broken)?;
        }
        for socket in &mut self.traces {
            let node = nodes.get(&socket.node);
            let (step, events) = (self.step, &mut self.events);
            let before = events.len();
            let loss = socket
                .drain(|raw| {
                    events.push(raw.named(step, &node.name, |index| node.device_name(index)));
                })
                .map_err(broken)?;
            taken += events.len() - before;
            self.losses.extend(loss);
        }
        Ok(taken)
    }

    /// Waits until something arrives, or one of `others` is ready, or `limit` has passed.
    pub(crate) fn wait(
        &self,
        others: &[(BorrowedFd<'_>, PollFlags)],
        limit: Duration,
    ) -> Result<(), LabError> {
        let fds = self
            .captures
            .iter()
            .map(CaptureSocket::fd)
            .chain(self.traces.iter().map(TraceSocket::fd))
            .map(|fd| (fd, PollFlags::POLLIN))
            .chain(others.iter().copied());
        let mut fds: Vec<_> = fds.map(|(fd, flags)| PollFd::new(fd, flags)).collect();
        let limit = PollTimeout::try_from(limit).unwrap_or(PollTimeout::MAX);
        match poll(&mut fds, limit) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
            Err(errno) => Err(LabError::new("wait for packets", "", "").io(&errno.into())),
        }
    }

    /// Waits until nothing is under way any more, up to `limit`.
    ///
    /// `pending` tells whether the kernel still waits for something that a canary cannot see (an address resolution).
    pub(crate) fn settle(
        &mut self,
        nodes: &mut Nodes,
        limit: Duration,
        mut pending: impl FnMut(&mut Nodes) -> Result<bool, LabError>,
    ) -> Result<(), LabError> {
        let deadline = Instant::now() + limit;
        let mut quiet = 0;
        while quiet < 2 && Instant::now() < deadline {
            if quiet == 1 {
                quiet::work_items();
            }
            quiet::round()?;
            if self.drain(nodes)? > 0 {
                quiet = 0;
                continue;
            }
            quiet += 1;
            if quiet == 2 && (pending(nodes)? || qdisc::holds(nodes)?) {
                quiet = 0;
                self.wait(&[], Duration::from_millis(50))?;
            }
        }
        if quiet < 2 {
            self.losses.push(Loss {
                place: "the lab".into(),
                what: format!("was not quiet within {limit:?}: what came later is missing"),
            });
        }
        Ok(())
    }

    /// Ends the watch.
    pub(crate) fn finish(mut self, nodes: &Nodes, plan: &Plan) -> Result<Watched, LabError> {
        self.drain(nodes)?;
        let end = |e: &End| (e.node.clone(), e.device.clone());
        let links: Vec<LinkEnds> = plan
            .links
            .iter()
            .map(|l| [end(&l.ends[0]), end(&l.ends[1])])
            .collect();
        for capture in &self.captures {
            let lost = capture.lost();
            self.losses.extend(lost.map_err(|e| {
                LabError::new("read the capture statistics", &capture.node, "").io(&e)
            })?);
        }
        let marks = self.captures.iter().all(|c| c.marks);
        close_all(self.captures);
        let mut unseen = vec![NotWatched {
            what: "the kernel log".into(),
            why: "its reading is not built yet; a splat would go unseen".into(),
        }];
        if !marks {
            unseen.push(NotWatched {
                what: "marks of captured frames".into(),
                why: "the kernel has no SO_RCVMARK (Linux 5.19)".into(),
            });
        }
        let instruments = nodes.0.iter().map(|n| {
            format!(
                "{}: table inet {}, which traces at the entry and exit of every hook",
                n.name,
                instrument::TABLE
            )
        });
        Ok(Watched {
            instruments: instruments.collect(),
            frames: by_cause(self.frames, &links),
            events: self.events,
            losses: self.losses,
            unseen,
        })
    }
}

/// Closes the captures side by side: each close waits for a grace period, which they then share.
fn close_all(captures: Vec<CaptureSocket>) {
    std::thread::scope(|scope| {
        for capture in captures {
            scope.spawn(move || drop(capture));
        }
    });
}
