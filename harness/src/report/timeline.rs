//! Owns the timeline: per step and packet, hop by hop, what was seen. It prints what
//! the story says, right or wrong, and no times: two equal runs print the same.

use std::fmt::Write as _;

use super::style::Style;
use super::wrap::wrap;
use crate::judge::{
    Class, Columns, Detail, Event, Journey, StepStory, WirePoint, is_packet, line_text, tell,
};
use crate::observe::{
    ChangeRecord, CommandRecord, Direction, FlowRecord, Observations, PacketOutcome, Window,
    WindowSums, XfrmEvent,
};
use crate::plan::{Flow, Plan, Traffic};
use crate::wire;

/// In front of every line below a packet.
const INDENT: usize = 2;
/// Width of the column of hooks.
const PLACE: usize = 13;

/// The lines of one step.
pub(crate) fn step(
    plan: &Plan,
    obs: &Observations,
    story: &StepStory,
    index: usize,
    style: Style,
) -> Vec<String> {
    let mut out: Vec<String> = wrap("", &heading(plan, index), INDENT, style.width)
        .iter()
        .map(|l| style.bold(l))
        .collect();
    let first = " ".repeat(INDENT);
    for line in done(plan, obs, index) {
        out.extend(wrap(&first, &line, 2 * INDENT, style.width));
    }
    for window in obs.windows.iter().filter(|w| w.step as usize == index) {
        out.extend(window_lines(plan, window, style));
    }
    let layout = Layout::of(story, style);
    for journey in story.journeys.iter().filter(|j| j.is_flow()) {
        out.push(String::new());
        out.extend(journey_lines(journey, layout));
    }
    let events: Vec<&XfrmEvent> = obs
        .events
        .iter()
        .filter(|e| e.step as usize == index)
        .collect();
    if !events.is_empty() {
        out.push(String::new());
        out.push(style.bold("what kernels told about xfrm"));
        for event in events {
            let first = format!("{:INDENT$}{:2$}", "", event.node, layout.node);
            let text = event.line(plan).to_string();
            out.extend(wrap(&first, &text, layout.hang(), style.width));
        }
    }
    let freed: Vec<_> = obs
        .freed
        .iter()
        .filter(|f| f.step as usize == index && !f.is_everyday())
        .collect();
    if !freed.is_empty() {
        out.push(String::new());
        out.push(style.bold("where kernels freed packets"));
        for packet in freed {
            let first = format!("{:INDENT$}{:2$}", "", packet.node, layout.node);
            let text = packet.line().to_string();
            out.extend(wrap(&first, &text, layout.hang(), style.width));
        }
    }
    let apart: Vec<&Journey> = story
        .journeys
        .iter()
        .filter(|j| j.kind.class == Class::Kernel)
        .collect();
    if !apart.is_empty() {
        out.push(String::new());
        out.push(style.bold("belonging to no flow"));
        for journey in apart {
            out.extend(journey_lines(journey, layout));
        }
    }
    out
}

/// A window that was not as expected: of its first packet that did not come all that was seen, or of its first one.
fn window_lines(plan: &Plan, window: &Window, style: Style) -> Vec<String> {
    let (obs, at) = (&window.observations, window.step as usize);
    let of_window = plan.of_window(window.step);
    let (Some(step), Some(record), Some(plan)) = (plan.steps.get(at), obs.steps.first(), of_window)
    else {
        return Vec::new();
    };
    let Some(story) = tell(&plan, obs).steps.into_iter().next() else {
        return Vec::new();
    };
    let lost = record.packets().find(|p| p.took_ns.is_none());
    let (Some(packet), Some(flow)) = (lost.or(record.packets().next()), step.flows.first()) else {
        return Vec::new();
    };
    let (number, seq) = (window.number, packet.seq);
    let mut out = vec![
        String::new(),
        style.bold(&format!("window {number}, packet {seq} of it")),
    ];
    let layout = Layout::of(&story, style);
    let journeys = story.journeys.iter().filter(|j| is_packet(flow, j, seq));
    for journey in journeys {
        out.push(String::new());
        out.extend(journey_lines(journey, layout));
    }
    out
}

fn heading(plan: &Plan, index: usize) -> String {
    let Some(step) = plan.steps.get(index) else {
        return format!("step {}", index + 1);
    };
    format!("step {}: {}", index + 1, step.name)
}

/// What a step changed and sent, and what became of it, one line each.
fn done(plan: &Plan, obs: &Observations, index: usize) -> Vec<String> {
    let (Some(step), Some(record)) = (plan.steps.get(index), obs.steps.get(index)) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let made = |change: &ChangeRecord| {
        let first = change.line.lines().next().unwrap_or_default();
        let refused = change.refused.as_deref().map(str::trim_end);
        let refused = refused.map(|r| format!(" -> refused: {r}"));
        format!("{first}{}", refused.unwrap_or_default())
    };
    out.extend(record.changes.iter().map(made));
    for (trigger, seen) in step.on.iter().zip(&record.on) {
        let cause = &trigger.cause;
        if !seen.fired {
            out.push(format!("{cause}: never"));
        }
        out.extend(seen.changes.iter().map(|c| format!("{cause}: {}", made(c))));
    }
    if let (Some(flow), Some(sums)) = (step.flows.first(), &record.windows) {
        out.push(format!("{}: {}", flow.name, windowed(flow, sums)));
    }
    for (flow, seen) in step.flows.iter().zip(&record.flows) {
        out.push(format!("{}: {}", flow.name, fate(flow, seen)));
        let mut told: Vec<String> = seen
            .packets
            .iter()
            .flat_map(PacketOutcome::errors)
            .collect();
        told.dedup();
        out.extend(
            told.iter()
                .map(|t| format!("told {}: {t}", flow.traffic.from())),
        );
    }
    out
}

/// `100000 sent in 200 windows, 99999 delivered`.
fn windowed(flow: &Flow, sums: &WindowSums) -> String {
    let (packets, windows, came) = (sums.packets, sums.windows, sums.came);
    let came = match &flow.traffic {
        Traffic::Ping(_) => format!(", {came} answered"),
        traffic if traffic.is_received() => format!(", {came} delivered"),
        _ => String::new(),
    };
    format!("{packets} sent in {windows} windows{came}")
}

/// `3 sent, 2 delivered`.
fn fate(flow: &Flow, seen: &FlowRecord) -> String {
    let sent = seen.packets.len();
    let came = seen.packets.iter().filter(|p| p.took_ns.is_some()).count();
    let mut text = match &flow.traffic {
        Traffic::Exec(_) => return seen.command.as_ref().map_or_else(String::new, ended),
        Traffic::Tcp(tcp) => format!("{} of {} bytes delivered", seen.bytes, tcp.bytes),
        Traffic::Ping(_) => format!("{sent} sent, {came} answered"),
        traffic if traffic.is_received() => format!("{sent} sent, {came} delivered"),
        _ => format!("{sent} sent"),
    };
    if seen.strays > 0 {
        let _ = write!(text, ", {} altered", seen.strays);
    }
    text
}

/// `ended with 0, 3 lines`.
fn ended(command: &CommandRecord) -> String {
    let end = match command.exit {
        _ if command.overdue => "killed, its time was over".to_owned(),
        Some(code) => format!("ended with {code}"),
        None => "goes on running".to_owned(),
    };
    let count = command.output.len();
    let noun = if count == 1 { "line" } else { "lines" };
    format!("{end}, {count} {noun}")
}

/// Where things stand on a line of this step.
#[derive(Clone, Copy)]
struct Layout {
    columns: Columns,
    /// Width of the column of nodes, the space behind it included.
    node: usize,
    style: Style,
}

impl Layout {
    fn of(story: &StepStory, style: Style) -> Self {
        let events = || story.journeys.iter().flat_map(|j| &j.events);
        Self {
            columns: Columns::of(events().map(|e| &e.line)),
            node: events().map(|e| e.node.len()).max().unwrap_or(0) + 1,
            style,
        }
    }

    /// How far lines that are too long are indented when they go on: to the devices.
    fn hang(self) -> usize {
        INDENT + self.node + PLACE
    }
}

fn journey_lines(journey: &Journey, layout: Layout) -> Vec<String> {
    let label = journey.packet.at(wire::Detail::Normal).to_string();
    let mut out: Vec<String> = wrap("", &label, INDENT, layout.style.width)
        .iter()
        .map(|l| layout.style.bold(l))
        .collect();
    let mut node = "";
    for event in &journey.events {
        if let Some(point) = &event.wire {
            // The next node is named again behind a wire.
            node = "";
            let lines = wire_lines(event, point, layout);
            out.extend(lines.iter().map(|l| layout.style.dim(l)));
            continue;
        }
        let name = if event.node == node { "" } else { &event.node };
        node = &event.node;
        let first = format!("{:INDENT$}{name:1$}", "", layout.node);
        let text = line_text(&event.line, &detail(event), layout.columns);
        out.extend(wrap(&first, &text, layout.hang(), layout.style.width));
    }
    out
}

/// A frame on a link; what is inside an envelope goes on a line of its own where both
/// do not fit on one.
fn wire_lines(event: &Event, point: &WirePoint, layout: Layout) -> Vec<String> {
    let mut text = line_text(&event.line, &detail(event), layout.columns);
    if !point.received && point.peer.is_some() {
        text.push_str(" -> not received");
    }
    let first = format!("{:INDENT$}{}  ", "", point_name(event, point));
    let fits = first.len() + text.chars().count() <= layout.style.width;
    let (outer, inner) = match text.split_once(" { ") {
        Some((outer, inner)) if !fits => (outer, Some(inner)),
        _ => (text.as_str(), None),
    };
    let mut out = wrap(&first, outer, layout.hang(), layout.style.width);
    if let Some(inner) = inner {
        let first = format!("{:1$}{{ ", "", layout.hang());
        out.extend(wrap(&first, inner, layout.hang() + 2, layout.style.width));
    }
    out
}

/// Where a frame was captured: a tunnel device, a bridge or loopback has no other end.
pub(crate) fn point_name(event: &Event, point: &WirePoint) -> String {
    let (node, device) = (&event.node, &point.device);
    match (&point.peer, point.direction) {
        (Some((to, end)), _) => format!("{node}:{device} > {to}:{end}"),
        (None, Direction::Out) => format!("{node}:{device} out"),
        (None, Direction::In) => format!("{node}:{device} in"),
    }
}

/// What a timeline shows: all of a packet on the wire, and in hooks what tells packets
/// from one another.
fn detail(event: &Event) -> Detail {
    let detail = Detail::telling(&event.line);
    if let (Some(_), Some(packet)) = (&event.wire, &event.line.packet) {
        let shown = packet.at(wire::Detail::Normal);
        let Detail { fields, inner, .. } = Detail::all(&shown);
        return Detail {
            fields,
            inner,
            ..detail
        };
    }
    detail
}
