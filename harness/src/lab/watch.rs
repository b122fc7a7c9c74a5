//! Owns everything that is watched in a lab, and the waiting for it.

mod aside;

use std::{
    io,
    os::fd::BorrowedFd,
    path::PathBuf,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{
    capture::CaptureSocket, error::LabError, events, freed::Freed, instrument, instrument_ct,
    kernel_log::KernelLog, listener::Listener, node::Nodes, qdisc, quiet, steer::Steering, trace,
    work_items,
};
use crate::{
    observe::{
        Direction, Frame, FreedPacket, LogLine, Loss, NotWatched, RuleText, Trace, XfrmEvent,
    },
    plan::{Observe, Plan, Trigger},
};

mod change;
mod end;

/// All sockets that watch a lab, and what they have brought so far.
pub(crate) struct Watch {
    captures: Vec<CaptureSocket>,
    tracers: Vec<Listener>,
    /// Those who hear what kernels tell about xfrm.
    hearers: Vec<Listener>,
    step: u32,
    frames: Vec<Frame>,
    traces: Vec<Trace>,
    events: Vec<XfrmEvent>,
    losses: Vec<Loss>,
    /// Changes that wait for something that is watched here.
    steering: Steering,
    releases: Result<Freed, NotWatched>,
    freed: Vec<FreedPacket>,
    log: Result<KernelLog, NotWatched>,
    logged: Vec<LogLine>,
    observe: Observe,
    /// Rules that trace events name.
    rules: Vec<RuleText>,
}

impl Watch {
    /// Starts to watch every device and every hook of every node.
    pub(crate) fn start(
        nodes: &mut Nodes,
        plan: &Plan,
        names: PathBuf,
        rules: Vec<RuleText>,
        log: Result<KernelLog, NotWatched>,
    ) -> Result<Self, LabError> {
        let mut captures = Vec::new();
        let mut tracers = Vec::new();
        let mut hearers = Vec::new();
        for node in &mut nodes.0 {
            captures.push(CaptureSocket::open(node)?);
            hearers.push(events::listen(node, plan.speaks_of_events(&node.name))?);
            if plan.observe == Observe::All {
                tracers.push(trace::listen(node)?);
                instrument::install(node)?;
                for family in plan.tracks_throughout(&node.name) {
                    instrument_ct::install(node, family)?;
                }
            }
        }
        Ok(Self {
            captures,
            tracers,
            hearers,
            step: 0,
            frames: Vec::new(),
            traces: Vec::new(),
            events: Vec::new(),
            losses: Vec::new(),
            steering: Steering::new(plan, names),
            releases: Freed::start(nodes),
            freed: Vec::new(),
            log,
            logged: Vec::new(),
            observe: plan.observe,
            rules,
        })
    }

    /// Forgets what was seen until now: the noise of devices that come up.
    pub(crate) fn forget(&mut self, nodes: &Nodes) -> Result<(), LabError> {
        self.drain(nodes)?;
        self.frames.clear();
        self.traces.clear();
        self.events.clear();
        self.freed.clear();
        Ok(())
    }

    /// What comes from now on belongs to step `step`.
    pub(crate) fn enter_step(&mut self, step: u32, triggers: &[Trigger]) {
        self.step = step;
        self.steering.arm(triggers, self.events.len());
    }

    /// What is sent from now on belongs to flow `flow` of the step.
    pub(crate) fn enter_flow(&mut self, flow: u32) {
        self.steering.enter_flow(flow);
    }

    /// The frames with an IP packet that a device has sent so far, in order.
    pub(crate) fn sent(&self, node: &str, device: &str) -> Vec<Vec<u8>> {
        let ip = |bytes: &[u8]| matches!(bytes.get(12..14), Some([0x08, 0x00] | [0x86, 0xdd]));
        let frames = self.frames.iter().filter(|f| {
            f.direction == Direction::Out && f.node == node && f.device == device && ip(&f.bytes)
        });
        frames.map(|f| f.bytes.clone()).collect()
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
        for tracer in &mut self.tracers {
            let node = nodes.get(&tracer.node);
            let (step, traces) = (self.step, &mut self.traces);
            let before = traces.len();
            let loss = trace::drain(tracer, |raw| {
                traces.push(raw.named(step, &node.name, |index| node.device_name(index)));
            });
            self.losses.extend(loss.map_err(broken)?);
            taken += traces.len() - before;
        }
        for hearer in &mut self.hearers {
            let before = self.events.len();
            let now = super::traffic::now();
            let loss = events::drain(hearer, self.step, now, &mut self.events);
            self.losses.extend(loss.map_err(broken)?);
            taken += self.events.len() - before;
        }
        if let Ok(watch) = &mut self.releases {
            let before = self.freed.len();
            let loss = watch.drain(self.step, &mut self.freed).map_err(broken)?;
            self.losses.extend(loss);
            taken += self.freed.len() - before;
        }
        if let Ok(log) = &mut self.log {
            let loss = log.drain(self.step, &mut self.logged).map_err(broken)?;
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
            .chain(self.tracers.iter().map(Listener::fd))
            .chain(self.hearers.iter().map(Listener::fd))
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
                work_items::wait();
            }
            quiet::round()?;
            let taken = self.drain(nodes)?;
            if self.steering.heard(&self.events, nodes)? {
                self.relist(nodes)?;
                quiet = 0;
                continue;
            }
            if taken > 0 {
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
}
