//! Owns everything that is watched in a lab, and the waiting for it.

use std::{
    io,
    mem::take,
    os::fd::BorrowedFd,
    path::PathBuf,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{
    capture::CaptureSocket, error::LabError, events, freed::Freed, instrument, instrument_ct,
    kernel_log::KernelLog, listener::Listener, neighbour, nft, node::Nodes, qdisc, quiet,
    steer::Steering, trace,
};
use crate::{
    observe::{
        Direction, Frame, FreedPacket, LinkEnds, LogLine, Loss, NotWatched, Observations, RuleText,
        Taint, Trace, TriggerRecord, XfrmEvent, by_cause,
    },
    plan::{End, Observe, Plan, Trigger},
};

/// What a change makes the kernel say takes no longer than this.
const SPEAKING: Duration = Duration::from_secs(10);

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

/// What was watched.
pub(crate) struct Watched {
    pub(crate) frames: Vec<Frame>,
    pub(crate) traces: Vec<Trace>,
    pub(crate) events: Vec<XfrmEvent>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) rules: Vec<RuleText>,
    pub(crate) freed: Vec<FreedPacket>,
    pub(crate) logged: Vec<LogLine>,
    pub(crate) taint: Option<Taint>,
    pub(crate) unseen: Vec<NotWatched>,
    pub(crate) instruments: Vec<String>,
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

    /// Packet `seq` of the flow has come or is known as lost: changes that wait for that are made now.
    pub(crate) fn came(&mut self, seq: u32, nodes: &mut Nodes) -> Result<(), LabError> {
        if self.steering.came(seq, nodes)? {
            self.changed(nodes)?;
        }
        Ok(())
    }

    /// The world was changed: waits for what the kernel does of it, and reads the rules again.
    pub(crate) fn changed(&mut self, nodes: &mut Nodes) -> Result<(), LabError> {
        self.relist(nodes)?;
        self.settle(nodes, SPEAKING, neighbour::pending)
    }

    /// Reads the rules of the nodes that have some again.
    pub(crate) fn relist(&mut self, nodes: &Nodes) -> Result<(), LabError> {
        for node in nodes.0.iter().filter(|n| n.ruled) {
            let since = self.traces.len();
            let now = nft::rules(node)?;
            for mut rule in now {
                rule.since = since;
                let known = self.rules.iter().rev().find(|r| {
                    (&r.node, &r.family, &r.table, &r.chain, r.handle)
                        == (
                            &rule.node,
                            &rule.family,
                            &rule.table,
                            &rule.chain,
                            rule.handle,
                        )
                });
                if known.is_none_or(|known| !nft::same_rule(&known.text, &rule.text)) {
                    self.rules.push(rule);
                }
            }
        }
        Ok(())
    }

    /// The frames with an IP packet that a device has sent so far, in order.
    pub(crate) fn sent(&self, node: &str, device: &str) -> Vec<Vec<u8>> {
        let ip = |bytes: &[u8]| matches!(bytes.get(12..14), Some([0x08, 0x00] | [0x86, 0xdd]));
        let frames = self.frames.iter().filter(|f| {
            f.direction == Direction::Out && f.node == node && f.device == device && ip(&f.bytes)
        });
        frames.map(|f| f.bytes.clone()).collect()
    }

    /// What has become of the triggers of the step.
    pub(crate) fn triggered(&mut self) -> Vec<TriggerRecord> {
        self.steering.records()
    }

    /// Makes the changes whose events have arrived, while a flow is still under way.
    pub(crate) fn heed(&mut self, nodes: &mut Nodes) -> Result<(), LabError> {
        if self.steering.heard(&self.events, nodes)? {
            self.relist(nodes)?;
        }
        Ok(())
    }

    /// Waits for the events that triggers of the step still wait for: a clock of the kernel's brings them, so
    /// nothing is under way meanwhile. One that does not come by `limit` is left to the judge.
    pub(crate) fn await_events(
        &mut self,
        nodes: &mut Nodes,
        limit: Duration,
    ) -> Result<(), LabError> {
        let deadline = Instant::now() + limit;
        while self.steering.awaits_event() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.wait(&[], left)?;
            self.drain(nodes)?;
            self.heed(nodes)?;
        }
        self.changed(nodes)
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
                quiet::work_items();
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

    /// Gives what has been seen since the last call, of devices and hooks that are watched on.
    pub(crate) fn cut(&mut self, nodes: &Nodes, plan: &Plan) -> Result<Observations, LabError> {
        self.drain(nodes)?;
        self.note_overflows()?;
        for rule in &mut self.rules {
            rule.since = 0;
        }
        Ok(Observations {
            frames: by_cause(take(&mut self.frames), &links(plan)),
            traces: take(&mut self.traces),
            events: take(&mut self.events),
            freed: take(&mut self.freed),
            log: take(&mut self.logged),
            lost: take(&mut self.losses),
            rules: self.rules.clone(),
            tracking: instrument_ct::watched(plan),
            ..Observations::default()
        })
    }

    /// Frames that captures had no room for since the last call are losses.
    fn note_overflows(&mut self) -> Result<(), LabError> {
        for capture in &self.captures {
            let lost = capture.lost();
            self.losses.extend(lost.map_err(|e| {
                LabError::new("read the capture statistics", &capture.node, "").io(&e)
            })?);
        }
        Ok(())
    }

    /// Ends the watch.
    pub(crate) fn finish(mut self, nodes: &Nodes, plan: &Plan) -> Result<Watched, LabError> {
        self.drain(nodes)?;
        self.note_overflows()?;
        let marks = self.captures.iter().all(|c| c.marks);
        close_all(self.captures);
        let mut unseen = Vec::new();
        let mut taint = None;
        match self.log {
            Ok(log) => {
                let read = log.taint();
                taint = Some(read.map_err(|e| LabError::new("read the taint", "", "").io(&e))?);
            }
            Err(why) => unseen.push(why),
        }
        unseen.extend(self.releases.as_ref().err().cloned());
        if self.observe == Observe::Wire {
            unseen.push(NotWatched {
                what: "netfilter hooks, and with them what `expect.node` says".into(),
                why: "`observe = \"wire\"`".into(),
            });
        }
        if !marks {
            unseen.push(NotWatched {
                what: "marks of captured frames".into(),
                why: "the kernel has no SO_RCVMARK (Linux 5.19)".into(),
            });
        }
        let traced = || nodes.0.iter().filter(|_| self.observe == Observe::All);
        let instruments = traced().map(|n| {
            format!(
                "{}: table inet {}, which traces at the entry and exit of every hook",
                n.name,
                instrument::TABLE
            )
        });
        let states = traced().flat_map(|n| {
            let families = plan.tracks_throughout(&n.name).into_iter();
            families.map(|f| format!("{}: {}", n.name, instrument_ct::described(f)))
        });
        let instruments = instruments.chain(states);
        let acquires = nodes.0.iter().filter(|n| plan.speaks_of_events(&n.name));
        let acquires = acquires.map(|n| {
            format!(
                "{}: a listener to xfrm acquires, as an IKE daemon is one",
                n.name
            )
        });
        Ok(Watched {
            instruments: instruments.chain(acquires).collect(),
            frames: by_cause(self.frames, &links(plan)),
            traces: self.traces,
            events: self.events,
            losses: self.losses,
            rules: self.rules,
            freed: self.freed,
            logged: self.logged,
            taint,
            unseen,
        })
    }
}

/// The two ends of each link.
fn links(plan: &Plan) -> Vec<LinkEnds> {
    let end = |e: &End| (e.node.clone(), e.device.clone());
    let links = plan.links.iter();
    links.map(|l| [end(&l.ends[0]), end(&l.ends[1])]).collect()
}

/// Closes the captures side by side: each close waits for a grace period, which they then share.
fn close_all(captures: Vec<CaptureSocket>) {
    std::thread::scope(|scope| {
        for capture in captures {
            scope.spawn(move || drop(capture));
        }
    });
}
