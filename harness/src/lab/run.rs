//! Owns one run of one plan: build, watch, drive the steps, sample the counters, tear down.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use super::{
    change, conntrack_list, counters,
    error::LabError,
    foreign::Foreign,
    instrument_ct,
    kernel_log::KernelLog,
    memory,
    meters::Meters,
    node::Nodes,
    spent::Account,
    traffic,
    watch::Watch,
    windows::{self, Sink},
    world::World,
    xfrm,
};
use crate::{
    observe::{CounterSample, KernelInfo, NotWatched, Observations, SaSample, StepRecord},
    plan::Plan,
};

/// The kernel, held by each lab that runs on it.
static KERNEL: RwLock<()> = RwLock::new(());

/// Devices that come up speak for a moment (IPv6 joins its groups); nothing of that takes longer.
const START: Duration = Duration::from_secs(10);

/// Builds the plan's world on the kernel of this process, runs its steps and gives what was seen.
///
/// What a step in windows brings goes to `sink`, window by window.
///
/// Blocks; enters namespaces with the calling thread only, and leaves nothing behind on any way out.
///
/// # Errors
/// Whatever the kernel refused, by operation, node and object.
pub fn run(plan: &Plan, sink: Sink<'_>) -> Result<Observations, LabError> {
    // The log is one for all labs of a kernel, so whoever speaks of it has the kernel alone.
    let speaks = plan.steps.iter().any(|s| s.expect.log.is_some());
    let (_alone, _shared) = if speaks {
        (
            Some(KERNEL.write().unwrap_or_else(PoisonError::into_inner)),
            None,
        )
    } else {
        (
            None,
            Some(KERNEL.read().unwrap_or_else(PoisonError::into_inner)),
        )
    };
    // From before the building on: a fault there is one too.
    let log = KernelLog::open();
    let mut account = Account::open();
    let mut world = World::build(plan)?;
    account.was("build the world");
    let observations = world.watched(plan, log, &mut account, sink)?;
    drop(world);
    account.was("take the world down");
    Ok(Observations {
        spent: account.close(),
        peak_memory: memory::peak(),
        ..observations
    })
}

impl World {
    /// Runs the steps of the plan that this world was built from.
    ///
    /// # Errors
    /// Whatever the kernel refused, by operation, node and object.
    pub fn drive(&mut self, plan: &Plan) -> Result<Observations, LabError> {
        self.watched(plan, KernelLog::open(), &mut Account::open(), &mut |_| {
            Ok(())
        })
    }

    fn watched(
        &mut self,
        plan: &Plan,
        log: Result<KernelLog, NotWatched>,
        account: &mut Account,
        sink: Sink<'_>,
    ) -> Result<Observations, LabError> {
        let rules = self.rules(plan)?;
        let nodes = &mut self.nodes;
        let mut watch = Watch::start(nodes, plan, self.names.clone(), rules, log)?;
        account.was("start to watch");
        watch.settle(nodes, START, |_| Ok(false))?;
        watch.forget(nodes)?;
        account.was("wait until all is quiet");

        let mut samples = Samples::default();
        samples.take(nodes, 0)?;
        let mut meters = Meters::begin(nodes, plan)?;
        account.was("read counters");
        let mut foreign = Foreign::of(plan);
        let mut connections = Vec::new();
        let mut steps = Vec::new();
        for (index, step) in plan.steps.iter().enumerate() {
            watch.enter_step(index as u32, &step.on);
            let changes = change::all(&step.changes, nodes, &self.names)?;
            if !changes.is_empty() {
                // A change may make the kernel speak, and what it has queued may go out.
                watch.changed(nodes)?;
                account.was("change the world");
            }
            for flow in &step.flows {
                traffic::try_refused(flow, index as u32, nodes)?;
            }
            let mut flows = Vec::new();
            let mut windows = None;
            if step.windows.is_some() {
                let (at, watched) = ((index as u32, step), (&mut watch, &mut meters));
                windows = Some(windows::drive(plan, at, nodes, watched, account, sink)?);
                watch.enter_step(index as u32, &step.on);
            }
            let ordinary = step.flows.iter().filter(|_| step.windows.is_none());
            for (number, flow) in ordinary.enumerate() {
                watch.enter_flow(number as u32);
                flows.push(traffic::run(flow, nodes, &mut watch)?);
                overhear(nodes)?;
                foreign.look(nodes)?;
            }
            if let Some(clock) = plan.clock() {
                watch.await_events(nodes, clock)?;
            }
            account.was("drive traffic");
            samples.take(nodes, index as u32 + 1)?;
            meters.end_step(nodes, plan, index as u32, step)?;
            connections.extend(conntrack_list::of_tracking(nodes, plan, index as u32)?);
            account.was("read counters");
            steps.push(StepRecord {
                name: step.name.clone(),
                changes,
                flows,
                on: watch.triggered(),
                windows,
            });
        }
        let watched = watch.finish(nodes, plan)?;
        account.was("end the watch");
        Ok(Observations {
            kernel: kernel()?,
            not_watched: watched.unseen,
            instruments: watched.instruments,
            frames: watched.frames,
            traces: watched.traces,
            events: watched.events,
            freed: watched.freed,
            log: watched.logged,
            taint: watched.taint,
            moved: meters.moved,
            connections,
            tracking: instrument_ct::watched(plan),
            foreign: foreign.seen,
            rules: watched.rules,
            counters: samples.counters,
            sas: samples.sas,
            steps,
            refusals: self.nodes.1.clone(),
            windows: Vec::new(),
            lost: watched.losses,
            spent: Vec::new(),
            peak_memory: 0,
        })
    }
}

/// Takes what commands that go on running have printed meanwhile.
fn overhear(nodes: &mut Nodes) -> Result<(), LabError> {
    for node in &mut nodes.0 {
        let broken = |e| LabError::new("read what a command prints", &node.name, "").io(&e);
        for running in &mut node.running {
            running.overhear().map_err(broken)?;
        }
    }
    Ok(())
}

/// Counters of xfrm and of SAs, as often as they were read.
#[derive(Default)]
pub(super) struct Samples {
    pub(super) counters: Vec<CounterSample>,
    pub(super) sas: Vec<SaSample>,
}

impl Samples {
    pub(super) fn take(&mut self, nodes: &mut Nodes, after_steps: u32) -> Result<(), LabError> {
        for node in &mut nodes.0 {
            self.counters.push(counters::sample(node, after_steps)?);
            let sas =
                xfrm::sample(node, after_steps).map_err(|r| r.of("list states", &node.name, ""))?;
            self.sas.extend(sas);
        }
        Ok(())
    }
}

/// The kernel of this process; where it runs and why is for the caller to say.
fn kernel() -> Result<KernelInfo, LabError> {
    let name = nix::sys::utsname::uname()
        .map_err(|e| LabError::new("ask for the kernel's name", "", "").io(&e.into()))?;
    Ok(KernelInfo {
        release: name.release().to_string_lossy().into_owned(),
        version: name.version().to_string_lossy().into_owned(),
        place: String::new(),
    })
}
