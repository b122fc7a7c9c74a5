//! Owns the changes of a step: each done as an operation, and what the kernel said of it kept.

use std::path::Path;

use super::{apply, carrier, error::LabError, local_route, node::Nodes};
use crate::{
    observe::ChangeRecord,
    ops,
    plan::{Change, What},
};

/// Makes the changes in order. A refusal is recorded, and the next one is made all the same.
///
/// # Errors
/// What is no refusal: an operation that the lab itself could not do.
pub(super) fn all(
    changes: &[Change],
    nodes: &mut Nodes,
    names: &Path,
) -> Result<Vec<ChangeRecord>, LabError> {
    let records: Result<Vec<_>, LabError> = changes
        .iter()
        .map(|change| {
            let op = ops::change(change);
            let line = ops::line(&op);
            match apply::apply(&op, nodes, names) {
                Ok(()) => Ok(ChangeRecord {
                    line,
                    refused: None,
                    said: None,
                }),
                Err(error) if error.errno.is_none() && error.said.is_none() => {
                    Err(error.during("change", &change.node, line))
                }
                Err(error) => Ok(ChangeRecord {
                    line,
                    refused: error.errno.or_else(|| error.said.clone()),
                    said: error.said,
                }),
            }
        })
        .collect();
    if changes.iter().any(|c| matches!(c.what, What::Up(_))) {
        carrier::of_links(nodes)?;
    }
    if changes.iter().any(gives_an_address) {
        local_route::everywhere(nodes)?;
    }
    records
}

/// Whether an address can start to work by this change. What takes local routes away is none of them.
fn gives_an_address(change: &Change) -> bool {
    match &change.what {
        What::Up(_) | What::Add(_) | What::Move { .. } | What::SetMaster { .. } => true,
        What::Sysctl(sysctl) => sysctl.key.ends_with("disable_ipv6"),
        _ => false,
    }
}
