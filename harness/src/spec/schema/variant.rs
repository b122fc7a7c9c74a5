//! Owns the tables of variants: named tests with one thing changed.

use super::{
    condition::Condition,
    device::DeviceSpec,
    file::FileSpec,
    network::{LinkSpec, NodeSpec},
    rules::RefusedRulesSpec,
    steps::{ExpectSpec, StepSpec},
    transform::{PolicySpec, StateSpec},
};
use crate::spec::{
    decode::{Decoder, FromTable, FromToml, Many, Named, Patch, Raw},
    meta::{Kind, TableMeta},
    source::Spanned,
    table::table,
    value::{Data, Value},
};

table! {
    /// A variant: the same world with something changed, as a named test of its own. It is
    /// made in this order: `set`, `unset`, `with`, `add`, `change`, `remove`, then the expectations. The first three
    /// work on the file as it is written, the others on what it became: `xfrmlab check --expand` shows that.
    pub(crate) struct VariantSpec in "variants" {
        /// Name of the test.
        "name" => name: String, required, example "\"the receiver lacks its forward policy\"",
            limit "unique in the file";
        /// What the kernel must be able to do beyond what the file needs, as with `needs` of a file.
        "needs" => needs: Many<Condition>, default "what the file needs", example "[\"linux before 6.10\"]";
        /// Values that are set in the file before anything else, by path, as with `--set`.
        "set" => set: Named<Raw>, default "none", example "{ \"tunnels.site.mode\" = \"transport\" }";
        /// Keys and list elements that are taken out of the file, by path.
        "unset" => unset: Vec<Spanned<String>>, default "none", example "[\"nodes.r1.nft\", \"tunnels.site.encap\"]";
        /// What is laid over the file, with the keys of a file: tables are joined, lists appended, and a value that
        /// stands in both is the one here.
        "with" => with: Laid, default "nothing",
            example "{ nodes = { h3 = {} }, links = [{ ends = [\"h3:eth0 10.0.3.1/24\", \"r1:eth9 10.0.3.2/24\"] }] }";
        /// What nodes get in addition, with the keys of a node.
        "add" => add: Named<Patch<NodeSpec>>, default "none", example "{ r1 = { routes = [\"10.9.0.0/16 via 3.0.0.2\"] } }";
        /// What differs in objects, by selector as in `remove`. A state, policy, device or link takes the keys of its
        /// table; an address, route, rule, neighbour or encapsulation socket its new line, a sysctl its new value,
        /// `nft` its new text. A template of a policy takes only the keys that differ, too.
        "change" => change: Named<Changed>, default "none",
            example "{ \"r2 state site:left>right\" = { spi = 0x999 }, \"r1 route default\" = \"default via 3.0.0.9\" }";
        /// Objects that are left out, by selector: node, kind (`state`, `policy`, `address`, `route`, `rule`,
        /// `neighbour`, `nft`, `encap`, `sysctl`, `device`, `link`), then words that the object has.
        "remove" => remove: Vec<Spanned<String>>, default "none", example "[\"r2 policy fwd\"]",
            limit "each selects at least one object";
        /// Expectations that replace those of the file's only step, one by one.
        "expect" => expect: ExpectSpec, default "those of the file", example "{ reply = false }";
        /// Expectations and pings that replace those of steps, by the step's name.
        "steps" => steps: Named<Patch<StepSpec>>, default "those of the file",
            example "{ \"the echo crosses the tunnel\" = { expect = { reply = false } } }";
        /// Why its expectations are, but for names and addresses, those of another test.
        "alike" => alike: String, default "they must not be", example "\"the same holds for IPv6\"";
        /// How the variant must fail. A variant without it must pass.
        "fails" => fails: FailsSpec, default "it passes",
            example "{ at = \"r2\", cause = \"no-policy\", counter = \"XfrmInNoPols\" }";
    }
}

table! {
    /// How a variant must fail.
    pub(crate) struct FailsSpec in "variants.fails" {
        /// Node of the first divergent hop.
        "at" => at: String, required, example "\"r2\"";
        /// Words that the first divergent line must contain.
        "line" => line: String, default "not asserted", example "\"forward\"";
        /// The cause that the diagnosis must name.
        "cause" => cause: String, default "not asserted", example "\"no-policy\"";
        /// All causes that the diagnosis must name, each as `NODE CAUSE`, in the order in which the packet meets them.
        "causes" => causes: Vec<Spanned<String>>, default "not asserted", example "[\"r1 mark-mismatch\", \"r2 no-policy\"]";
        /// Words that the sentence of the cause must contain, or of one of them.
        "why" => why: String, default "not asserted", example "\"reqid\"";
        /// An xfrm counter of that node that must have moved.
        "counter" => counter: String, default "not asserted", example "\"XfrmInNoPols\"";
    }
}

/// What is laid over the file, which is decoded with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Laid(pub(crate) Raw);

impl FromToml for Laid {
    const KIND: Kind = Kind::Laid(file);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        if !matches!(value.data, Data::Table(_)) {
            cx.mismatch(value, &Self::KIND.phrase());
            return None;
        }
        Raw::from_toml(value, cx).map(Self)
    }
}

fn file() -> &'static TableMeta {
    FileSpec::META
}

/// What differs in an object, which is decoded once it is known what kind of object that is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Changed(pub(crate) Raw);

impl FromToml for Changed {
    const KIND: Kind = Kind::Either(&[
        Kind::Patch(StateSpec::META),
        Kind::Patch(PolicySpec::META),
        Kind::Patch(DeviceSpec::META),
        Kind::Patch(LinkSpec::META),
        Kind::Table(RefusedRulesSpec::META),
        String::KIND,
        // Of a setting.
        Kind::Integer {
            name: "number",
            min: i64::MIN,
            max: i64::MAX,
        },
        Kind::Boolean,
    ]);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        Raw::from_toml(value, cx).map(Self)
    }
}
