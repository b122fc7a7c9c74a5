//! Owns the sender that should have sealed a packet and has no policy for it, where that is no leak: what it passed on
//! has an envelope of its own. What the receiver asks for tells.

use super::evidence::Evidence;
use super::{selectors, world};
use crate::judge::expectations;
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::judge::story::Journey;
use crate::plan::{Dir, Level};

/// This node passed on what another one asks IPsec of it for, and has no policy of its own for that.
pub(super) fn unsealed(e: &Evidence<'_>) -> Option<String> {
    let others = e.world.nodes.iter().filter(|n| n.name != e.node);
    let refused = |node: &str| {
        let moved = expectations::moved(e.obs, node, e.step).unwrap_or_default();
        moved.iter().any(|(name, _)| name == "XfrmInTmplMismatch")
    };
    let asking = others.filter(|n| refused(&n.name)).flat_map(|n| {
        let in_or_fwd = n.policies.iter().filter(|p| p.dir != Dir::Out);
        in_or_fwd.map(move |p| (&n.name, p))
    });
    let own: Vec<_> = asking
        .filter(|(_, p)| {
            let mut required = p.templates.iter().filter(|t| t.level == Level::Required);
            required.any(|t| world::owns(e.world, e.node, t.src))
        })
        .collect();
    let out: Vec<_> = e
        .policies()
        .into_iter()
        .filter(|p| p.dir == Dir::Out)
        .collect();
    // What this node sealed itself is what another of its policies asked for.
    let sealed_here = |j: &Journey| {
        let mut here = j.events.iter().filter(|ev| ev.node == e.node);
        here.any(|ev| ev.line.place == Place::Encode)
    };
    let events = e
        .events()
        .filter(|(j, _)| !sealed_here(j))
        .map(|(_, ev)| ev);
    let left = events.filter(|ev| ev.line.place == Place::Hook(Hook::Postrouting));
    let mut left = left.filter_map(|ev| ev.line.packet.as_ref());
    left.find_map(|packet| {
        let (asking, _) = own.iter().find(|(_, p)| selectors::fits(&p.selector, packet))?;
        let (src, dst) = world::ends(packet)?;
        let sealed = out.iter().any(|p| selectors::fits(&p.selector, packet));
        (!sealed).then(|| {
            format!("no `dir out` policy of the sender fits {src} > {dst}, so it went on as it was, and {asking} asks for IPsec of this node around it")
        })
    })
}
