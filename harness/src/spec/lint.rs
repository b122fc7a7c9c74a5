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
        }
    }
}
