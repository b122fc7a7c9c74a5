//! Owns the table of changes: what a step does to the world before its traffic.

use std::net::SocketAddr;

use super::{
    lines::EndLine,
    network::NodeSpec,
    number::Port,
    rare::{AllocateSpec, MigrateSpec},
    refusal::Errno,
    rules::RulesSpec,
    transform::StateSpec,
};
use crate::spec::{
    decode::{Many, Named, Patch},
    table::table,
};

table! {
    /// Changes of the world, made in this order: `delete`, `flush`, `allocspi`, `add`, `addresses`, `update`, `expire`,
    /// `expire-soft`, `migrate`, `move`, `rebind`, `nft`, `down`, `up`.
    pub(crate) struct ChangeSpec in "steps.do" {
        /// Objects that are deleted, by selector as in `variants.remove`: states, policies, addresses, routes, rules,
        /// neighbours, devices, encapsulation sockets.
        "delete" => delete: Many<String>, default "none", example "\"r2 state site:left>right\"",
            limit "each selects at least one object";
        /// What is flushed: a node and `states`, `policies`, `conntrack` or `nft`; `states esp` are those of one protocol,
        /// `policies sub` those of that type. With `addresses`, `routes`, `rules`, `neighbours`, `devices` and `encap`
        /// what the file gave the node is deleted.
        "flush" => flush: Many<String>, default "none", example "[\"r1 states\", \"r1 policies\"]";
        /// SPIs that are allocated, by node.
        "allocspi" => allocspi: Named<Many<AllocateSpec>>, default "none",
            example "{ r1 = { src = \"3.0.0.1\", dst = \"5.0.0.1\", min = 0x1000, max = 0x1fff } }";
        /// What nodes get in addition, with the keys of a node.
        "add" => add: Named<Patch<NodeSpec>>, default "none", example "{ r1 = { routes = [\"10.9.0.0/16 via 3.0.0.2\"] } }";
        /// Addresses that devices get, `NODE:DEVICE ADDRESS/PREFIX...`.
        "addresses" => addresses: Many<EndLine>, default "none", example "\"r1:eth1 3.0.0.9/24\"";
        /// What is different in states that are there, by selector (`ip xfrm state update`).
        "update" => update: Named<Patch<StateSpec>>, default "none",
            example "{ \"r2 state site:left>right\" = { limit = { packet-hard = 100 } } }";
        /// SAs and policies that expire, by selector: the kernel tells it and deletes them (`XFRM_MSG_EXPIRE`,
        /// `XFRM_MSG_POLEXPIRE`).
        "expire" => expire: Many<String>, default "none", example "\"r1 state site:left>right\"";
        /// Likewise for a soft limit, which is told only.
        "expire-soft" => expire_soft: Many<String>, default "none", example "\"r1 state site:left>right\"";
        /// Policies whose tunnel leads elsewhere from now on, with their states, by selector.
        "migrate" => migrate: Named<MigrateSpec>, default "none",
            example "{ \"r1 policy out\" = { src = \"3.0.0.9\", dst = \"5.0.0.1\" } }";
        /// Devices that go to another node, `NODE:DEVICE OTHER`. There they are down and have no addresses.
        "move" => moves: Many<String>, default "none", example "\"o:xfrm0 p\"", limit "not the end of a link";
        /// NATs that give what they translate another address and port from now on, by node: their connections are
        /// forgotten, as by one that was started anew.
        "rebind" => rebind: Named<RebindSpec>, default "none",
            example "{ nat = { dev = \"wan\", to = \"192.0.2.1:42000\" } }";
        /// Text for `nft -f`, by node. `flush ruleset` would take the harness's own table with it and is an error.
        "nft" => nft: Named<Many<RulesSpec>>, default "none", example "{ r1 = \"delete table ip nat\" }";
        /// Devices that are set down, `NODE:DEVICE`.
        "down" => down: Many<String>, default "none", example "\"r1:eth1\"";
        /// Devices that are set up.
        "up" => up: Many<String>, default "none", example "\"r1:eth1\"";
        /// Name of the errno with which the kernel must refuse each of these changes: `ERRNO`, or `ERRNO: TEXT` with
        /// words of its message.
        "refused" => refused: Errno, default "none is refused", example "\"EEXIST\"";
    }
}

table! {
    /// What a NAT makes of UDP from now on.
    pub(crate) struct RebindSpec in "steps.do.rebind" {
        /// Device through which it is translated.
        "dev" => dev: String, required, example "\"wan\"", limit "a device of the node";
        /// Address and port that it leaves with.
        "to" => to: SocketAddr, required, example "\"192.0.2.1:42000\"", limit "an IPv4 or IPv6 address, and a port";
        /// Source port of what is translated.
        "sport" => sport: Port, default "4500", example "500";
    }
}
