//! Owns the windows of a step: each is driven, watched and handed on by itself, so that a long flow takes no more
//! memory than a short one.

use super::{
    conntrack_list, error::LabError, meters::Meters, node::Nodes, run::Samples, spent::Account,
    traffic, watch::Watch,
};
use crate::{
    observe::{Observations, StepRecord, Window, WindowSums},
    plan::{Plan, Step},
};

/// Takes a window from the lab; gives why no more are wanted.
pub(crate) type Sink<'s> = &'s mut dyn FnMut(Window) -> Result<(), String>;

/// Sends the flow of a step once for each window, and gives what all of them add up to.
pub(super) fn drive(
    plan: &Plan,
    (index, step): (u32, &Step),
    nodes: &mut Nodes,
    (watch, meters): (&mut Watch, &mut Meters),
    account: &mut Account,
    sink: Sink<'_>,
) -> Result<WindowSums, LabError> {
    let mut sums = WindowSums::default();
    let earlier = watch.set_aside(nodes, index)?;
    for number in 1..=u32::from(step.windows.unwrap_or(0)) {
        // Every window is the only step of a run of its own.
        watch.enter_step(0, &[]);
        let mut samples = Samples::default();
        samples.take(nodes, 0)?;
        account.was("read counters");
        let sent = u32::try_from(sums.packets).unwrap_or(u32::MAX);
        let mut flows = Vec::new();
        for flow in &step.flows {
            flows.push(traffic::burst(flow, sent, nodes, watch)?);
        }
        account.was("drive traffic");
        samples.take(nodes, 1)?;
        let kept = meters.moved.len();
        meters.end_step(nodes, plan, 0, step)?;
        let connections = conntrack_list::of_tracking(nodes, plan, 0)?;
        account.was("read counters");
        let record = StepRecord {
            name: step.name.clone(),
            flows,
            changes: Vec::new(),
            on: Vec::new(),
            windows: None,
        };
        let window = Window {
            step: index,
            number,
            observations: Observations {
                moved: meters.moved.split_off(kept),
                connections,
                counters: samples.counters,
                sas: samples.sas,
                steps: vec![record],
                ..watch.cut(nodes, plan)?
            },
        };
        account.was("end the watch");
        sums += window.sums();
        sink(window).map_err(|why| LabError::new("hand on a window", "", &step.name).said(why))?;
        account.was("hand windows on");
    }
    watch.put_back(earlier);
    Ok(sums)
}
