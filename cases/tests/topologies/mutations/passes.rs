//! Owns the alteration of trace events: lines of hooks.

use xfrmlab::{
    judge::{Hook, LAB_TABLE},
    observe::{Observations, Trace, TraceKind, Verdict},
};

use super::{
    Altered,
    header::{Header, envelope, header, later_fragment},
};

const GRE: u8 = 47;
/// In the header of GRE.
const ETHERNET: [u8; 2] = [0x65, 0x58];

/// One packet's traversal of one hook: the trace events at its entry and, where it left, at its exit, and the one
/// between them that tells its conntrack state.
#[derive(Clone)]
struct Pass {
    hook: Hook,
    entry: usize,
    exit: Option<usize>,
    ct: Option<usize>,
    /// The next traversal of the same packet at the same node.
    next: Option<(usize, Option<usize>)>,
}

/// Alters traversals of hooks.
pub(super) fn alter(run: &mut Altered<'_>) {
    for pass in run.spread(&passes(run)) {
        lines(run, &pass);
        fields(run, &pass);
    }
}

/// Whole traversals lost, doubled, swapped, of another hook.
fn lines(run: &mut Altered<'_>, pass: &Pass) {
    let (entry, exit) = (pass.entry, pass.exit);
    let node = run.obs.traces[entry].node.clone();
    let told = |what: &str| format!("{} at trace event {entry}, {what},", pass.hook);
    run.change(&node, &[], &told("lost"), |o| {
        for at in exit.into_iter().chain(pass.ct).chain([entry]) {
            o.traces.remove(at);
        }
    });
    if let Some(exit) = exit {
        run.change(&node, &[], &told("doubled"), |o| {
            let all = [Some(entry), pass.ct, Some(exit)].into_iter().flatten();
            let again: Vec<Trace> = all.map(|at| o.traces[at].clone()).collect();
            o.traces.splice(exit + 1..=exit, again);
        });
        run.change(&node, &[], &told("without an exit"), |o| {
            drop(o.traces.remove(exit));
        });
    }
    let other = Hook::ALL.into_iter().find(|h| *h != pass.hook);
    let other = other.unwrap_or(pass.hook);
    run.change(&node, &[], &told("of another hook"), |o| {
        each(o, pass, |event| {
            event.chain = event.chain.replace(pass.hook.word(), other.word());
        });
    });
    if let Some((next, next_exit)) = pass.next {
        run.change(&node, &[], &told("behind the next"), |o| {
            o.traces.swap(entry, next);
            if let (Some(exit), Some(next_exit)) = (exit, next_exit) {
                o.traces.swap(exit, next_exit);
            }
        });
    }
}

/// One field of a traversal.
fn fields(run: &mut Altered<'_>, pass: &Pass) {
    let event = run.obs.traces[pass.entry].clone();
    let node = event.node.as_str();
    let told = |what: &str| format!("{} at trace event {}, {what},", pass.hook, pass.entry);
    if event.iif.is_some() {
        run.change(node, &["in"], &told("another device in"), |o| {
            each(o, pass, |e| e.iif = Some("eth9".into()));
        });
    }
    if event.oif.is_some() {
        run.change(node, &["out"], &told("another device out"), |o| {
            each(o, pass, |e| e.oif = Some("eth9".into()));
        });
    }
    run.change(node, &["mark"], &told("another mark"), |o| {
        each(o, pass, |e| e.mark ^= 0x77);
    });
    if let Some(ct) = pass.ct {
        for state in ["new", "established", "related", "untracked", "invalid"] {
            let other = Verdict::Goto(state.into());
            if run.obs.traces[ct].verdict != other {
                run.change(node, &["ct"], &told("another conntrack state"), |o| {
                    o.traces[ct].verdict = other;
                });
            }
        }
        run.change(node, &["ct"], &told("without its conntrack state"), |o| {
            drop(o.traces.remove(ct));
        });
        // Where the packet belongs to no connection nothing is told of a mark.
        let connected = !matches!(&run.obs.traces[ct].verdict, Verdict::Goto(s) if s == "untracked" || s == "invalid");
        if connected {
            run.change(node, &["ct-mark"], &told("another connection mark"), |o| {
                let bit = Verdict::Jump("mark30".into());
                let other = Trace {
                    verdict: bit,
                    ..o.traces[ct].clone()
                };
                o.traces.insert(ct, other);
            });
        }
    }
    let Some(ip) = header(&event.network, 0) else {
        return;
    };
    run.change(node, &["ttl"], &told("another TTL"), |o| {
        each(o, pass, |e| flip(&mut e.network, ip.ttl, 0x40));
    });
    run.change(node, &["len"], &told("another length"), |o| {
        each(o, pass, |e| flip(&mut e.network, ip.len, 0x04));
    });
    let other = unknown_from(&event, &ip);
    let source = other.as_deref().map_or(vec!["src", "packet"], |o| vec![o]);
    run.change(node, &source, &told("another source"), |o| {
        each(o, pass, |e| flip(&mut e.network, ip.src, 0x80));
    });
    if let Some((spi, seq)) = envelope(&event.transport, ip.protocol, 0) {
        run.change(node, &["sa", "spi", "packet"], &told("another SPI"), |o| {
            each(o, pass, |e| flip(&mut e.transport, spi, 0xff));
        });
        run.change(node, &["seq"], &told("another sequence number"), |o| {
            each(o, pass, |e| flip(&mut e.transport, seq, 0x80));
        });
    }
}

/// The altered source of a packet over `IPv4` of which a trace shows nothing to know it by but its addresses: a later
/// fragment, or an Ethernet frame in GRE. From another source it is another packet and stands elsewhere, so one line is
/// missing and another, with that source, is too many.
fn unknown_from(event: &Trace, ip: &Header) -> Option<String> {
    let network = &event.network[..];
    let frame_in_gre = ip.protocol == GRE && event.transport.get(2..4) == Some(&ETHERNET);
    if network.first()? >> 4 != 4 || !(later_fragment(network, 0) || frame_in_gre) {
        return None;
    }
    let &[a, b, c, d] = network.get(ip.src - 3..=ip.src)? else {
        return None;
    };
    Some(format!("{a}.{b}.{c}.{}", d ^ 0x80))
}

fn flip(bytes: &mut [u8], at: usize, bits: u8) {
    // An exit event of the same chain traversal may carry no bytes.
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= bits;
    }
}

fn each(obs: &mut Observations, pass: &Pass, mut edit: impl FnMut(&mut Trace)) {
    for at in [Some(pass.entry), pass.ct, pass.exit].into_iter().flatten() {
        edit(&mut obs.traces[at]);
    }
}

/// Traversals that a node block speaks of unasked: those of packets of flows.
fn passes(run: &Altered<'_>) -> Vec<Pass> {
    let traces = &run.obs.traces;
    let behind = |at: usize, hook: Hook, side: &str| {
        let event: &Trace = &traces[at];
        let mut later = (at + 1..traces.len())
            .filter(|at| traces[*at].node == event.node && traces[*at].id == event.id);
        // Chains named after a conntrack state stand between, and begin nothing; nor do chains that tell a mark.
        let own = |at: &usize| {
            let event = &traces[*at];
            let of_a_hook = event.chain.contains('_') && !event.chain.ends_with("_end");
            let tells_mark = matches!(event.verdict, Verdict::Jump(_));
            event.table == LAB_TABLE && event.kind == TraceKind::Rule && of_a_hook && !tells_mark
        };
        let next = later.find(own)?;
        (traces[next].chain == format!("{}_{side}", hook.word())).then_some(next)
    };
    let ct_of = |entry: usize, hook: Hook| behind(entry, hook, "ct");
    let exit_of =
        |entry: usize, hook: Hook| behind(ct_of(entry, hook).unwrap_or(entry), hook, "out");
    let mut out = Vec::new();
    let journeys = run.story.steps.iter().flat_map(|s| &s.journeys);
    for journey in journeys.filter(|j| j.is_flow()) {
        let at_hooks = journey.events.iter().filter_map(|e| {
            let hook = Hook::from_word(e.line.place.word())?;
            Some((e, hook, e.trace?))
        });
        let at_hooks: Vec<_> = at_hooks.collect();
        for (at, (event, hook, entry)) in at_hooks.iter().enumerate() {
            let mut behind = at_hooks[at + 1..]
                .iter()
                .filter(|(e, ..)| e.node == event.node);
            let next = behind.next().filter(|(_, other, _)| other != hook);
            out.push(Pass {
                hook: *hook,
                entry: *entry,
                exit: exit_of(*entry, *hook),
                ct: ct_of(*entry, *hook),
                next: next.map(|(_, hook, entry)| (*entry, exit_of(*entry, *hook))),
            });
        }
    }
    out.sort_by_key(|p| p.entry);
    out
}
