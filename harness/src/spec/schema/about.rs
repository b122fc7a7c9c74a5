//! Owns what a file says about its own place in the library. Nothing of it reaches the world.

use crate::spec::{scalar::words, source::Spanned, table::table};

table! {
    /// The file's place in the library, for its coverage table.
    pub(crate) struct AboutSpec in "about" {
        /// The section of the library.
        "section" => section: Section, required, example "\"policies\"";
        /// What it covers, as family and what chooses the packets. A file about neither covers nothing.
        "covers" => covers: Vec<Spanned<Cover>>, default "none", example "[\"ipv4 policy\"]";
        /// Behaviours that it shows, by their slugs in `topologies/findings`.
        "shows" => shows: Vec<Spanned<String>>, default "none", example "[\"fwd-meets-forwarded\"]";
        /// Why its expectations are, but for names and addresses, those of another test.
        "alike" => alike: String, default "they must not be",
            example "\"the same holds for IPv6\"";
    }
}

/// A section of the library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section(pub(crate) &'static str);

words!(Section, "section", {
    "hooks" => Section("hooks"),
    "scratch" => Section("scratch"),
    "gateway" => Section("gateway"),
    "nat" => Section("nat"),
    "vti" => Section("vti"),
    "xfrmi" => Section("xfrmi"),
    "marks" => Section("marks"),
    "gre" => Section("gre"),
    "policies" => Section("policies"),
    "life" => Section("life"),
    "pmtu" => Section("pmtu"),
    "selftest" => Section("selftest"),
    "language" => Section("language"),
});

/// Address family of the protected traffic, and what chooses its packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cover(pub(crate) &'static str);

words!(Cover, "coverage", {
    "ipv4 policy" => Cover("ipv4 policy"),
    "ipv6 policy" => Cover("ipv6 policy"),
    "ipv4 vti" => Cover("ipv4 vti"),
    "ipv6 vti" => Cover("ipv6 vti"),
    "ipv4 xfrm" => Cover("ipv4 xfrm"),
    "ipv6 xfrm" => Cover("ipv6 xfrm"),
});
