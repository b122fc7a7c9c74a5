//! Owns the resolving of changes that an IKE daemon makes: SPIs allocated, tunnels moved to other addresses.

use super::{
    draft::{Draft, Findings},
    names::{bind_node, family},
    rare,
    select::select,
};
use crate::{
    plan::{Change, Migration, What},
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
        let (Some(src), Some(dst)) = (&to.src, &to.dst) else {
            continue;
        };
        if src.is_ipv4() != dst.is_ipv4() {
            let (one, other) = (family(src.value), family(dst.value));
            findings.error(dst.span, format!("`src` is {one}, `dst` is {other}"));
        }
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
            list.push(Change {
                node: node.name.clone(),
                what: What::Migrate(Box::new(Migration {
                    policy: policy.clone(),
                    src: src.value,
                    dst: dst.value,
                })),
                refused: None,
            });
            for template in &policy.templates {
                // As xfrm_migrate_state_find() in net/xfrm/xfrm_state.c compares.
                for state in &mut node.states {
                    let same = (state.src, state.dst) == (template.src, template.dst)
                        && state.proto == template.proto
                        && state.mode == template.mode
                        && (template.reqid.0 == 0 || template.reqid == state.reqid);
                    if same {
                        (state.value.src, state.value.dst) = (src.value, dst.value);
                    }
                }
            }
            for template in &mut node.policies[found.index].value.templates {
                (template.src, template.dst) = (src.value, dst.value);
            }
        }
    }
    list
}
