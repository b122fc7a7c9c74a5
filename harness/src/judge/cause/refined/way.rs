//! Owns the causes that lie on the way: routes, neighbours, NAT and links.

use super::super::{links, routing, world};
use super::{Refinement, Rule};

pub(crate) const RULES: &[Refinement] = &[
    Refinement {
        of: &["not-forwarded"],
        rule: Rule {
            name: "own-source",
            holds: routing::own_source,
            remedy: "look at who sends the node's own packets back to it: a tunnel device without a remote, or a loop",
        },
    },
    Refinement {
        of: &["not-forwarded"],
        rule: Rule {
            name: "forwarding-off",
            holds: routing::forwarding_off,
            remedy: "set `forward = true` at this node, or send to an address that it has",
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
            name: "no-route",
            holds: routing::no_route,
            remedy: "add the route, to the table that is asked for packets of that device",
        },
    },
    Refinement {
        of: &["no-answer"],
        rule: Rule {
            name: "no-route",
            holds: routing::no_way_back,
            remedy: "give the receiver a route to where the packet came from",
        },
    },
    Refinement {
        of: &["send-refused", "no-route"],
        rule: Rule {
            name: "fib",
            holds: routing::sender_fib,
            remedy: "remove that route or rule, or add one that comes before it",
        },
    },
    Refinement {
        of: &["send-refused"],
        rule: Rule {
            name: "pmtu",
            holds: |e| {
                let told = e.send_error().filter(|told| *told == "EMSGSIZE")?;
                Some(format!(
                    "the packet is too big for the way, and the sender was told so ({told})"
                ))
            },
            remedy: "send smaller packets, or raise the MTU of the link",
        },
    },
    Refinement {
        of: &["wrong-key"],
        rule: Rule {
            name: "changed-on-way",
            holds: links::changed,
            remedy: "leave AH out where NAT is, and take `corrupt` out of `netem`",
        },
    },
    Refinement {
        of: &["unanswered-on-wire"],
        rule: Rule {
            name: "wrong-mac",
            holds: links::wrong_mac,
            remedy: "look at the sender's permanent neighbours, and at who has the address",
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
            name: "netem-loss",
            holds: links::loses_all,
            remedy: "take `loss` out of the `netem` of that end",
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
        of: &["host-unreachable", "not-sent", "lost-on-link"],
        rule: Rule {
            name: "netem-loss",
            holds: links::loses,
            remedy: "take `loss` out of the `netem` of that end",
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
