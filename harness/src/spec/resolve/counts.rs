//! Owns the limits on how much a file may ask for, so that a file from a stranger
//! costs no more than a large lab does.

use super::draft::Findings;
use crate::spec::{
    decode::Named,
    schema::file::FileSpec,
    source::{Span, Spanned},
};

/// Namespaces in one lab.
const NODES: usize = 256;
/// Veth pairs in one lab.
const LINKS: usize = 1024;
/// States of all nodes as the file lists them; likewise policies, SAs and tunnels.
const OBJECTS: usize = 20_000;
/// Routes, sysctls and devices of one node, each.
const SETTINGS: usize = 1000;
const STEPS: usize = 1000;
const VARIANTS: usize = 200;

/// Notes what is beyond a limit; whether nothing is.
pub(crate) fn check(spec: &FileSpec, findings: &mut Findings) -> bool {
    let mut fits = true;
    let mut limit = |what: &str, (count, span): (usize, Span), limit: usize| {
        if count > limit {
            findings.error(
                span,
                format!("{count} {what} are more than a file may have ({limit})"),
            );
            fits = false;
        }
    };
    limit("nodes", named(spec.nodes.as_ref()), NODES);
    limit("links", listed(spec.links.as_ref()), LINKS);
    limit("SAs", named(spec.sas.as_ref()), OBJECTS);
    limit("tunnels", named(spec.tunnels.as_ref()), OBJECTS);
    limit("steps", listed(spec.steps.as_ref()), STEPS);
    limit("variants", listed(spec.variants.as_ref()), VARIANTS);
    for (name, node) in spec.nodes.iter().flat_map(|n| n.value.0.iter()) {
        let count = |count: usize| (count, name.span);
        limit("states", count(listed(node.states.as_ref()).0), OBJECTS);
        limit("policies", count(listed(node.policies.as_ref()).0), OBJECTS);
        limit("routes", count(listed(node.routes.as_ref()).0), SETTINGS);
        limit("devices", count(named(node.devices.as_ref()).0), SETTINGS);
        limit(
            "sysctls",
            count(node.sysctl.as_ref().map_or(0, |s| s.0.len())),
            SETTINGS,
        );
    }
    fits
}

/// How many elements a list has, and where it stands.
fn listed<T>(list: Option<&Spanned<Vec<T>>>) -> (usize, Span) {
    list.map_or((0, Span::default()), |l| (l.len(), l.span))
}

/// How many names a table has, and where it stands.
fn named<T>(table: Option<&Spanned<Named<T>>>) -> (usize, Span) {
    table.map_or((0, Span::default()), |t| (t.0.len(), t.span))
}
