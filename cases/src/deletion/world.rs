//! Owns what is taken out of a world: states, policies, routes and nft rules, those that steps add included. It
//! never runs anything.

use xfrmlab::{
    ops::{self, Op},
    plan::{Change, Dir, Object, Plan, Policy, Route, Rules, State, Step, What},
};

use super::{nft_rules, number};

/// A world with one thing less.
#[derive(Clone, Debug)]
pub struct Deletion {
    /// What is gone: `r1 policy site in`.
    pub name: String,
    pub plan: Plan,
}

/// Every world that lacks one state, policy, route or nft rule of this one.
pub fn deletions(plan: &Plan) -> Vec<Deletion> {
    let mut out = Vec::new();
    for (index, node) in plan.nodes.iter().enumerate() {
        let mut without = |what: String, edit: &dyn Fn(&mut Plan)| {
            let mut plan = plan.clone();
            edit(&mut plan);
            let name = format!("{} {what}", node.name);
            out.push(Deletion { name, plan });
        };
        for (at, it) in node.states.iter().enumerate() {
            without(state(it), &|p| drop(p.nodes[index].states.remove(at)));
        }
        for (at, it) in node.policies.iter().enumerate() {
            let alike = |p: &&Policy| p.name == it.name && p.dir == it.dir;
            let single = node.policies.iter().filter(alike).count() == 1;
            without(policy(it, single), &|p| {
                drop(p.nodes[index].policies.remove(at));
            });
        }
        for (at, it) in node.routes.iter().enumerate() {
            without(route(&node.name, it), &|p| {
                drop(p.nodes[index].routes.remove(at));
            });
        }
        for at in nft_rules::rules(&node.nft) {
            without(nft(&node.nft[at.clone()]), &|p| {
                blank(&mut p.nodes[index].nft, at.clone());
            });
        }
    }
    for (index, step) in plan.steps.iter().enumerate() {
        for (at, change) in step.changes.iter().enumerate() {
            let edit = |edit: &dyn Fn(&mut Vec<Change>)| {
                let mut plan = plan.clone();
                edit(&mut plan.steps[index].changes);
                plan
            };
            changed(step, change, at, &edit, &mut out);
        }
        for (number, trigger) in step.on.iter().enumerate() {
            for (at, change) in trigger.changes.iter().enumerate() {
                let edit = |edit: &dyn Fn(&mut Vec<Change>)| {
                    let mut plan = plan.clone();
                    edit(&mut plan.steps[index].on[number].changes);
                    plan
                };
                changed(step, change, at, &edit, &mut out);
            }
        }
    }
    number(&mut out, |d| &mut d.name);
    out
}

/// Makes a plan in which one list of changes is another.
type Edit<'a> = dyn Fn(&dyn Fn(&mut Vec<Change>)) -> Plan + 'a;

/// What of a change of a step can be taken out.
fn changed(step: &Step, change: &Change, at: usize, edit: &Edit<'_>, out: &mut Vec<Deletion>) {
    let (node, place) = (
        &change.node,
        format!("step `{}`: {}", step.name, change.node),
    );
    let what = match &change.what {
        What::AddState(it) => state(it),
        What::AddPolicy(it) => policy(it, true),
        What::Add(Object::Route(it)) => route(node, it),
        What::Load(Rules::Nft(text, _)) => {
            for rule in nft_rules::rules(text) {
                let name = format!("{place} {}", nft(&text[rule.clone()]));
                let plan = edit(&|changes| {
                    if let What::Load(Rules::Nft(text, _)) = &mut changes[at].what {
                        blank(text, rule.clone());
                    }
                });
                out.push(Deletion { name, plan });
            }
            return;
        }
        _ => return,
    };
    let name = format!("{place} {what}");
    let plan = edit(&|changes| drop(changes.remove(at)));
    out.push(Deletion { name, plan });
}

fn state(it: &State) -> String {
    format!("state {}", it.name)
}

fn policy(it: &Policy, single: bool) -> String {
    let dir = match it.dir {
        Dir::In => "in",
        Dir::Out => "out",
        Dir::Fwd => "fwd",
    };
    let name = format!("policy {} {dir}", it.name);
    if single {
        return name;
    }
    format!("{name} {} > {}", it.selector.src, it.selector.dst)
}

fn route(node: &str, it: &Route) -> String {
    let op = Op::AddRoute {
        node: node.to_owned(),
        route: it.clone(),
    };
    let line = ops::line(&op);
    let words = line
        .split_once(" route add ")
        .map_or(&*line, |(_, words)| words);
    format!("route {words}")
}

fn nft(rule: &str) -> String {
    let rule = rule.split_once(" # ").map_or(rule, |(rule, _)| rule);
    let words: Vec<&str> = rule.split_whitespace().collect();
    format!("nft {}", words.join(" "))
}

/// Takes a rule out and leaves every other line where it is.
fn blank(text: &mut String, at: std::ops::Range<usize>) {
    let spaces: String = text[at.clone()]
        .chars()
        .map(|c| if c == '\n' { '\n' } else { ' ' })
        .collect();
    text.replace_range(at, &spaces);
}
