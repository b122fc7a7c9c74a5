//! Owns what a watch gives: what was seen since the last call, and at its end what it was that watched.

use std::mem::take;

use super::{
    super::{capture::CaptureSocket, error::LabError, instrument, instrument_ct, node::Nodes},
    Watch,
};
use crate::{
    observe::{
        Frame, FreedPacket, LinkEnds, LogLine, Loss, NotWatched, Observations, RuleText, Taint,
        Trace, XfrmEvent, by_cause,
    },
    plan::{End, Observe, Plan},
};

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
    pub(super) fn note_overflows(&mut self) -> Result<(), LabError> {
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
