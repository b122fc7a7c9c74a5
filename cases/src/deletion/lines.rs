//! Owns what is taken out of expectations, held against what the whole file saw. It needs no kernel.
//!
//! A line of a block is taken out; the block is then too short. What says its one thing alone, as `reply = true`
//! does, can only be left out in silence: it is stated otherwise instead, and that must be noticed.

use xfrmlab::{
    judge::{self, Outcome},
    observe::Observations,
    plan::{Block, BlockLine, CounterRule, Delivered, Expect, Outcome as Wanted, Plan},
};

use super::number;

/// A plan that expects something else.
struct Altered {
    name: String,
    step: usize,
    edit: Box<dyn Fn(&mut Plan)>,
}

/// Lines and expectations whose absence the judge does not notice, and the number of all of them.
pub fn unnoticed(plan: &Plan, obs: &Observations) -> (Vec<String>, usize) {
    let story = judge::tell(plan, obs);
    let mut all = Vec::new();
    for step in 0..plan.steps.len() {
        altered(plan, step, &mut all);
    }
    number(&mut all, |a| &mut a.name);
    let passes = |it: &&Altered| {
        let mut plan = plan.clone();
        (it.edit)(&mut plan);
        only(&mut plan, it.step);
        judge::judge_story(&plan, obs, &story).outcome == Outcome::Pass
    };
    let names = all.iter().filter(passes).map(|a| a.name.clone()).collect();
    (names, all.len())
}

/// Leaves the expectations of one step alone: the others hold, as the whole file passed.
fn only(plan: &mut Plan, step: usize) {
    for (index, other) in plan.steps.iter_mut().enumerate() {
        if index != step {
            let clear = std::mem::take(&mut other.expect.clear);
            other.expect = Expect {
                clear,
                ..Expect::default()
            };
        }
    }
}

fn altered(plan: &Plan, index: usize, out: &mut Vec<Altered>) {
    let step = &plan.steps[index];
    let mut alter = |what: String, edit: Box<dyn Fn(&mut Plan)>| {
        let name = format!("expect `{}`: {what}", step.name);
        out.push(Altered {
            name,
            step: index,
            edit,
        });
    };
    let expect = &step.expect;
    for (at, (node, block)) in expect.nodes.iter().enumerate() {
        lines(block, &format!("node {node}"), &mut alter, move |p| {
            &mut p.steps[index].expect.nodes[at].1
        });
    }
    for (at, wire) in expect.wires.iter().enumerate() {
        let way = format!("wire {}", wire.point);
        lines(&wire.block, &way, &mut alter, move |p| {
            &mut p.steps[index].expect.wires[at].block
        });
    }
    for (at, wire) in expect.clear.iter().enumerate() {
        let way = format!("clear {}", wire.point);
        lines(&wire.block, &way, &mut alter, move |p| {
            &mut p.steps[index].expect.clear[at].block
        });
    }
    for (at, (node, block)) in expect.events.iter().enumerate() {
        lines(block, &format!("events {node}"), &mut alter, move |p| {
            &mut p.steps[index].expect.events[at].1
        });
    }
    for (at, (node, block)) in expect.connections.iter().enumerate() {
        lines(block, &format!("conntrack {node}"), &mut alter, move |p| {
            &mut p.steps[index].expect.connections[at].1
        });
    }
    if let Some(block) = &expect.log {
        // A log has other lines besides, so a line less says less: each is spelt otherwise.
        for (at, line) in block.lines.iter().enumerate() {
            let edit = move |p: &mut Plan| {
                if let Some(block) = &mut p.steps[index].expect.log {
                    block.lines[at].text += " and more";
                }
            };
            alter(format!("log {}", line.text), Box::new(edit));
        }
    }
    for (at, it) in expect.counters.iter().enumerate() {
        counters(
            &it.rule,
            &format!("counters {}", it.node),
            true,
            &mut alter,
            move |p| &mut p.steps[index].expect.counters[at].rule,
        );
    }
    for (at, it) in expect.meters.iter().enumerate() {
        counters(
            &it.rule,
            &format!("{} at {}", it.group, it.node),
            false,
            &mut alter,
            move |p| &mut p.steps[index].expect.meters[at].rule,
        );
    }
    outcome(&expect.outcome, "every flow", &mut alter, move |p| {
        &mut p.steps[index].expect.outcome
    });
    for (at, flow) in step.flows.iter().enumerate() {
        outcome(&flow.outcome, &flow.name, &mut alter, move |p| {
            &mut p.steps[index].flows[at].outcome
        });
    }
}

type Alter<'a> = dyn FnMut(String, Box<dyn Fn(&mut Plan)>) + 'a;

fn lines(
    block: &Block,
    place: &str,
    alter: &mut Alter<'_>,
    find: impl Fn(&mut Plan) -> &mut Block + Copy + 'static,
) {
    for (at, line) in block.lines.iter().enumerate() {
        let words: Vec<&str> = line.text.split_whitespace().collect();
        let edit = move |p: &mut Plan| drop(find(p).lines.remove(at));
        alter(format!("{place}: {}", words.join(" ")), Box::new(edit));
    }
    if block.lines.is_empty() {
        let line = BlockLine {
            text: "icmp echo-request".to_owned(),
            line: 0,
        };
        let edit = move |p: &mut Plan| find(p).lines.push(line.clone());
        alter(format!("{place}: nothing"), Box::new(edit));
    }
}

/// `exact`: a counter that is not named must not move.
fn counters(
    rule: &CounterRule,
    place: &str,
    exact: bool,
    alter: &mut Alter<'_>,
    find: impl Fn(&mut Plan) -> &mut CounterRule + Copy + 'static,
) {
    match rule {
        CounterRule::Unchanged => {
            let moved = || CounterRule::Deltas(vec![("XfrmInError".to_owned(), 1)]);
            let edit = move |p: &mut Plan| *find(p) = moved();
            alter(format!("{place}: unchanged"), Box::new(edit));
        }
        CounterRule::Deltas(deltas) => {
            for (at, (name, delta)) in deltas.iter().enumerate() {
                let gone = exact && *delta != 0;
                let edit = move |p: &mut Plan| match find(p) {
                    CounterRule::Deltas(deltas) if gone => drop(deltas.remove(at)),
                    CounterRule::Deltas(deltas) => deltas[at].1 += 1,
                    CounterRule::Unchanged => {}
                };
                alter(format!("{place}: {name} {delta:+}"), Box::new(edit));
            }
        }
    }
}

fn outcome(
    wanted: &Wanted,
    place: &str,
    alter: &mut Alter<'_>,
    find: impl Fn(&mut Plan) -> &mut Wanted + Copy + 'static,
) {
    if let Some(reply) = wanted.reply {
        let edit = move |p: &mut Plan| find(p).reply = Some(!reply);
        alter(format!("{place}: reply = {reply}"), Box::new(edit));
    }
    if let Some(delivered) = wanted.delivered {
        let other = if delivered == Delivered::Nothing {
            Delivered::All
        } else {
            Delivered::Nothing
        };
        let edit = move |p: &mut Plan| find(p).delivered = Some(other);
        alter(format!("{place}: delivered"), Box::new(edit));
    }
    if let Some(error) = &wanted.error {
        let other = if error == "none" { "EDOM" } else { "none" };
        let edit = move |p: &mut Plan| find(p).error = Some(other.to_owned());
        alter(format!("{place}: error = {error}"), Box::new(edit));
    }
}
