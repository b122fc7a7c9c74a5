//! Owns the top level of a topology file.

use super::{
    about::AboutSpec,
    condition::Condition,
    network::{LinkSpec, NodeSpec},
    sa::{MeshSpec, SaSpec, TunnelSpec},
    steps::StepSpec,
    variant::VariantSpec,
};
use crate::plan::Observe;
use crate::spec::{
    decode::{Many, Named, Raw},
    lint::Lint,
    scalar::words,
    source::Spanned,
    table::table,
};

table! {
    /// A topology file: one world, what happens in it, and what must be seen.
    pub(crate) struct FileSpec in "the file" {
        /// The claim that the file makes.
        "title" => title: String, required, example "\"R1-R2 gateways with a plain router between\"";
        /// Where the case comes from.
        "source" => source: String, default "none", example "\"RFC 4303\"";
        /// Another file of the same folder that this one builds on: its tables are joined with those here, its lists
        /// come before those here, and a value that stands in both is the one here. Its title and variants are its
        /// own; its steps are taken over by a file that has none.
        "extends" => extends: String, default "none", example "\"gateway-pair.toml\"",
            limit "a file of the same folder or below it; at most 4 in a row";
        /// Values that are set in the file that this one extends, by path, as with `--set`.
        "set" => set: Named<Raw>, default "none", example "{ \"tunnels.site.mode\" = \"transport\" }",
            limit "needs `extends`";
        /// Keys and list elements that are taken out of the file that this one extends, by path.
        "unset" => unset: Vec<Spanned<String>>, default "none", example "[\"nodes.r1.nft\", \"links.0.mtu\"]",
            limit "needs `extends`";
        /// The file's place in the library.
        "about" => about: AboutSpec, default "none",
            example "{ section = \"policies\", covers = [\"ipv4 policy\"] }";
        /// What the kernel must be able to do beyond what the world itself shows: `linux 6.10` or `linux before 6.10`,
        /// an xfrm type such as `esp6`, an algorithm such as `aead rfc4106(gcm(aes))`, `device vti`, `qdisc netem`,
        /// `nft`. On a kernel that cannot, the file is skipped, and the report names what is missing.
        "needs" => needs: Many<Condition>, default "what its objects need", example "\"linux 6.10\"";
        /// Named checks that this file is about and so switches off.
        "allow" => allow: Vec<Spanned<Lint>>, default "none", example "[\"reserved-spi\"]";
        /// What is watched: `all`, or the `wire` alone, and then no table of the harness is in any node and
        /// `expect.node` is not judged.
        "observe" => observe: Observe, default "all", example "\"wire\"";
        /// Nodes by name.
        "nodes" => nodes: Named<NodeSpec>, required, example "{ h1 = {}, r1 = { forward = true } }",
            limit "a name has at most 15 bytes: letters, digits, `.`, `_`, `-`";
        /// Links between nodes.
        "links" => links: Vec<Spanned<LinkSpec>>, default "none",
            example "[{ ends = [\"h1:eth0 10.0.1.100/24\", \"r1:eth0 10.0.1.1/24\"] }]";
        /// SAs by name, described once.
        "sas" => sas: Named<SaSpec>, default "none",
            example "{ door = { src = \"3.0.0.1\", dst = \"5.0.0.1\", spi = 0x1000, aead = \"rfc4106(gcm(aes))\", at = [\"r1\", \"r2\"] } }";
        /// Tunnels by name.
        "tunnels" => tunnels: Named<TunnelSpec>, default "none",
            example "{ site = { left = { node = \"r1\", outer = \"3.0.0.1\" }, right = { node = \"r2\", outer = \"5.0.0.1\" } } }";
        /// Meshes by name: a tunnel between each two of several nodes.
        "mesh" => mesh: Named<MeshSpec>, default "none",
            example "{ all = { ends = [\"a 10.0.0.1\", \"b 10.0.0.2\", \"c 10.0.0.3\"], mode = \"transport\" } }";
        /// What happens, in order.
        "steps" => steps: Vec<Spanned<StepSpec>>, default "none",
            example "[{ name = \"echo\", ping = { from = \"h1\", to = \"10.0.2.100\" } }]";
        /// Named tests with something changed.
        "variants" => variants: Vec<Spanned<VariantSpec>>, default "none",
            example "[{ name = \"without answer\", remove = [\"r2 policy fwd\"], fails = { at = \"r2\" } }]";
    }
}

words!(Lint, "check", {
    "reserved-spi" => Lint::ReservedSpi,
    "key-length" => Lint::KeyLength,
    "icv-length" => Lint::IcvLength,
    "unknown-algorithm" => Lint::UnknownAlgorithm,
    "unreachable-via" => Lint::UnreachableVia,
    "duplicate-address" => Lint::DuplicateAddress,
    "unused-template" => Lint::UnusedTemplate,
    "foreign-outer" => Lint::ForeignOuter,
    "duplicate-state" => Lint::DuplicateState,
    "duplicate-policy" => Lint::DuplicatePolicy,
    "no-encap-socket" => Lint::NoEncapSocket,
    "masquerade-tunnel" => Lint::MasqueradeTunnel,
    "level-use-inbound" => Lint::LevelUseInbound,
    "unused-reqid" => Lint::UnusedReqid,
    "one-sided-if-id" => Lint::OneSidedIfId,
    "mark-outside-mask" => Lint::MarkOutsideMask,
    "overlapping-networks" => Lint::OverlappingNetworks,
    "unknown-counter" => Lint::UnknownCounter,
    "no-expectation" => Lint::NoExpectation,
});

words!(Observe, "extent", {
    "all" => Observe::All,
    "wire" => Observe::Wire,
});
