//! Owns hook passes: trace events of one packet put together into one traversal
//! of one netfilter hook. It never decodes a packet and never looks at the plan.
//!
//! The lab frames every hook with two chains of its own table, `H_in` at the first
//! priority and `H_out` at the last; what lies between belongs to the file's rules, but for
//! `H_ct` and `H_end` where connections are tracked. Rules of both jump to a chain named after each bit that the
//! connection's mark has, at the first and at the last moment of the hook; in `H_ct` another then goes to a chain
//! named after the conntrack state.

use std::collections::BTreeMap;
use std::fmt;

use super::tracked::Tracked;
use crate::observe::{Observations, RuleText, Trace, TraceKind, Verdict};

/// The nft table that the lab installs in every node to watch its hooks.
pub const LAB_TABLE: &str = "xfrmlab";

/// A netfilter hook of the `inet` families (`include/uapi/linux/netfilter.h`, `NF_INET_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    Prerouting,
    Input,
    Forward,
    Output,
    Postrouting,
}

impl Hook {
    /// All hooks, in the order of `NF_INET_*`.
    pub const ALL: [Self; 5] = [
        Self::Prerouting,
        Self::Input,
        Self::Forward,
        Self::Output,
        Self::Postrouting,
    ];

    /// The word of `nft`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
        }
    }

    /// The hook of that name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|h| h.word() == word)
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Where a rule or a chain's policy dropped a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropPoint {
    pub family: String,
    pub table: String,
    pub chain: String,
    /// Text of the rule; `None` for the chain's policy, or `Some("handle 7")` where
    /// the text is not known.
    pub rule: Option<String>,
}

impl fmt::Display for DropPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.family, self.table, self.chain)?;
        match &self.rule {
            Some(rule) => write!(f, " \"{rule}\""),
            None => write!(f, " policy"),
        }
    }
}

/// How a traversal ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PassEnd {
    /// The packet was seen leaving the hook.
    Left,
    /// A rule or policy dropped it.
    Dropped(DropPoint),
    /// It was seen entering and then no more: taken by something that nft does not
    /// trace (conntrack, reassembly, a legacy iptables rule, a queue).
    Vanished,
}

/// Header bytes of a packet as a trace event carries them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Headers {
    pub(crate) network: Vec<u8>,
    pub(crate) transport: Vec<u8>,
}

/// One packet's traversal of one hook of one node, not yet decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pass {
    pub(crate) step: u32,
    pub(crate) node: String,
    /// The kernel's trace id: unique among packets that are in the node at one moment only.
    pub(crate) id: u32,
    /// Index of the first trace event in `Observations::traces`.
    pub(crate) index: usize,
    pub(crate) hook: Hook,
    /// `NFPROTO_*` of the packet.
    pub(crate) nfproto: u8,
    pub(crate) iif: Option<String>,
    pub(crate) oif: Option<String>,
    pub(crate) mark_in: u32,
    pub(crate) mark_out: u32,
    /// What conntrack holds of it; `None` where that is not watched.
    pub(crate) ct: Option<Tracked>,
    pub(crate) entry: Headers,
    /// `None` where the packet did not leave the hook.
    pub(crate) exit: Option<Headers>,
    pub(crate) end: PassEnd,
}

/// Puts the trace events of all nodes together into passes, in the order in which the
/// packets entered the hooks of each node.
pub(crate) fn passes(obs: &Observations) -> Vec<Pass> {
    let mut done: Vec<Pass> = Vec::new();
    // A trace id names one packet at a time: its place in `done` while it is in a hook.
    let mut open: BTreeMap<(&str, u32), usize> = BTreeMap::new();
    for (index, event) in obs.traces.iter().enumerate() {
        let key = (event.node.as_str(), event.id);
        match boundary(event) {
            Some((hook, Side::Ct)) => {
                let at = open.get(&key).copied().filter(|&at| done[at].hook == hook);
                // Put together inside the hook: what conntrack saw is its entry.
                let at = at.unwrap_or_else(|| {
                    open.insert(key, done.len());
                    done.push(begin(obs, event, index, hook));
                    done.len() - 1
                });
                done[at].ct.get_or_insert_default().enter(&event.verdict);
            }
            Some((hook, Side::End)) => {
                let at = open.get(&key).copied().filter(|&at| done[at].hook == hook);
                if let Some(ct) = at.and_then(|at| done[at].ct.as_mut()) {
                    ct.end(&event.verdict);
                }
            }
            Some((hook, Side::Entry)) => {
                open.insert(key, done.len());
                done.push(begin(obs, event, index, hook));
            }
            Some((hook, Side::Exit)) => {
                let at = open.remove(&key).filter(|&at| done[at].hook == hook);
                // A packet that was put together inside the hook (reassembly) has an
                // exit only: its entry is what left.
                let at = at.unwrap_or_else(|| {
                    done.push(begin(obs, event, index, hook));
                    done.len() - 1
                });
                leave(&mut done[at], event);
            }
            None => {
                if event.verdict == Verdict::Drop
                    && let Some(at) = open.remove(&key)
                {
                    done[at].mark_out = event.mark;
                    done[at].end = PassEnd::Dropped(drop_point(index, event, &obs.rules));
                }
            }
        }
    }
    done
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Entry,
    Exit,
    Ct,
    End,
}

/// Which hook boundary an event marks: only events of the lab's own chains do.
fn boundary(event: &Trace) -> Option<(Hook, Side)> {
    if event.table != LAB_TABLE || event.kind != TraceKind::Rule {
        return None;
    }
    let (hook, side) = event.chain.rsplit_once('_')?;
    let side = match side {
        "in" => Side::Entry,
        "out" => Side::Exit,
        "ct" => Side::Ct,
        "end" => Side::End,
        _ => return None,
    };
    Some((Hook::from_word(hook)?, side))
}

fn begin(obs: &Observations, event: &Trace, index: usize, hook: Hook) -> Pass {
    let watched = obs.tells_conntrack(&event.node, event.nfproto);
    Pass {
        step: event.step,
        node: event.node.clone(),
        id: event.id,
        index,
        hook,
        nfproto: event.nfproto,
        iif: event.iif.clone(),
        oif: event.oif.clone(),
        mark_in: event.mark,
        mark_out: event.mark,
        ct: watched.then(Tracked::default),
        entry: headers(event),
        exit: None,
        end: PassEnd::Vanished,
    }
}

fn leave(pass: &mut Pass, event: &Trace) {
    pass.mark_out = event.mark;
    // A rerouted packet (NAT or a mark in output) leaves by another device.
    if event.oif.is_some() {
        pass.oif.clone_from(&event.oif);
    }
    pass.exit = Some(headers(event));
    pass.end = PassEnd::Left;
}

fn headers(event: &Trace) -> Headers {
    Headers {
        network: event.network.clone(),
        transport: event.transport.clone(),
    }
}

/// `index` is that of the event: of two rules with one handle, the one that was there then counts.
fn drop_point(index: usize, event: &Trace, rules: &[RuleText]) -> DropPoint {
    let rule = match (event.kind, event.handle) {
        (TraceKind::Rule, Some(handle)) => Some(
            rules
                .iter()
                .rev()
                .find(|r| {
                    r.since <= index
                        && r.handle == handle
                        && r.node == event.node
                        && r.family == event.family
                        && r.table == event.table
                        && r.chain == event.chain
                })
                .map_or_else(|| format!("handle {handle}"), |r| r.text.clone()),
        ),
        _ => None,
    };
    DropPoint {
        family: event.family.clone(),
        table: event.table.clone(),
        chain: event.chain.clone(),
        rule,
    }
}
