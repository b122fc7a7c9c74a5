//! Owns what a rule may look at: one node in one step.

use super::world;
use crate::judge::compare;
use crate::judge::expectations;
use crate::judge::finding::Finding;
use crate::judge::last_seen;
use crate::judge::line::{Place, StoryLine};
use crate::judge::passes::Hook;
use crate::judge::pattern::Pattern;
use crate::judge::story::{Event, Journey, StepStory};
use crate::observe::{Direction, Observations, PacketOutcome, SaSample, XfrmEvent};
use crate::plan::{CounterRule, Dir, Plan, Policy, State, Step, Traffic};

/// What was seen of one node in one step.
pub(crate) struct Evidence<'a> {
    pub(crate) plan: &'a Plan,
    /// The same with its nodes and links as they stand in the step.
    pub(crate) world: &'a Plan,
    pub(crate) obs: &'a Observations,
    pub(crate) story: &'a StepStory,
    pub(crate) step: u32,
    pub(crate) node: &'a str,
    /// Whether this is the first divergent hop.
    pub(crate) at_hop: bool,
    pub(super) findings: &'a [Finding],
    moved: Vec<(String, i64)>,
    /// Counters of which the file says that they must move.
    stated: Vec<(String, i64)>,
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(
        (plan, world): (&'a Plan, &'a Plan),
        obs: &'a Observations,
        story: &'a StepStory,
        step: u32,
        node: &'a str,
        (at_hop, findings): (bool, &'a [Finding]),
    ) -> Self {
        let mut moved = expectations::moved(obs, node, step).unwrap_or_default();
        let mut as_stated = Vec::new();
        if let Some(expect) = plan.steps.get(step as usize).map(|s| &s.expect) {
            // What the file says must move is no cause of anything else.
            let stated = expect.counters.iter().filter(|c| c.node == node);
            for stated in stated {
                if let CounterRule::Deltas(deltas) = &stated.rule {
                    as_stated.extend(moved.extract_if(.., |m| deltas.contains(m)));
                }
            }
        }
        Self {
            plan,
            world,
            obs,
            story,
            step,
            node,
            at_hop,
            findings,
            moved,
            stated: as_stated,
        }
    }

    /// The same, with what the file says must move for evidence too.
    pub(crate) fn with_stated(&self) -> Self {
        let moved = self.moved.iter().chain(&self.stated).cloned().collect();
        Self {
            moved,
            stated: Vec::new(),
            ..*self
        }
    }

    /// Whether a packet of the step did not come to whoever waited for it.
    pub(crate) fn any_lost(&self) -> bool {
        last_seen::any_lost(self.plan, self.obs, self.step)
    }

    /// Whether somebody waits for what the step sends.
    pub(crate) fn is_awaited(&self) -> bool {
        let flows = self.plan_step().map_or(&[][..], |s| &s.flows);
        let awaited = |t: &Traffic| matches!(t, Traffic::Ping(_)) || t.is_received();
        flows.iter().any(|flow| awaited(&flow.traffic))
    }

    /// By how much an xfrm counter of the node moved, `None` if it did not.
    pub(crate) fn counter(&self, name: &str) -> Option<i64> {
        self.moved
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, delta)| *delta)
    }

    pub(super) fn plan_step(&self) -> Option<&'a Step> {
        self.plan.steps.get(self.step as usize)
    }

    /// Whether the file states this line at this node, so that it is as it must be.
    pub(crate) fn is_stated(&self, line: &StoryLine) -> bool {
        let Some(step) = self.plan_step() else {
            return false;
        };
        let blocks = step
            .expect
            .nodes
            .iter()
            .filter(|(node, _)| node == self.node);
        blocks.flat_map(|(_, block)| &block.lines).any(|stated| {
            matches!(Pattern::parse(&stated.text), Ok(Pattern::Line(stated))
                if compare::differences(&stated, line).is_empty())
        })
    }

    /// The node that sent the echo request of which a packet is the answer.
    pub(crate) fn asked(&self, answer: &Event) -> Option<&'a str> {
        let seq = answer.kind.echo_seq.filter(|_| answer.is_reply())?;
        let record = self.obs.steps.get(self.step as usize)?;
        let flows = self.plan_step()?.flows.iter().zip(&record.flows);
        let mut pings = flows.filter(|(flow, _)| matches!(flow.traffic, Traffic::Ping(_)));
        let lost = |p: &PacketOutcome| p.took_ns.is_none() && p.seq == u32::from(seq);
        let (flow, _) = pings.find(|(_, seen)| seen.packets.iter().any(lost))?;
        Some(flow.traffic.from())
    }

    /// Whether any xfrm counter of the node moved.
    pub(crate) fn any_counter(&self) -> bool {
        !self.moved.is_empty()
    }

    /// By how much a count of the node's SAs moved in the step, and the name of the SA.
    pub(crate) fn sa(&self, count: fn(&SaSample) -> u32) -> Option<(String, u32)> {
        let samples = |after| {
            self.obs
                .sas
                .iter()
                .filter(move |s| s.after_steps == after && s.node == self.node)
        };
        samples(self.step + 1).find_map(|after| {
            let before = samples(self.step)
                .find(|s| s.spi == after.spi && s.dst == after.dst && s.proto == after.proto)
                .map_or(0, count);
            let delta = count(after).checked_sub(before).filter(|d| *d > 0)?;
            let name = self
                .plan
                .states_ever()
                .find(|(n, s)| *n == self.node && s.spi == after.spi && s.dst == after.dst)
                .map_or_else(|| format!("spi {}", after.spi), |(_, s)| s.name.clone());
            Some((name, delta))
        })
    }

    /// Events of flows at this node with their journeys; wires that it sent included.
    pub(crate) fn events(&self) -> impl Iterator<Item = (&'a Journey, &'a Event)> {
        let (story, node) = (self.story, self.node);
        story
            .journeys
            .iter()
            .filter(|j| j.is_flow())
            .flat_map(|j| j.events.iter().map(move |e| (j, e)))
            .filter(move |(_, e)| e.node == node)
    }

    /// The last event of the lost packet, if it is at this node and this is the hop.
    pub(crate) fn last(&self) -> Option<&'a Event> {
        let (_, event) = last_seen::event(self.plan, self.story, self.obs, self.step)?;
        (self.at_hop && event.node == self.node).then_some(event)
    }

    /// The envelope that ended in the input of this node, whether or not this is the first divergent hop.
    pub(crate) fn refused_envelope(&self) -> Option<&'a Event> {
        let (_, event) = last_seen::event(self.plan, self.story, self.obs, self.step)?;
        let here = event.node == self.node && event.line.place == Place::Hook(Hook::Input);
        (here && event.kind.protected).then_some(event)
    }

    /// Whether the packet was last seen going through this hook.
    pub(crate) fn last_at(&self, hook: Hook) -> Option<&'a Event> {
        self.last()
            .filter(|e| e.line.place == Place::Hook(hook) && e.line.fate.is_none())
    }

    /// What went into clear text at this node: the first frame of a journey that was
    /// sent unprotected on a guarded link. Who only passes it on is not to blame.
    pub(crate) fn leaks(&self) -> impl Iterator<Item = (&'a Journey, &'a Event)> + '_ {
        let (story, node, plan) = (self.story, self.node, self.plan);
        story
            .journeys
            .iter()
            .filter(|j| j.is_flow())
            .filter_map(move |j| j.events.iter().find(|e| is_leak(plan, e)).map(|e| (j, e)))
            .filter(move |(_, e)| e.node == node && !self.is_stated_clear(e))
    }

    /// What packets of flows did in this hook of the node.
    pub(crate) fn at_hook(&self, hook: Hook) -> impl Iterator<Item = &'a Event> {
        let here = self.events().map(|(_, event)| event);
        here.filter(move |e| e.line.place == Place::Hook(hook))
    }

    /// Packets that passed the node without an envelope, each with the policies that fit it by its
    /// addresses alone: those of sending where something leaked, those of receiving otherwise.
    pub(crate) fn candidates(&self) -> Vec<(Vec<&'a Policy>, &'a Event)> {
        let leak = self.leaks().next().is_some();
        let hooks = [Hook::Prerouting, Hook::Forward, Hook::Output].map(Place::Hook);
        let events = self.events().map(|(_, event)| event);
        let plain = events.filter(|e| hooks.contains(&e.line.place) && !e.kind.protected);
        let policies = self.policies();
        let fitting = |event: &'a Event| {
            let packet = event.line.packet.as_ref()?;
            let (src, dst) = world::ends(packet)?;
            let fits = policies.iter().copied().filter(|p| {
                (p.dir == Dir::Out) == leak
                    && p.selector.src.contains(&src)
                    && p.selector.dst.contains(&dst)
            });
            Some((fits.collect(), event))
        };
        plain.filter_map(fitting).collect()
    }

    /// The SAs of the node that opened something in the step.
    pub(crate) fn decoded_states(&self) -> impl Iterator<Item = &'a State> {
        let opened = self.events().map(|(_, event)| &event.line);
        let names: Vec<&str> = opened
            .filter(|line| line.place == Place::Decode)
            .filter_map(|line| line.sa.as_deref())
            .collect();
        let states = self.states().into_iter();
        states.filter(move |s| names.contains(&s.name.as_str()))
    }

    /// Whether the kernel asked for an SA in an earlier step and still waits: in this one it did not ask.
    pub(crate) fn is_larval(&self) -> bool {
        let asked = |step: u32| {
            let here = move |e: &&XfrmEvent| e.node == self.node && e.step == step;
            self.obs
                .events
                .iter()
                .filter(here)
                .any(|e| e.kind.starts_with("acquire"))
        };
        !asked(self.step) && (0..self.step).any(asked)
    }

    /// The address of which the node asked a link and that nobody answered for.
    pub(crate) fn unanswered(&self) -> Option<String> {
        let words = |e: &Event| e.line.packet.as_ref().map(|p| p.head.clone());
        let journeys = &self.story.journeys;
        let events = || {
            journeys
                .iter()
                .flat_map(|j| &j.events)
                .filter(|e| e.wire.is_some())
        };
        let answered = |asked: &str| {
            events().filter_map(words).any(|head| {
                matches!(head.as_slice(), [arp, who, is, ..] if arp == "arp" && who == asked && is == "is-at")
            })
        };
        let mine = events().filter(|e| e.node == self.node).filter_map(words);
        let asked = mine.filter_map(|head| match head.as_slice() {
            [arp, who_has, who, ..] if arp == "arp" && who_has == "who-has" => Some(who.clone()),
            _ => None,
        });
        asked.into_iter().find(|who| !answered(who))
    }

    fn is_stated_clear(&self, event: &Event) -> bool {
        let Some(wire) = &event.wire else {
            return false;
        };
        self.plan_step().is_some_and(|step| {
            let mut stated = step.expect.clear.iter();
            stated.any(|c| c.point.node == event.node && c.point.device == wire.device)
        })
    }
}

fn is_leak(plan: &Plan, event: &Event) -> bool {
    let Some(wire) = &event.wire else {
        return false;
    };
    let mut guarded = plan.guarded.iter().filter_map(|&at| plan.links.get(at));
    guarded.any(|link| {
        link.ends
            .iter()
            .any(|end| end.node == event.node && end.device == wire.device)
    }) && !event.kind.protected
        && wire.direction == Direction::Out
}
