//! Owns the causes that say more than a counter or the last place alone: what was seen is held
//! against the world of the file. Each takes the place of a general one, and only where it holds.

use super::Rule;
use super::evidence::Evidence;
use super::{keys, templates, world};
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::plan::{Dir, RouteKind, State};

/// A cause, and the general ones in whose place it stands.
pub(crate) struct Refinement {
    pub(crate) of: &'static [&'static str],
    pub(crate) rule: Rule,
}

pub(crate) const RULES: &[Refinement] = &[
    Refinement {
        of: &[
            "no-route",
            "not-forwarded",
            "not-sent",
            "lost-on-link",
            "no-policy",
            "no-state",
            "host-unreachable",
            "unanswered-on-wire",
            "no-answer",
        ],
        rule: Rule {
            name: "device-down",
            holds: |e| {
                let device = world::down(e.plan, e.node, e.step).into_iter().next()?;
                Some(format!("{device} is down, and its routes are gone with it"))
            },
            remedy: "set the device up; its routes have to be added again",
        },
    },
    Refinement {
        of: &["no-state", "no-policy"],
        rule: Rule {
            name: "vti-no-match",
            holds: |e| vti(e).or_else(|| vti_policy(e)),
            remedy: "give the VTI the two outer addresses of the tunnel, and the mark of its SAs and policies as key",
        },
    },
    Refinement {
        of: &["no-state"],
        rule: Rule {
            name: "mark-mismatch",
            holds: state_mark,
            remedy: "give the SA no mark, or mark packets in prerouting before they are looked up",
        },
    },
    Refinement {
        of: &["no-policy", "sender-has-no-policy"],
        rule: Rule {
            name: "mark-mismatch",
            holds: policy_mark,
            remedy: "mark packets before the lookup (prerouting, or the socket), or give the policy no mark",
        },
    },
    Refinement {
        of: &["no-policy", "sender-has-no-policy"],
        rule: Rule {
            name: "if-id-without-device",
            holds: if_id,
            remedy: "make the XFRM interface with this if_id and route through it, or leave the if_id out",
        },
    },
    Refinement {
        of: &["no-policy"],
        rule: Rule {
            name: "if-id-mismatch",
            holds: if_id_of_state,
            remedy: "give the SA the if_id of its policies, or none to both",
        },
    },
    Refinement {
        of: &["host-unreachable"],
        rule: Rule {
            name: "vti-no-match",
            holds: vti_out,
            remedy: "give the sending VTI a `dir out` policy for these packets, with its output key as mark",
        },
    },
    Refinement {
        of: &["wrong-key"],
        rule: Rule {
            name: "wrong-key",
            holds: |e| {
                let (sa, times) = e.sa(|s| s.integrity_failed)?;
                let what = keys::differs(e, &sa)?;
                Some(format!(
                    "the integrity check of {sa} failed {times} time(s): {what}"
                ))
            },
            remedy: "make the SA the same at both ends in just that",
        },
    },
    Refinement {
        of: &["state-mismatch"],
        rule: Rule {
            name: "encapsulation-mismatch",
            holds: |e| {
                if opened(e) {
                    return None;
                }
                let event = e.at_hook(Hook::Input).find(|ev| ev.kind.protected)?;
                let packet = event.line.packet.as_ref()?;
                let udp = packet.head.first().is_some_and(|h| h == "udp");
                // The selector of the SA, or its mode, makes the same counter move before anything is opened.
                let states = &e.plan.node(e.node)?.states;
                let asked = |s: &&State| Some(&s.name) == packet.sa.as_ref();
                if states.iter().find(asked)?.encap.is_some() == udp {
                    return None;
                }
                Some(if udp {
                    "ESP came in UDP, and the SA has no `encap`".to_owned()
                } else {
                    "ESP came without UDP, and the SA has `encap`".to_owned()
                })
            },
            remedy: "give both ends the same `encap`, or none",
        },
    },
    Refinement {
        of: &["state-mismatch"],
        rule: Rule {
            name: "state-selector",
            holds: |e| {
                opened(e).then(|| {
                    "what was inside does not fit the selector of the SA that opened it".to_owned()
                })
            },
            remedy: "widen the `sel` of the SA, or leave it out",
        },
    },
    Refinement {
        of: &["template-mismatch"],
        rule: Rule {
            name: "template-mismatch",
            holds: |e| {
                if templates::in_clear(e).is_some() {
                    return None;
                }
                templates::incoming(e).map(|what| format!("the SA that opened the packet is not the one that the policy's template asks for: {what}"))
            },
            remedy: "make template and SA agree in just that",
        },
    },
    Refinement {
        of: &["no-out-state", "out-policy-error"],
        rule: Rule {
            name: "template-mismatch",
            holds: |e| {
                templates::outgoing(e).map(|what| format!("an SA to this peer is there, but it is not what the policy's template asks for: {what}"))
            },
            remedy: "make template and SA agree in just that",
        },
    },
    Refinement {
        of: &["no-out-state", "out-policy-error"],
        rule: Rule {
            name: "state-selector",
            holds: templates::selector,
            remedy: "widen the `sel` of the SA, or leave it out",
        },
    },
    Refinement {
        of: &["no-out-state"],
        rule: Rule {
            name: "larval",
            holds: |e| {
                e.is_larval().then(|| {
                    "the kernel has asked for an SA and waits for it; until it comes, packets are dropped".to_owned()
                })
            },
            remedy: "let the key exchange finish, or install the SA before the traffic",
        },
    },
    Refinement {
        of: &["not-forwarded"],
        rule: Rule {
            name: "fib",
            holds: |e| {
                let event = e.last_at(Hook::Prerouting)?;
                let dst = world::address(event.line.packet.as_ref()?.dst.as_deref()?)?;
                let route = world::route(e.plan, e.node, dst)?;
                let kind = match route.kind {
                    RouteKind::Blackhole => "blackhole",
                    RouteKind::Unreachable => "unreachable",
                    RouteKind::Prohibit => "prohibit",
                    _ => return None,
                };
                Some(format!("the route for {dst} is `{kind} {}`", route.dst))
            },
            remedy: "remove that route, or add a longer one",
        },
    },
    Refinement {
        of: &["not-forwarded"],
        rule: Rule {
            name: "rp-filter",
            holds: rp_filter,
            remedy: "route the source back the way it comes, or set `rp_filter` to 2 or 0 for the device and for `all`",
        },
    },
    Refinement {
        of: &["not-forwarded"],
        rule: Rule {
            name: "own-source",
            holds: |e| {
                let event = e.last_at(Hook::Prerouting)?;
                let src = world::address(event.line.packet.as_ref()?.src.as_deref()?)?;
                let iif = event.line.iif.as_deref()?;
                world::owns(e.plan, e.node, src).then(|| {
                    format!("it came in through {iif} with {src} as its source, an address of this node itself, and no node takes such a packet")
                })
            },
            remedy: "look at who sends the node's own packets back to it: a tunnel device without a remote, or a loop",
        },
    },
    Refinement {
        of: &["ttl-exceeded"],
        rule: Rule {
            name: "loop",
            holds: |e| {
                let times = |journey: &crate::judge::story::Journey, node: &str| {
                    let place = Place::Hook(Hook::Forward);
                    let here = journey.events.iter().filter(|ev| ev.node == node);
                    here.filter(|ev| ev.line.place == place).count()
                };
                let journeys = e.story.journeys.iter().filter(|j| j.is_flow());
                let most = journeys.map(|j| times(j, e.node)).max()?;
                (most > 2).then(|| {
                    format!("the packet came by {most} times before its hop limit ran out")
                })
            },
            remedy: "find the two nodes that route it to each other",
        },
    },
    Refinement {
        of: &["no-encap-socket"],
        rule: Rule {
            name: "no-mapping",
            holds: |e| {
                let packet = e.refused_envelope()?.line.packet.as_ref()?;
                let (src, dst) = (packet.src.as_deref()?, packet.dst.as_deref()?);
                let own = world::address(dst)?;
                let opens = e.states().iter().any(|s| s.dst == own);
                (e.plan.tracks(e.node) && !opens).then(|| {
                    format!("ESP in UDP from {src} came for {dst}, an address of this NAT, and no connection of its says whose it is")
                })
            },
            remedy: "let the end behind the NAT send first, and keep its mapping alive with keepalives; or forward the port",
        },
    },
    Refinement {
        of: &["host-unreachable", "not-sent", "lost-on-link"],
        rule: Rule {
            name: "neighbour-failure",
            holds: |e| {
                let asked = e.unanswered()?;
                Some(format!(
                    "it asked the link for {asked}, and nobody answered"
                ))
            },
            remedy: "check the next hop's address and that it is on this link",
        },
    },
    Refinement {
        of: &["no-answer", "unanswered-on-wire", "not-forwarded"],
        rule: Rule {
            name: "checksum",
            holds: |e| {
                let journeys = e.story.journeys.iter().filter(|j| j.is_flow());
                let bad = |line: &crate::wire::Line| {
                    ["csum", "ipcsum"]
                        .into_iter()
                        .find(|key| line.field(key) == Some("bad"))
                };
                // What no link carries, at a loopback say, may have a checksum that was never made.
                let mut packets = journeys
                    .flat_map(|j| &j.events)
                    .filter(|ev| ev.wire.as_ref().is_some_and(|w| w.peer.is_some()))
                    .filter_map(|ev| ev.line.packet.as_ref());
                let key = packets.find_map(bad)?;
                let which = if key == "csum" {
                    "transport"
                } else {
                    "IPv4 header"
                };
                Some(format!(
                    "its {which} checksum is wrong, so the receiver dropped it without a word"
                ))
            },
            remedy: "look at who changed the packet last: NAT, an offload, or the sender itself",
        },
    },
];

/// Whether an SA of this node opened anything in the step.
fn opened(e: &Evidence<'_>) -> bool {
    e.events().any(|(_, ev)| ev.line.place == Place::Decode)
}

/// The mark with which a packet left a hook.
fn mark(text: &str) -> Option<u32> {
    let last = text.rsplit("=>").next()?;
    u32::from_str_radix(last.strip_prefix("0x")?, 16).ok()
}

fn vti(e: &Evidence<'_>) -> Option<String> {
    let devices = world::vtis(e.plan, e.node);
    let event = e.at_hook(Hook::Input).find(|ev| ev.kind.protected)?;
    let packet = event.line.packet.as_ref()?;
    let src = world::address(packet.src.as_deref()?)?;
    let dst = world::address(packet.dst.as_deref()?)?;
    if devices.is_empty() {
        return None;
    }
    let fits = |own: Option<std::net::IpAddr>, seen| own.is_none_or(|own| own == seen);
    let Some((name, tunnel)) = devices
        .iter()
        .find(|(_, t)| fits(t.local, dst) && fits(t.remote, src))
    else {
        return Some(format!("no VTI of the node is for {src} > {dst}"));
    };
    let key = tunnel.ikey.unwrap_or(0);
    let node = e.plan.node(e.node)?;
    let marks = node.states.iter().filter(|s| s.dst == dst && s.src == src);
    let wrong = marks
        .filter_map(|s| s.mark)
        .find(|m| key & m.mask != m.value)?;
    Some(format!(
        "{name} looks its packets up with its input key {key}, the SA has mark {wrong}"
    ))
}

/// A VTI took a packet, and the policies that fit it have another mark than its input key.
fn vti_policy(e: &Evidence<'_>) -> Option<String> {
    e.counter("XfrmInNoPols")?;
    let devices = world::vtis(e.plan, e.node);
    let event = e.at_hook(Hook::Input).find(|ev| ev.kind.protected)?;
    let packet = event.line.packet.as_ref()?;
    let src = world::address(packet.src.as_deref()?)?;
    let dst = world::address(packet.dst.as_deref()?)?;
    let fits = |own: Option<std::net::IpAddr>, seen| own.is_none_or(|own| own == seen);
    let (name, tunnel) = devices
        .iter()
        .find(|(_, t)| fits(t.local, dst) && fits(t.remote, src))?;
    let key = tunnel.ikey.unwrap_or(0);
    let receiving = e.policies().into_iter().filter(|p| p.dir != Dir::Out);
    let to_tunnel = receiving.filter(|p| p.templates.iter().any(|t| t.src == src));
    let marks: Vec<_> = to_tunnel.map(|p| p.mark).collect();
    let found = |m: &Option<crate::names::Mark>| m.is_none_or(|m| key & m.mask == m.value);
    let wrong = marks.iter().flatten().next()?;
    (!marks.iter().any(found)).then(|| {
        format!("{name} lets packets in with its input key {key}, their policy has mark {wrong}")
    })
}

fn state_mark(e: &Evidence<'_>) -> Option<String> {
    let node = e.plan.node(e.node)?;
    let event = e.at_hook(Hook::Input).find(|ev| ev.kind.protected)?;
    let seen = mark(event.line.mark.as_deref()?)?;
    let dst = world::address(event.line.packet.as_ref()?.dst.as_deref()?)?;
    let mut marks = node
        .states
        .iter()
        .filter(|s| s.dst == dst)
        .filter_map(|s| s.mark);
    let wrong = marks.find(|m| seen & m.mask != m.value)?;
    Some(format!(
        "the packet has mark 0x{seen:x}, the SA is found only with {wrong}"
    ))
}

fn policy_mark(e: &Evidence<'_>) -> Option<String> {
    e.candidates().into_iter().find_map(|(policies, event)| {
        let seen = mark(event.line.mark.as_deref()?)?;
        let marks = policies.iter().filter_map(|p| p.mark);
        let wrong = marks.into_iter().find(|m| seen & m.mask != m.value)?;
        Some(format!(
            "the packet has mark 0x{seen:x}, its policy asks for {wrong}"
        ))
    })
}

fn if_id(e: &Evidence<'_>) -> Option<String> {
    let node = e.plan.node(e.node)?;
    let candidates = e.candidates();
    let policies = candidates.iter().flat_map(|(policies, _)| policies);
    let of_states = e.decoded_states().filter_map(|s| s.if_id);
    let mut all = policies.filter_map(|p| p.if_id).chain(of_states);
    let id = all.find(|id| !world::has_interface(node, *id))?;
    Some(format!(
        "no XFRM interface of the node has if_id {id}, so nothing that belongs to it is ever looked up"
    ))
}

/// The SA that opened a packet belongs to one interface, the policy that would let it in to another.
fn if_id_of_state(e: &Evidence<'_>) -> Option<String> {
    let (sa, has) = e.decoded_states().find_map(|s| Some((&s.name, s.if_id?)))?;
    let candidates = e.candidates();
    let policies = candidates.iter().flat_map(|(policies, _)| policies);
    let asked: Vec<_> = policies.filter_map(|p| p.if_id).collect();
    let other = asked.iter().find(|id| **id != has)?;
    (!asked.contains(&has)).then(|| {
        format!("{sa} opened it for the interface with if_id {has}, and the policy for it asks for if_id {other}")
    })
}

/// A packet went into a VTI, and no policy fits it with the mark that the VTI gives it.
fn vti_out(e: &Evidence<'_>) -> Option<String> {
    let devices = world::vtis(e.plan, e.node);
    let hooks = [Hook::Postrouting, Hook::Forward, Hook::Output].map(Place::Hook);
    let into = |ev: &crate::judge::story::Event| {
        let oif = ev.line.oif.as_deref()?;
        let at_hook = hooks.contains(&ev.line.place) && !ev.kind.protected;
        devices.iter().find(|(name, _)| at_hook && *name == oif)
    };
    e.events().find_map(|(_, ev)| {
        let (name, tunnel) = into(ev)?;
        let packet = ev.line.packet.as_ref()?;
        let src = world::address(packet.src.as_deref()?)?;
        let dst = world::address(packet.dst.as_deref()?)?;
        let key = tunnel.okey.unwrap_or(0);
        let policies = e.policies().into_iter().filter(|p| {
            p.dir == Dir::Out && p.selector.src.contains(&src) && p.selector.dst.contains(&dst)
        });
        let marks: Vec<_> = policies.map(|p| p.mark).collect();
        let fits = |mark: &Option<crate::names::Mark>| mark.is_none_or(|m| key & m.mask == m.value);
        if marks.iter().any(fits) {
            return None;
        }
        Some(match marks.into_iter().flatten().next() {
            Some(mark) => format!("{name} looks its packets up with its output key {key}, the policy for {src} > {dst} has mark {mark}"),
            None => format!("{name} sends only what a policy fits, and no `dir out` policy of the node fits {src} > {dst}"),
        })
    })
}

fn rp_filter(e: &Evidence<'_>) -> Option<String> {
    let event = e.last_at(Hook::Prerouting)?;
    let came = event.line.iif.as_deref()?;
    let set = |device: &str| {
        world::sysctl(
            e.plan,
            e.node,
            e.step,
            &format!("net.ipv4.conf.{device}.rp_filter"),
        )
    };
    let value = set("all").max(set(came))?;
    let src = world::address(event.line.packet.as_ref()?.src.as_deref()?)?;
    let back = world::device_to(e.plan, e.node, src);
    match (value, back) {
        (1, Some(back)) if back != came => Some(format!(
            "rp_filter is 1, and the way back to {src} leaves through {back}, not {came}"
        )),
        (1 | 2, None) => Some(format!(
            "rp_filter is {value}, and there is no way back to {src}"
        )),
        _ => None,
    }
}
