//! Owns the causes that lie with a device: one that is down, or one that does not take the packet.

use super::super::{interfaces, links, tunnels, world};
use super::{Refinement, Rule};

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
        of: &["host-unreachable", "not-sent", "lost-on-link"],
        rule: Rule {
            name: "device-down",
            holds: links::no_carrier,
            remedy: "set the other end up, or this one down, so that another route is taken",
        },
    },
    Refinement {
        of: &["no-listener", "no-state", "no-answer"],
        rule: Rule {
            name: "tunnel-no-match",
            holds: tunnels::no_device,
            remedy: tunnels::REMEDY,
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
        of: &["host-unreachable"],
        rule: Rule {
            name: "xfrmi-no-match",
            holds: interfaces::xfrmi_out,
            remedy: "give the sender a `dir out` policy for these packets with the if_id of the interface",
        },
    },
    Refinement {
        of: &["sender-has-no-policy"],
        rule: Rule {
            name: "past-the-device",
            holds: interfaces::bypassed,
            remedy: "route these packets to that device: look at routes, rules by mark, and the marks that packets have",
        },
    },
];
