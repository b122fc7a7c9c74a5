//! Owns the causes that lie with an SA or a policy: in just what it does not fit.

use super::super::evidence::Evidence;
use super::super::keys::{self, Ends};
use super::super::{replay, selectors, templates, world};
use super::{Refinement, Rule};
use crate::judge::line::Place;
use crate::judge::passes::Hook;
use crate::plan::{PolicyAction, State};

pub(crate) const RULES: &[Refinement] = &[
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
        of: &["replay"],
        rule: Rule {
            name: "replay",
            holds: replay::refused,
            remedy: "look for duplicated or delayed packets, or for a sender that began its numbers anew; widen the replay window if reordering is normal",
        },
    },
    Refinement {
        of: &["wrong-key"],
        rule: Rule {
            name: "replay",
            holds: replay::late_with_esn,
            remedy: "widen the replay window if reordering is normal, or look for a sender that began its numbers anew",
        },
    },
    Refinement {
        of: &["wrong-key"],
        rule: Rule {
            name: "wrong-key",
            holds: |e| {
                let (sa, times) = e.sa(|s| s.integrity_failed)?;
                let Ends::Different(what) = keys::compared(e, &sa) else {
                    return None;
                };
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
                let states = &e.world.node(e.node)?.states;
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
                templates::outgoing(e).map(|what| {
                    format!(
                        "an SA is there, but it is not what the policy's template asks for: {what}"
                    )
                })
            },
            remedy: "make template and SA agree in just that",
        },
    },
    Refinement {
        of: &["no-out-state", "out-policy-error"],
        rule: Rule {
            name: "state-selector",
            holds: selectors::of_state,
            remedy: "widen the `sel` of the SA, or leave it out",
        },
    },
    Refinement {
        of: &["no-out-state"],
        rule: Rule {
            name: "family-mismatch",
            holds: selectors::of_family,
            remedy: "give the SA `flag af-unspec`, or a selector of the family of what it carries",
        },
    },
    Refinement {
        of: &["send-refused"],
        rule: Rule {
            name: "blocked",
            holds: |e| {
                let told = e.send_error().filter(|told| *told == "EPERM")?;
                let default = e.default_policy()?;
                (default.out == PolicyAction::Block).then(|| {
                    format!("no `dir out` policy fits, and the default for what leaves is `block` ({told})")
                })
            },
            remedy: "add the `dir out` policy, or make the default for `out` `accept`",
        },
    },
    Refinement {
        of: &["send-refused"],
        rule: Rule {
            name: "expired",
            holds: |e| {
                let told = e.send_error()?;
                let times = e.with_stated().counter("XfrmOutStateExpired")?;
                Some(format!(
                    "the SA had reached its hard limit at sending (XfrmOutStateExpired {times:+}), and the sender was told {told}"
                ))
            },
            remedy: "rekey before the hard limit, or raise it",
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
];

/// Whether an SA of this node opened anything in the step.
fn opened(e: &Evidence<'_>) -> bool {
    let mut all = e.story.journeys.iter().flat_map(|j| &j.events);
    all.any(|ev| ev.node == e.node && ev.line.place == Place::Decode)
}

/// The mark with which a packet left a hook.
fn mark(text: &str) -> Option<u32> {
    let last = text.rsplit("=>").next()?;
    u32::from_str_radix(last.strip_prefix("0x")?, 16).ok()
}

fn state_mark(e: &Evidence<'_>) -> Option<String> {
    let node = e.world.node(e.node)?;
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
