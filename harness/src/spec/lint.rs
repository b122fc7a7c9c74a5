//! Owns the named checks: what is nearly always a mistake, and may be what a file
//! is about. It never runs them.

/// A check that `allow = ["name"]` switches off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lint {
    ReservedSpi,
    KeyLength,
    IcvLength,
    UnknownAlgorithm,
    UnreachableVia,
    DuplicateAddress,
    UnusedTemplate,
    ForeignOuter,
    DuplicateState,
    DuplicatePolicy,
    NoEncapSocket,
    MasqueradeTunnel,
    LevelUseInbound,
    UnusedReqid,
    OneSidedIfId,
    MarkOutsideMask,
    OverlappingNetworks,
    UnknownCounter,
    NoExpectation,
}

impl Lint {
    /// Every lint, in the order of the reference.
    pub(crate) const ALL: &[Self] = &[
        Self::ReservedSpi,
        Self::KeyLength,
        Self::IcvLength,
        Self::UnknownAlgorithm,
        Self::UnreachableVia,
        Self::DuplicateAddress,
        Self::UnusedTemplate,
        Self::ForeignOuter,
        Self::DuplicateState,
        Self::DuplicatePolicy,
        Self::NoEncapSocket,
        Self::MasqueradeTunnel,
        Self::LevelUseInbound,
        Self::UnusedReqid,
        Self::OneSidedIfId,
        Self::MarkOutsideMask,
        Self::OverlappingNetworks,
        Self::UnknownCounter,
        Self::NoExpectation,
    ];

    /// The name that `allow` takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ReservedSpi => "reserved-spi",
            Self::KeyLength => "key-length",
            Self::IcvLength => "icv-length",
            Self::UnknownAlgorithm => "unknown-algorithm",
            Self::UnreachableVia => "unreachable-via",
            Self::DuplicateAddress => "duplicate-address",
            Self::UnusedTemplate => "unused-template",
            Self::ForeignOuter => "foreign-outer",
            Self::DuplicateState => "duplicate-state",
            Self::DuplicatePolicy => "duplicate-policy",
            Self::NoEncapSocket => "no-encap-socket",
            Self::MasqueradeTunnel => "masquerade-tunnel",
            Self::LevelUseInbound => "level-use-inbound",
            Self::UnusedReqid => "unused-reqid",
            Self::OneSidedIfId => "one-sided-if-id",
            Self::MarkOutsideMask => "mark-outside-mask",
            Self::OverlappingNetworks => "overlapping-networks",
            Self::UnknownCounter => "unknown-counter",
            Self::NoExpectation => "no-expectation",
        }
    }

    /// Why it is a problem, for the reference.
    pub(crate) fn why(self) -> &'static str {
        match self {
            Self::ReservedSpi => {
                "SPI 0 never stands on the wire and 1 to 255 are reserved (RFC 4303 section 2.1). \
                 The kernel takes them from a file all the same, so a mistyped SPI would go unseen."
            }
            Self::KeyLength => {
                "The key does not have a length of this algorithm, its salt included. The kernel \
                 refuses such an SA with EINVAL."
            }
            Self::IcvLength => {
                "The algorithm has no such ICV length. The kernel refuses such an SA, or two peers \
                 disagree about the end of the packet."
            }
            Self::UnknownAlgorithm => {
                "The name is none of the kernel's algorithms known here. A kernel that lacks it \
                 answers ENOSYS; with a mistyped name every kernel does."
            }
            Self::UnreachableVia => {
                "The gateway of a route lies in none of the node's own networks. The kernel refuses \
                 such a route (`Nexthop has invalid gateway`)."
            }
            Self::DuplicateAddress => {
                "Two interfaces have the same address. ARP then answers for whichever is asked, and \
                 what is seen depends on time."
            }
            Self::UnusedTemplate => {
                "No SA of the node fits the template of this policy, so traffic that matches it is \
                 dropped or waits for an IKE daemon that is not there."
            }
            Self::ForeignOuter => {
                "The outer address of a tunnel's end is not an address of its node. The SA is \
                 installed all the same, but nothing sent to that address is decapsulated there."
            }
            Self::DuplicateState => {
                "Two SAs of a node have the same destination, protocol, SPI and mark. The kernel \
                 looks an SA up by these and refuses the second one (EEXIST)."
            }
            Self::DuplicatePolicy => {
                "Two policies of a node have the same direction, selector, mark and if_id. The kernel \
                 refuses the second one (EEXIST), whatever its priority."
            }
            Self::NoEncapSocket => {
                "An SA expects ESP in UDP at an address of its node, but the node has no \
                 encapsulation socket on that port, so the packets are plain UDP for nobody and \
                 are answered with ICMP port unreachable."
            }
            Self::MasqueradeTunnel => {
                "A masquerade or source NAT rule without any condition about IPsec or addresses \
                 stands in a node that also protects forwarded traffic. The address is rewritten \
                 before the last policy lookup, so the packet matches no policy any more and \
                 leaves in clear, with all xfrm counters at rest."
            }
            Self::LevelUseInbound => {
                "An `in` or `fwd` policy with a template of `level use` lets a packet in that \
                 came without that SA, so clear text passes for protected."
            }
            Self::UnusedReqid => {
                "The node has templates, and none of them asks for the reqid of this SA or for \
                 any, so no packet takes it."
            }
            Self::OneSidedIfId => {
                "An interface id is on one side only: SAs, policies and XFRM interfaces find one \
                 another by it, and what has an id that none of the others has meets no packet."
            }
            Self::MarkOutsideMask => {
                "The mark has bits outside its mask. A packet's mark is masked before it is \
                 compared, so nothing is ever equal to it."
            }
            Self::OverlappingNetworks => {
                "Two devices of a node are in networks of which one holds the other's address, so \
                 one of the two is reached through the wrong device."
            }
            Self::UnknownCounter => {
                "The name is none of the kernel's xfrm or `nstat` counters known here (Linux 5.10 to 7.2). A newer \
                 kernel may have it; with a mistyped name every run fails."
            }
            Self::NoExpectation => {
                "The file has no step, or a step sends something and neither it nor one of its flows expects anything, \
                 or that holds for all steps of a variant that does not fail: what is seen is held against nothing but \
                 what no file may have, a leak between tunnel ends or a fault of the kernel. This is a warning: the file runs all the same, and `run --bless` writes what is seen into it."
            }
        }
    }
}
