//! Owns what a variant does to its file and its tables: edits, additions, expectations. What it changes in
//! the draft is in `alter`.

use super::{
    draft::{Draft, Findings},
    expected,
};
use crate::{
    plan::Fails,
    spec::{
        decode::{FromTable as _, Named},
        diagnostic::shorten,
        schema::{
            exec::ExecSpec,
            file::FileSpec,
            network::NodeSpec,
            steps::{ExpectSpec, StepSpec},
            traffic::{
                AgainSpec, AhSpec, EspSpec, KeepaliveSpec, PingSpec, RawSpec, TcpSpec, TrafficSpec,
                UdpSpec,
            },
            variant::VariantSpec,
        },
        source::Spanned,
        tree_edits::Edits,
        value::Data,
    },
};

/// Additions and expectations, before anything is resolved.
pub(crate) fn amend(spec: &mut FileSpec, variant: &VariantSpec, findings: &mut Findings) {
    for (name, patch) in variant.add.iter().flat_map(|a| a.value.0.iter()) {
        let nodes = spec.nodes.iter_mut().flat_map(|n| n.value.0.iter_mut());
        match nodes.into_iter().find(|(n, _)| n.value == name.value) {
            Some((_, node)) => add(node, patch.0.clone()),
            None => {
                findings.error(name.span, format!("no node `{}`", shorten(name)));
            }
        }
    }
    let mut steps: Vec<&mut StepSpec> = spec
        .steps
        .iter_mut()
        .flat_map(|s| s.value.iter_mut())
        .map(|s| &mut s.value)
        .collect();
    if let Some(expect) = &variant.expect {
        if let [step] = steps.as_mut_slice() {
            replace(&mut step.expect, expect);
        } else {
            let message = format!(
                "`expect` of a variant needs one step, the file has {}",
                steps.len()
            );
            findings
                .error(expect.span, message)
                .hint("`steps.\"NAME\".expect`");
        }
    }
    for (name, patch) in variant.steps.iter().flat_map(|s| s.value.0.iter()) {
        let names: Vec<String> = steps
            .iter()
            .filter_map(|s| s.name.as_ref())
            .map(|n| n.value.clone())
            .collect();
        let step = steps
            .iter_mut()
            .find(|s| s.name.as_ref().is_some_and(|n| n.value == name.value));
        let Some(step) = step else {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            findings
                .error(name.span, format!("no step `{}`", shorten(name)))
                .suggest(name, &names);
            continue;
        };
        traffic(&mut step.traffic, &patch.0.traffic);
        if patch.0.flows.is_some() {
            step.flows.clone_from(&patch.0.flows);
        }
        if patch.0.changes.is_some() {
            step.changes.clone_from(&patch.0.changes);
        }
        if patch.0.on.is_some() {
            step.on.clone_from(&patch.0.on);
        }
        if let Some(expect) = &patch.0.expect {
            replace(&mut step.expect, expect);
        }
    }
}

/// What differs in flows that are there; others are added.
fn traffic(old: &mut TrafficSpec, new: &TrafficSpec) {
    /// Lays one table over another.
    fn lay<T: Clone>(
        old: &mut Option<Spanned<T>>,
        new: Option<&Spanned<T>>,
        overlay: impl FnOnce(&mut T, T),
    ) {
        match (old.as_mut(), new) {
            (Some(old), Some(new)) => overlay(&mut old.value, new.value.clone()),
            (None, Some(new)) => *old = Some(new.clone()),
            (_, None) => {}
        }
    }
    lay(&mut old.ping, new.ping.as_ref(), PingSpec::overlay);
    lay(&mut old.udp, new.udp.as_ref(), UdpSpec::overlay);
    lay(&mut old.tcp, new.tcp.as_ref(), TcpSpec::overlay);
    lay(&mut old.raw, new.raw.as_ref(), RawSpec::overlay);
    lay(&mut old.esp, new.esp.as_ref(), EspSpec::overlay);
    lay(&mut old.ah, new.ah.as_ref(), AhSpec::overlay);
    lay(&mut old.again, new.again.as_ref(), AgainSpec::overlay);
    lay(&mut old.exec, new.exec.as_ref(), ExecSpec::overlay);
    let keepalive = new.keepalive.as_ref();
    lay(&mut old.keepalive, keepalive, KeepaliveSpec::overlay);
}

/// Appends what a variant adds to a node.
fn add(node: &mut NodeSpec, more: NodeSpec) {
    /// Appends one list to another, either of which may be absent.
    fn append<T>(
        to: &mut Option<Spanned<T>>,
        from: Option<Spanned<T>>,
        join: impl FnOnce(&mut T, T),
    ) {
        match (to.as_mut(), from) {
            (Some(to), Some(from)) => join(&mut to.value, from.value),
            (None, from) => *to = from,
            (_, None) => {}
        }
    }
    if more.forward.is_some() {
        node.forward = more.forward;
    }
    append(&mut node.routes, more.routes, Vec::extend);
    append(&mut node.states, more.states, Vec::extend);
    append(&mut node.policies, more.policies, Vec::extend);
    append(&mut node.sysctl, more.sysctl, |to, from| {
        to.0.extend(from.0);
    });
    append(&mut node.devices, more.devices, |to, from| {
        to.0.extend(from.0);
    });
    append(&mut node.rules, more.rules, Vec::extend);
    append(&mut node.neighbours, more.neighbours, Vec::extend);
    for (to, from) in [
        (&mut node.hthresh4, more.hthresh4),
        (&mut node.hthresh6, more.hthresh6),
    ] {
        if from.is_some() {
            *to = from;
        }
    }
    if more.setdefault.is_some() {
        node.setdefault = more.setdefault;
    }
    append(&mut node.encap, more.encap, |to, from| to.0.extend(from.0));
    for (to, from) in [
        (&mut node.nft, more.nft),
        (&mut node.iptables, more.iptables),
        (&mut node.ip6tables, more.ip6tables),
    ] {
        append(to, from, |to, from| to.0.extend(from.0));
    }
}

/// Replaces expectations one by one.
fn replace(expect: &mut Option<Spanned<ExpectSpec>>, new: &Spanned<ExpectSpec>) {
    /// Replaces what has the same name, appends the rest.
    fn merge<T: Clone>(to: &mut Option<Spanned<Named<T>>>, from: Option<&Spanned<Named<T>>>) {
        let Some(from) = from else { return };
        let Some(to) = to else {
            *to = Some(from.clone());
            return;
        };
        for (name, value) in &from.value.0 {
            match to.value.0.iter_mut().find(|(n, _)| n.value == name.value) {
                Some(slot) => *slot = (name.clone(), value.clone()),
                None => to.value.0.push((name.clone(), value.clone())),
            }
        }
    }
    let Some(old) = expect else {
        *expect = Some(new.clone());
        return;
    };
    old.value.outcome.overlay(new.value.outcome.clone());
    merge(&mut old.value.node, new.node.as_ref());
    merge(&mut old.value.wire, new.wire.as_ref());
    merge(&mut old.value.clear, new.clear.as_ref());
    merge(&mut old.value.counters, new.counters.as_ref());
    merge(&mut old.value.events, new.events.as_ref());
    merge(&mut old.value.freed, new.freed.as_ref());
    merge(&mut old.value.snmp, new.snmp.as_ref());
    merge(&mut old.value.links, new.links.as_ref());
    merge(&mut old.value.sas, new.sas.as_ref());
    merge(&mut old.value.nft, new.nft.as_ref());
    merge(&mut old.value.conntrack, new.conntrack.as_ref());
    if new.log.is_some() {
        old.value.log.clone_from(&new.log);
    }
}

/// How the variant must fail.
pub(crate) fn fails(
    draft: &Draft,
    variant: &VariantSpec,
    findings: &mut Findings,
) -> Option<Fails> {
    let fails = variant.fails.as_ref()?;
    let at = fails.at.as_ref()?;
    super::names::bind_node(draft, at, at.span, findings);
    let text = |field: &Option<Spanned<String>>| field.as_ref().map(|f| f.value.clone());
    if let Some(cause) = &fails.cause {
        expected::cause(cause, cause.span, findings);
    }
    if let Some(counter) = &fails.counter {
        expected::counter(counter, findings);
    }
    let mut causes = Vec::new();
    for cause in fails.causes.iter().flat_map(|c| &c.value) {
        let Some((node, name)) = cause.split_once(' ') else {
            findings
                .error(
                    cause.span,
                    format!("`{}` names no node and cause", shorten(cause)),
                )
                .hint("`NODE CAUSE`");
            continue;
        };
        expected::cause(name.trim(), cause.span, findings);
        if super::names::bind_node(draft, node, cause.span, findings) {
            causes.push((node.to_owned(), name.trim().to_owned()));
        }
    }
    Some(Fails {
        at: at.value.clone(),
        line: text(&fails.line),
        cause: text(&fails.cause),
        causes,
        why: text(&fails.why),
        counter: text(&fails.counter),
    })
}

/// What a variant does to the tree of its file.
pub(crate) fn edits(variant: &VariantSpec) -> Edits {
    let set = variant.set.iter().flat_map(|s| s.value.0.iter());
    let unset = variant.unset.iter().flat_map(|u| u.value.iter());
    let with = variant.with.as_ref().and_then(|w| match &w.0.0.data {
        Data::Table(table) => Some(table.clone()),
        _ => None,
    });
    Edits {
        set: set
            .map(|(path, raw)| (path.value.clone(), path.span, raw.0.clone()))
            .collect(),
        unset: unset.map(|u| (u.value.clone(), u.span)).collect(),
        with,
    }
}
