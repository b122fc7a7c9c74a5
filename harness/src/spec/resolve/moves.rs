//! Owns the resolving of ends and moves: SAs and policies that expire, devices that go to another node, NATs that
//! give other ports.

use super::{
    changes::change,
    draft::{Draft, Findings},
    names::{bind_node, devices},
    select::select,
};
use crate::{
    plan::{Change, Rules, What},
    spec::{schema::change::RebindSpec, source::Spanned},
};

/// Port of ESP in UDP (RFC 3948 section 2).
const NAT_PORT: u16 = 4500;

/// A NAT that gives another port: rules that come before those of the file, and no connection that goes on.
pub(super) fn rebind(
    node: &Spanned<String>,
    spec: &RebindSpec,
    draft: &Draft,
    findings: &mut Findings,
) -> Vec<Change> {
    let (Some(dev), Some(to)) = (&spec.dev, &spec.to) else {
        return Vec::new();
    };
    if !bind_node(draft, node, node.span, findings) {
        return Vec::new();
    }
    let known = devices(draft, node);
    if !known.contains(&dev.as_str()) {
        let message = format!("node `{}` has no device `{}`", node.value, dev.value);
        findings.error(dev.span, message).suggest(dev, &known);
        return Vec::new();
    }
    let family = if to.is_ipv4() { "ip" } else { "ip6" };
    let table = format!("{family} xfrmlab_rebind");
    let sport = spec.sport.as_ref().map_or(NAT_PORT, |p| p.0);
    let text = format!(
        "add table {table}\ndelete table {table}\ntable {table} {{ chain post {{ type nat hook postrouting priority \
         srcnat - 1; oifname \"{}\" udp sport {sport} snat to {}; }}; }}\n",
        dev.value, to.value
    );
    vec![
        change(node, What::Load(Rules::Nft(text, Vec::new()))),
        change(node, What::FlushConntrack),
    ]
}

/// What expires; a hard expiry takes it from the draft.
pub(super) fn expire(
    selector: &Spanned<String>,
    hard: bool,
    draft: &mut Draft,
    findings: &mut Findings,
) -> Vec<Change> {
    let mut list = Vec::new();
    // Last first, so that the places of the others stay what they were.
    for found in select(draft, selector, findings).into_iter().rev() {
        let node = &mut draft.nodes[found.node];
        let what = match found.kind {
            "state" => {
                let state = Box::new(node.states[found.index].value.clone());
                if hard {
                    node.states.remove(found.index);
                }
                What::ExpireState { state, hard }
            }
            "policy" => {
                let policy = Box::new(node.policies[found.index].value.clone());
                if hard {
                    node.policies.remove(found.index);
                }
                What::ExpirePolicy { policy, hard }
            }
            kind => {
                findings
                    .error(selector.span, format!("a {kind} does not expire"))
                    .hint("`state` and `policy` do");
                break;
            }
        };
        list.push(change(&node.name, what));
    }
    list.reverse();
    list
}

/// `NODE:DEVICE OTHER`.
pub(super) fn device(
    words: &Spanned<String>,
    draft: &mut Draft,
    findings: &mut Findings,
) -> Option<Change> {
    let Some((place, to)) = words.split_once(' ') else {
        findings
            .error(words.span, "a device moves to another node")
            .hint("`NODE:DEVICE OTHER`");
        return None;
    };
    let (node, device) = place.split_once(':').unwrap_or((place, ""));
    let to = to.trim();
    let bound = [node, to].map(|name| bind_node(draft, name, words.span, findings));
    if bound.contains(&false) {
        return None;
    }
    let mut ends = draft.links.iter().flat_map(|l| &l.ends);
    if ends.any(|e| e.node == node && e.device == device) {
        let message = format!("`{place}` is the end of a link, which is a place to capture at");
        findings
            .error(words.span, message)
            .hint("other devices can move");
        return None;
    }
    let own = draft.node_mut(node)?;
    let index = own.devices.iter().position(|d| d.value.name == device);
    let Some(index) = index else {
        let known = devices(draft, node);
        let message = format!("node `{node}` has no device `{device}` that could move");
        findings.error(words.span, message).suggest(device, &known);
        return None;
    };
    let mut moved = own.devices.remove(index);
    moved.value.addresses.clear();
    draft.node_mut(to)?.devices.push(moved);
    let what = What::Move {
        device: device.to_owned(),
        to: to.to_owned(),
    };
    Some(change(node, what))
}
