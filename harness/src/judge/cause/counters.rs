//! Owns the causes that an xfrm counter tells (`net/xfrm/xfrm_proc.c`; what moves each
//! one is in `net/xfrm/xfrm_input.c`, `xfrm_output.c` and `xfrm_policy.c`).

use super::evidence::Evidence;
use super::{Rule, templates};
use crate::judge::line::Place;

/// A sentence about a counter that moved.
fn told(e: &Evidence<'_>, counter: &str, sentence: &str) -> Option<String> {
    e.counter(counter)
        .map(|delta| format!("{sentence} ({counter} {delta:+})"))
}

/// In the order in which a packet meets the checks, receiving before sending.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "malformed-header",
        holds: |e| {
            told(
                e,
                "XfrmInHdrError",
                "the header of a received packet is broken",
            )
            .or_else(|| {
                told(
                    e,
                    "XfrmFwdHdrError",
                    "a packet to forward could not be routed by xfrm",
                )
            })
        },
        remedy: "look at the packet in the capture",
    },
    Rule {
        name: "no-state",
        holds: |e| {
            told(
                e,
                "XfrmInNoStates",
                "no SA fits the packet's destination, SPI, protocol and mark",
            )
        },
        remedy: "install the SA at the receiver with the same SPI and both addresses, and a mark only if packets carry it",
    },
    Rule {
        name: "larval",
        holds: |e| {
            told(
                e,
                "XfrmAcquireError",
                "a packet met an SA that is still being negotiated",
            )
        },
        remedy: "let the key exchange finish, or install the SA before the traffic",
    },
    Rule {
        name: "state-not-valid",
        holds: |e| {
            told(
                e,
                "XfrmInStateInvalid",
                "the SA was found but is not valid (any more)",
            )
            .or_else(|| told(e, "XfrmOutStateInvalid", "the SA to send with is not valid"))
        },
        remedy: "install the SA anew; look for a key exchange that replaced or deleted it",
    },
    Rule {
        name: "state-mismatch",
        holds: |e| {
            told(
                e,
                "XfrmInStateMismatch",
                "the packet does not fit its SA: UDP encapsulation on one side only, or an address outside the SA's selector",
            )
        },
        remedy: "give both ends the same `encap`, or none, and check the SA's `sel`",
    },
    Rule {
        name: "replay",
        holds: |e| {
            let sentence = match (e.sa(|s| s.replay), e.sa(|s| s.replay_window)) {
                (Some((sa, _)), _) => format!("{sa} had seen this sequence number before"),
                (None, Some((sa, _))) => {
                    format!("the sequence number lies before the replay window of {sa}")
                }
                (None, None) => "the sequence number was refused".to_owned(),
            };
            told(e, "XfrmInStateSeqError", &sentence)
        },
        remedy: "look for duplicated or delayed packets, or for a sender that began its numbers anew; widen the replay window if reordering is normal",
    },
    Rule {
        name: "expired",
        holds: |e| {
            told(
                e,
                "XfrmInStateExpired",
                "the SA had reached its hard limit when a packet came",
            )
            .or_else(|| {
                told(
                    e,
                    "XfrmOutStateExpired",
                    "the SA had reached its hard limit at sending",
                )
            })
        },
        remedy: "rekey before the hard limit, or raise it",
    },
    Rule {
        name: "wrong-direction",
        holds: |e| {
            told(
                e,
                "XfrmInStateDirError",
                "a packet came in for an SA with `dir out`",
            )
            .or_else(|| {
                told(
                    e,
                    "XfrmOutStateDirError",
                    "an SA with `dir in` was chosen for sending",
                )
            })
        },
        remedy: "swap the `dir` of the two SAs",
    },
    Rule {
        name: "wrong-key",
        holds: |e| {
            e.counter("XfrmInStateProtoError")?;
            let (sa, times) = e.sa(|s| s.integrity_failed)?;
            Some(format!(
                "the integrity check of {sa} failed {times} time(s): the two ends differ in key, salt, algorithm or ICV length, or the packet was changed on its way"
            ))
        },
        remedy: "compare key, algorithm and ICV length of the SA at both ends",
    },
    Rule {
        name: "malformed-packet",
        holds: |e| {
            if e.sa(|s| s.integrity_failed).is_some() {
                return None;
            }
            told(
                e,
                "XfrmInStateProtoError",
                "the transform refused the packet after its SA was found: padding, length or protocol",
            )
        },
        remedy: "compare algorithm and mode of the SA at both ends",
    },
    Rule {
        name: "mode-mismatch",
        holds: |e| {
            told(
                e,
                "XfrmInStateModeError",
                "what was inside does not fit the mode of the SA",
            )
        },
        remedy: "use the same mode at both ends; for mixed families give the SA a selector or `flag af-unspec`",
    },
    Rule {
        name: "blocked",
        holds: |e| {
            told(
                e,
                "XfrmInPolBlock",
                "a policy with action block refused a received packet",
            )
            .or_else(|| {
                told(
                    e,
                    "XfrmOutPolBlock",
                    "a policy with action block refused to send",
                )
            })
        },
        remedy: "look for the policy with `action block` and its priority",
    },
    Rule {
        name: "no-policy",
        holds: |e| {
            // A VTI and a run that watches the wire alone show no decoding: there the envelope came all the same.
            let enveloped = e.events().any(|(_, ev)| ev.kind.protected);
            let opened = enveloped || e.events().any(|(_, ev)| ev.line.place == Place::Decode);
            told(
                e,
                "XfrmInNoPols",
                if opened {
                    "a packet was opened, but no policy lets what was inside in"
                } else {
                    "no policy of the node lets the packet in"
                },
            )
        },
        remedy: "add the policy: `dir fwd` for forwarded packets, `dir in` for the node's own",
    },
    Rule {
        name: "template-mismatch",
        holds: |e| {
            let opened = e.events().any(|(_, ev)| ev.line.place == Place::Decode);
            told(
                e,
                "XfrmInTmplMismatch",
                if opened && templates::in_clear(e).is_none() {
                    "the SA that opened the packet is not the one that the policy's template asks for: source, reqid, mode or protocol differ"
                } else {
                    "a packet came in clear where a policy asks for IPsec"
                },
            )
        },
        remedy: "make reqid, mode, protocol and source of template and SA agree, or send through the tunnel",
    },
    Rule {
        name: "no-out-state",
        holds: |e| {
            told(
                e,
                "XfrmOutNoStates",
                "a policy asks for IPsec, but no SA fits its template",
            )
        },
        remedy: "install the SA, or make addresses, reqid, mode, mark and if_id of template and SA agree",
    },
    Rule {
        name: "out-policy-error",
        holds: |e| {
            told(
                e,
                "XfrmOutPolError",
                "the policy's template cannot be met by the SAs there are, for example a tunnel template by a transport SA",
            )
        },
        remedy: "make the mode of template and SA agree",
    },
    Rule {
        name: "sequence-overflow",
        holds: |e| {
            told(
                e,
                "XfrmOutStateSeqError",
                "the SA has used up its sequence numbers",
            )
        },
        remedy: "rekey in time, or use `flag esn`",
    },
    Rule {
        name: "too-big",
        holds: |e| {
            told(
                e,
                "XfrmOutStateModeError",
                "the packet with its envelope is too big for the way, and may not be fragmented",
            )
        },
        remedy: "lower the MTU before the tunnel, clamp the MSS, or let the ICMP answer through",
    },
    Rule {
        name: "out-transform-error",
        holds: |e| {
            told(
                e,
                "XfrmOutStateProtoError",
                "the transform failed while sending",
            )
        },
        remedy: "check algorithm, key length and mode of the SA",
    },
    Rule {
        name: "bundle-error",
        holds: |e| {
            told(
                e,
                "XfrmOutBundleGenError",
                "the kernel could not put the transforms together",
            )
            .or_else(|| {
                told(
                    e,
                    "XfrmOutBundleCheckError",
                    "a cached bundle was no longer good",
                )
            })
        },
        remedy: "check that a route to the outer destination exists and fits its source address",
    },
    Rule {
        name: "out-of-memory",
        holds: |e| told(e, "XfrmInBufferError", "no buffer was left"),
        remedy: "give the kernel more memory",
    },
];
