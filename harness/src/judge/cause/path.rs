//! Owns the causes that no xfrm counter tells, only the packet's way: leaks, drops by
//! rules, routing, and where it silently ended.

use super::{Rule, links, senders, tunnels, world};
use crate::judge::line::{Fate, Place};
use crate::judge::packet::IcmpError;
use crate::judge::passes::Hook;
use crate::judge::story::{Event, Journey};
use crate::plan::DeviceKind;

/// Causes with positive evidence; each that holds is named.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "masquerade-before-lookup",
        holds: |e| {
            let (journey, _) = e.leaks().find(|(j, _)| rewritten(j, e.node).is_some())?;
            let (src, dst) = rewritten(journey, e.node)?;
            Some(format!(
                "NAT in postrouting made the packet {src} > {dst} before the last xfrm lookup: no policy fits these addresses, so it left in clear and no counter moved"
            ))
        },
        remedy: "accept what is to be protected before the NAT rule: `rt ipsec exists accept`, or exclude the remote network",
    },
    Rule {
        name: "sender-has-no-policy",
        holds: |e| {
            if e.leaks().next().is_none() {
                return senders::unsealed(e);
            }
            let (journey, _) = e.leaks().find(|(j, _)| rewritten(j, e.node).is_none())?;
            Some(format!(
                "no `dir out` policy of the sender fits {}, so it left in clear; nothing counts that",
                addresses(&journey.packet)
            ))
        },
        remedy: "add the `dir out` policy, and check its selector, mark and if_id against the packet",
    },
    Rule {
        name: "disable-policy",
        holds: |e| {
            if !e.at_hop {
                return None;
            }
            let off = |device: &str| {
                let key = format!("net.ipv4.conf.{device}.disable_policy");
                world::sysctl(e.plan, e.node, e.step, &key) == Some(1)
            };
            let opened = e.events().any(|(_, ev)| ev.line.place == Place::Decode);
            let found = e.candidates().into_iter().find_map(|(policies, event)| {
                // A VTI has it set for good: it holds packets against policies by itself.
                let device = event.line.iif.as_deref().filter(|d| off(d))?;
                if world::is_tunnel(e.world, e.node, device) {
                    return None;
                }
                policies
                    .iter()
                    .any(|p| !p.templates.is_empty())
                    .then_some(device)
            });
            found.filter(|_| !opened).map(|device| {
                format!("a packet came in clear on {device}, whose disable_policy is 1, so that no policy was asked")
            })
        },
        remedy: "set disable_policy of that device to 0; it is for VTIs",
    },
    Rule {
        name: "nft-drop",
        holds: |e| {
            e.events().find_map(|(_, ev)| match &ev.line.fate {
                Some(Fate::Drop(Some(point))) if !e.is_stated(&ev.line) => Some(format!(
                    "an nft rule dropped it in {}: {point}",
                    ev.line.place.word()
                )),
                _ => None,
            })
        },
        remedy: "change that rule, or accept the packet before it",
    },
    Rule {
        name: "vanished-in-hook",
        holds: |e| {
            let vanished =
                |ev: &Event| ev.line.fate == Some(Fate::Vanished) && !links::went_on(e, ev);
            e.events().find(|(_, ev)| vanished(ev)).map(|(_, ev)| {
                format!(
                    "it entered {} and did not leave it, and no nft rule dropped it: conntrack, reassembly, a queue or an iptables rule took it",
                    ev.line.place.word()
                )
            })
        },
        remedy: "look for conntrack helpers, queues and iptables rules in this node",
    },
    Rule {
        name: "tunnel-no-match",
        holds: |e| {
            e.error_sent(IcmpError::PortUnreachable)?;
            tunnels::no_device(e)
        },
        remedy: tunnels::REMEDY,
    },
    Rule {
        name: "send-refused",
        holds: |e| match e.send_error() {
            // These are answers of the way or of the other end, or that none came.
            Some("ENETUNREACH" | "EHOSTUNREACH" | "ECONNREFUSED" | "ETIMEDOUT") | None => None,
            Some(errno) => Some(format!("the kernel refused to send: {errno}")),
        },
        remedy: "look at output rules and policies of the sender",
    },
];

/// Causes that a node told the sender. At another node than the first divergent hop they
/// are mostly a consequence, so there they count only where nothing else tells a cause.
pub(crate) const ANSWERS: &[Rule] = &[
    Rule {
        name: "no-route",
        holds: |e| match e.send_error() {
            Some(errno @ ("ENETUNREACH" | "EHOSTUNREACH")) if !e.any_counter() => Some(format!(
                "the sender has no way to the destination ({errno})"
            )),
            _ => e
                .sent_error(IcmpError::NetUnreachable)
                .map(|words| format!("it has no route to the destination and said so ({words})")),
        },
        remedy: "add the route",
    },
    Rule {
        name: "ttl-exceeded",
        holds: |e| {
            e.sent_error(IcmpError::TimeExceeded)
                .map(|words| format!("the hop limit ran out here ({words})"))
        },
        remedy: "look for a routing loop, or raise the TTL",
    },
    Rule {
        name: "pmtu",
        holds: |e| {
            e.sent_error(IcmpError::TooBig)
                .map(|words| format!("the packet is too big for the next link ({words})"))
        },
        remedy: "send smaller packets, or raise the MTU of the link",
    },
    Rule {
        name: "no-encap-socket",
        holds: |e| {
            let words = e.sent_error(IcmpError::PortUnreachable)?;
            e.refused_envelope()?;
            Some(format!(
                "ESP in UDP came, and no socket takes it out of UDP ({words})"
            ))
        },
        remedy: "open a UDP socket of the packet's family on that port and set UDP_ENCAP on it",
    },
    Rule {
        name: "no-listener",
        holds: |e| {
            if e.send_error() == Some("ECONNREFUSED") {
                return Some(
                    "the other end refused: nobody listens there (ECONNREFUSED)".to_owned(),
                );
            }
            let words = e.sent_error(IcmpError::PortUnreachable)?;
            let plain = e.refused_envelope().is_none();
            plain.then(|| format!("no socket took the UDP packet ({words})"))
        },
        remedy: "open the socket, on the right address and of the right family",
    },
    Rule {
        name: "host-unreachable",
        holds: |e| {
            e.sent_error(IcmpError::HostUnreachable)
                .map(|words| format!("the next hop does not answer, or a tunnel device has no policy for it ({words})"))
        },
        remedy: "check the neighbour's address and link, and the policies of the tunnel device",
    },
    Rule {
        name: "filtered",
        holds: |e| {
            e.sent_error(IcmpError::Prohibited)
                .map(|words| format!("it was rejected with an answer ({words})"))
        },
        remedy: "look for a reject rule or a prohibit route",
    },
];

/// Causes that only the last place tells, for when nothing else does: the first that holds.
pub(crate) const LAST_PLACE: &[Rule] = &[
    Rule {
        name: "lost-on-link",
        holds: |e| {
            let wire = e.last()?.wire.as_ref()?;
            (!wire.received && wire.peer.is_some())
                .then(|| format!("{} sent it and the other end never saw it", wire.device))
        },
        remedy: "check that the other end is up; netem or a full queue loses packets too",
    },
    Rule {
        name: "not-opened",
        holds: |e| {
            let event = e.last_at(Hook::Input)?;
            if !event.kind.protected {
                return None;
            }
            Some("input let the envelope in, nothing opened it and no counter moved".to_owned())
        },
        remedy: "check that the transform's module is loaded, and for ESP in UDP that the socket has UDP_ENCAP",
    },
    Rule {
        name: "no-answer",
        holds: |e| {
            let event = e.last_at(Hook::Input)?;
            if event.kind.protected || event.is_reply() {
                return None;
            }
            Some(if event.kind.echo_seq.is_some() {
                "it reached its receiver, which did not answer".to_owned()
            } else {
                "it reached its receiver, which did not take it, or took other bytes than were sent"
                    .to_owned()
            })
        },
        remedy: "check that the receiver has the address and a way back, and who changed the packet",
    },
    Rule {
        name: "answer-astray",
        holds: |e| {
            let event = e.last_at(Hook::Input)?;
            let asked = e.asked(event)?;
            (asked != e.node)
                .then(|| format!("the answer came here, and it was {asked} that had asked"))
        },
        remedy: "look at which SA and which NAT mapping the answer took: two peers with the same addresses share the newer one",
    },
    Rule {
        name: "not-forwarded",
        holds: |e| {
            e.last_at(Hook::Prerouting)?;
            Some("routing ended it after prerouting without a word: reverse path filter, forwarding off, no such local address, or a blackhole route".to_owned())
        },
        remedy: "check `rp_filter`, `forwarding` and the route of this packet and back to its source",
    },
    Rule {
        name: "not-sent",
        holds: |e| {
            let event = e.last_at(Hook::Postrouting)?;
            let device = event.line.oif.as_deref().unwrap_or("the device");
            Some(format!(
                "it passed postrouting but {device} did not send it: no neighbour answered, or the device is down"
            ))
        },
        remedy: "check the neighbour's address, the link and the device's state",
    },
    Rule {
        name: "ended-after-forward",
        holds: |e| {
            e.last_at(Hook::Forward)?;
            Some("it left the forward hook and did not reach postrouting".to_owned())
        },
        remedy: "compare its size with the MTU of the way out",
    },
    Rule {
        name: "unanswered-on-wire",
        holds: |e| {
            let event = e.last()?;
            (event.line.place == Place::Wire)
                .then(|| "it was received and met no hook there".to_owned())
        },
        remedy: "check the frame's destination MAC address and checksum in the capture",
    },
];

/// A cause of packets that came, but not as the file says.
pub(crate) const CAME_OTHERWISE: Rule = Rule {
    name: "device-down",
    holds: |e| {
        let down = world::down(e.plan, e.node, e.step);
        let node = e.world.node(e.node)?;
        let of_interface = |id| {
            let mut devices = node.devices.iter();
            devices
                .find(|d| matches!(&d.kind, DeviceKind::Xfrm { if_id, .. } if *if_id == Some(id)))
        };
        let opened = e.decoded_states().filter_map(|s| of_interface(s.if_id?));
        let device = opened.into_iter().find(|d| down.contains(&d.name))?;
        Some(format!(
            "{} is down, so what its SA opened came in through the device of the envelope",
            device.name
        ))
    },
    remedy: "set the device up; its routes have to be added again",
};

/// The new addresses, where NAT in postrouting of this node changed them.
fn rewritten(journey: &Journey, node: &str) -> Option<(String, String)> {
    journey
        .events
        .iter()
        .filter(|e| e.node == node && e.line.place == Place::Hook(Hook::Postrouting))
        .find_map(|e| e.line.nat.clone())
}

fn addresses(packet: &crate::wire::Line) -> String {
    match (&packet.src, &packet.dst) {
        (Some(src), Some(dst)) => format!("{src} > {dst}"),
        _ => packet.to_string(),
    }
}
