//! Owns the checks of what stands side by side in one node: SAs, policies and sockets
//! that do not go together. It never changes a draft.

use super::{
    draft::{Draft, DraftNode, Findings},
    names::owns,
    network::twice,
};
use crate::{
    plan::{Level, Policy, State, Template},
    spec::{lint::Lint, source::Spanned},
};

/// Whether IPv6 sockets take IPv6 packets alone (`IPV6_V6ONLY`, Documentation/networking/ip-sysctl.rst).
const BINDV6ONLY: &str = "net.ipv6.bindv6only";

/// All checks of all nodes.
pub(crate) fn check(draft: &Draft, findings: &mut Findings) {
    for node in &draft.nodes {
        duplicates(node, findings);
        templates(node, findings);
        for state in &node.states {
            socket(draft, node, state, findings);
        }
    }
}

fn duplicates(node: &DraftNode, findings: &mut Findings) {
    // What __xfrm_state_locate() in net/xfrm/xfrm_state.c and xfrm_policy_insert_list() in
    // net/xfrm/xfrm_policy.c compare; the priority is no part of it.
    let states = node.states.iter().map(|s| {
        let key = format!("{} {} {} {:?}", s.dst, s.proto.word(), s.spi, s.mark);
        (key, s.span)
    });
    for (_, span, first) in twice(states) {
        let message = format!(
            "node `{}` has two SAs of one destination, protocol and SPI",
            node.name
        );
        findings
            .lint(Lint::DuplicateState, span, message)
            .related(first, "the other one");
    }
    let key = |p: &Policy| {
        let parts = (p.dir, &p.selector, p.mark, p.if_id, p.sub);
        format!("{parts:?}")
    };
    for (_, span, first) in twice(node.policies.iter().map(|p| (key(p), p.span))) {
        let message = format!(
            "node `{}` has two policies of one direction and selector",
            node.name
        );
        findings
            .lint(Lint::DuplicatePolicy, span, message)
            .related(first, "the other one");
    }
}

/// Notes templates that no SA of their node fits.
fn templates(node: &DraftNode, findings: &mut Findings) {
    for policy in &node.policies {
        let unused = policy
            .templates
            .iter()
            .find(|t| t.level == Level::Required && !satisfied(node, t));
        if let Some(template) = unused {
            let message = format!(
                "no SA of node `{}` fits the template of policy `{}`: {} {}, reqid {}",
                node.name,
                policy.name,
                template.proto.word(),
                template.mode.word(),
                template.reqid,
            );
            findings.lint(Lint::UnusedTemplate, policy.span, message);
        }
    }
}

/// As `xfrm_state_look_at()` in `net/xfrm/xfrm_state.c` compares, without marks and selectors.
fn satisfied(node: &DraftNode, template: &Template) -> bool {
    let fits = |want: std::net::IpAddr, is| want.is_unspecified() || want == is;
    node.states.iter().any(|state| {
        state.proto == template.proto
            && state.mode == template.mode
            && (template.reqid.0 == 0 || template.reqid == state.reqid)
            && (template.spi.0 == 0 || template.spi == state.spi)
            && fits(template.src, state.src)
            && fits(template.dst, state.dst)
    })
}

/// Notes an SA that waits for ESP in UDP where nobody listens.
fn socket(draft: &Draft, node: &DraftNode, state: &Spanned<State>, findings: &mut Findings) {
    let Some(encap) = state.encap else { return };
    let apart = node.sysctls.iter().rev();
    let apart = apart
        .filter(|s| s.key == BINDV6ONLY)
        .map(|s| s.value.value != "0")
        .next();
    let listens = node.encap_sockets.iter().any(|s| {
        // A socket on `[::]` gets IPv4 packets too, unless the node keeps the families apart.
        let dual = s.address.is_ipv6() && apart != Some(true);
        let any =
            s.address.is_unspecified() && (dual || s.address.is_ipv4() == state.dst.is_ipv4());
        s.port == encap.dport && (any || s.address == state.dst)
    });
    if !listens && owns(draft, &node.name, state.dst) {
        let (node, port) = (&node.name, encap.dport);
        let message = format!(
            "node `{node}` has no encapsulation socket on port {port} for SA `{}`",
            state.name
        );
        findings
            .lint(Lint::NoEncapSocket, state.span, message)
            .hint(format!("`encap = [\"{port}\"]` in `[nodes.{node}]`"));
    }
}
