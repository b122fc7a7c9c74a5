//! Owns the expansion of `mesh`: one table to a tunnel between each two of its nodes.

use super::{
    draft::{Draft, Findings},
    network::twice,
    states::check_word,
    tunnels::{Pair, expand_pair},
    via,
};
use crate::spec::{
    schema::{
        file::FileSpec,
        sa::{MeshEnd, TunnelEnd, Via},
    },
    source::Spanned,
};

/// Nodes of one mesh: `n` make `n * (n - 1) / 2` tunnels.
const MAX_ENDS: usize = 64;

/// Expands all meshes.
pub(crate) fn expand(spec: &FileSpec, draft: &mut Draft, findings: &mut Findings) {
    for (name, mesh) in spec.mesh.iter().flat_map(|m| m.value.0.iter()) {
        let Some(ends) = &mesh.ends else { continue };
        if !check_word(name, "name of a mesh", name.span, findings) {
            continue;
        }
        let twice: Vec<_> = twice(ends.iter().map(|e| (e.node.clone(), e.span))).collect();
        for (node, span, first) in &twice {
            findings
                .error(*span, format!("node `{node}` is in the mesh twice"))
                .related(*first, "first here");
        }
        if !twice.is_empty() {
            continue;
        }
        if !(2..=MAX_ENDS).contains(&ends.len()) {
            if findings.whole {
                let message = format!("mesh `{}` has {} nodes", name.value, ends.len());
                findings
                    .error(ends.span, message)
                    .hint(format!("2 to {MAX_ENDS}"));
            }
            continue;
        }
        let has_device = via::via(&mesh.body) != Via::Policy;
        for (index, left) in ends.iter().enumerate() {
            for right in &ends[index + 1..] {
                let tunnel = format!("{}:{}-{}", name.value, left.node, right.node);
                let dev =
                    |peer: &MeshEnd| has_device.then(|| format!("{}-{}", name.value, peer.node));
                let (left_end, right_end) = (end(left, dev(right)), end(right, dev(left)));
                let pair = Pair {
                    name: &Spanned::new(tunnel, name.span),
                    body: &mesh.body,
                    left: (&left.node, &left_end),
                    right: (&right.node, &right_end),
                    sa: name,
                    differs: [None, None],
                };
                expand_pair(&pair, draft, findings);
            }
        }
    }
}

/// The end of a tunnel that a line of the mesh stands for.
fn end(line: &Spanned<MeshEnd>, dev: Option<String>) -> Spanned<TunnelEnd> {
    let span = line.span;
    let nets = line.nets.iter().map(|net| Spanned::new(*net, span));
    let nets: Vec<_> = nets.collect();
    let end = TunnelEnd {
        span,
        node: Some(Spanned::new(line.node.clone(), span)),
        outer: Some(Spanned::new(line.outer, span)),
        nets: (!nets.is_empty()).then(|| Spanned::new(nets, span)),
        dev: dev.map(|dev| Spanned::new(dev, span)),
        ..TunnelEnd::default()
    };
    Spanned::new(end, span)
}
