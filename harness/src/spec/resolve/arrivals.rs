//! Owns the resolving of changes that an IKE daemon makes: SPIs allocated, tunnels moved to other addresses.

use super::{
    changes::change,
    draft::{Draft, Findings},
    names::{bind_node, family},
    rare,
    select::select,
};
use crate::{
    plan::{Change, Migration, State, Template, What},
    spec::schema::change::ChangeSpec,
};

/// The SPIs that a change allocates.
pub(crate) fn allocations(
    spec: &ChangeSpec,
    draft: &Draft,
    findings: &mut Findings,
) -> Vec<Change> {
    let mut list = Vec::new();
    for (node, requests) in spec.allocspi.iter().flat_map(|a| a.value.0.iter()) {
        if !bind_node(draft, node, node.span, findings) {
            continue;
        }
        for request in &requests.0 {
            if let Some(asked) = rare::request(request, findings) {
                list.push(Change {
                    node: node.value.clone(),
                    what: What::AllocateSpi(Box::new(asked)),
                    refused: request.refused.as_ref().map(|r| r.value.0.clone()),
                });
            }
        }
    }
    list
}

/// The policies that a change moves. `draft` has them and their states moved after the call.
pub(crate) fn migrations(
    spec: &ChangeSpec,
    draft: &mut Draft,
    findings: &mut Findings,
) -> Vec<Change> {
    let mut list = Vec::new();
    for (selector, to) in spec.migrate.iter().flat_map(|m| m.value.0.iter()) {
        for found in select(draft, selector, findings) {
            if found.kind != "policy" {
                findings.error(
                    selector.span,
                    format!("a {} cannot be migrated", found.kind),
                );
                break;
            }
            let node = &mut draft.nodes[found.node];
            let policy = node.policies[found.index].value.clone();
            let (mut ends, mut states) = (Vec::new(), Vec::new());
            for template in Migration::templates(&policy) {
                let src = to.src.as_ref().map_or(template.src, |s| s.value);
                let dst = to.dst.as_ref().map_or(template.dst, |d| d.value);
                if src.is_ipv4() != dst.is_ipv4() {
                    let (one, other) = (family(src), family(dst));
                    let span = to.dst.as_ref().map_or(selector.span, |d| d.span);
                    findings.error(span, format!("`src` is {one}, `dst` is {other}"));
                }
                for state in node.states.iter_mut().filter(|s| uses(template, s)) {
                    (state.value.src, state.value.dst) = (src, dst);
                    states.push(state.value.clone());
                }
                ends.push((src, dst));
            }
            let moved = &mut node.policies[found.index].value.templates;
            for (template, (src, dst)) in
                moved.iter_mut().filter(|t| Migration::moves(t)).zip(&ends)
            {
                (template.src, template.dst) = (*src, *dst);
            }
            let what = What::Migrate(Box::new(Migration {
                policy,
                ends,
                states,
            }));
            list.push(change(&node.name, what));
        }
    }
    list
}

/// Whether an SA is one of a template, as `xfrm_migrate_state_find()` in `net/xfrm/xfrm_state.c` compares.
fn uses(template: &Template, state: &State) -> bool {
    (state.src, state.dst, state.proto, state.mode)
        == (template.src, template.dst, template.proto, template.mode)
        && (template.reqid.0 == 0 || template.reqid == state.reqid)
}
