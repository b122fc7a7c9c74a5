//! Owns the causes that say more than a counter or the last place alone: what was seen is held
//! against the world of the file. Each takes the place of a general one, and only where it holds.

use super::Rule;
use super::evidence::Evidence;
use super::{interfaces, keys, routing, templates, world};
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::plan::State;

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
            holds: |e| interfaces::vti(e).or_else(|| interfaces::vti_policy(e)),
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
            holds: interfaces::if_id,
            remedy: "make the XFRM interface with this if_id and route through it, or leave the if_id out",
        },
    },
    Refinement {
        of: &["no-policy"],
        rule: Rule {
            name: "if-id-mismatch",
            holds: interfaces::if_id_of_state,
            remedy: "give the SA the if_id of its policies, or none to both",
        },
    },
    Refinement {
        of: &["host-unreachable"],
        rule: Rule {
            name: "vti-no-match",
            holds: interfaces::vti_out,
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
            holds: routing::fib,
            remedy: "remove that route, or add a longer one",
        },
    },
    Refinement {
        of: &["not-forwarded"],
        rule: Rule {
            name: "rp-filter",
            holds: routing::rp_filter,
            remedy: "route the source back the way it comes, or set `rp_filter` to 2 or 0 for the device and for `all`",
        },
    },
    Refinement {
        of: &["not-forwarded"],
        rule: Rule {
            name: "own-source",
            holds: routing::own_source,
            remedy: "look at who sends the node's own packets back to it: a tunnel device without a remote, or a loop",
        },
    },
    Refinement {
        of: &["ttl-exceeded"],
        rule: Rule {
            name: "loop",
            holds: routing::goes_round,
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
