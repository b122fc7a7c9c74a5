//! Owns the tables that describe something once and expand to all of its ends:
//! `sas`, `tunnels` and `mesh`.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::{
    encap::EncapLine,
    flags::Flags,
    lines::{check_name, words_of},
    number::{Number, ReplayWindow},
    transform::{AlgSpec, StateSpec},
};
use crate::{
    names::{IfId, Mark, Reqid},
    plan::{IfAddress, Mode, Proto},
    spec::{
        decode::{Named, Patch},
        diagnostic::shorten,
        scalar::{Wrong, parse_address, parse_net, text, words},
        source::Spanned,
        table::table,
    },
};

table! {
    /// An SA, described once and installed at several nodes.
    pub(crate) struct SaSpec in "sas.NAME" {
        include state: StateSpec;
        /// Nodes where it is installed.
        "at" => at: Vec<Spanned<String>>, required, example "[\"r1\", \"r2\"]";
        /// What differs at one of these nodes, with the keys of a state: `at_r1 = { output-mark = 1 }`.
        "at_*" => differs: Named<Patch<StateSpec>>, default "nothing",
            example "{ output-mark = 0x1 }";
    }
}

table! {
    /// A tunnel between two gateways: the states of both directions at both, named
    /// `NAME:left>right` and `NAME:right>left`; an `out`, `in` and `fwd` policy at both for each
    /// pair of networks, named `NAME`; with `encap` the encapsulation sockets that both need. With `via`
    /// a device at both, to which the networks of the other end are routed; the policies then match
    /// everything that has the device's key or interface id.
    pub(crate) struct TunnelSpec in "tunnels.NAME" {
        include body: TunnelBody;
        /// One end.
        "left" => left: TunnelEnd, required,
            example "{ node = \"r1\", outer = \"3.0.0.1\", nets = [\"10.0.1.0/24\"] }";
        /// The other end.
        "right" => right: TunnelEnd, required,
            example "{ node = \"r2\", outer = \"5.0.0.1\", nets = [\"10.0.2.0/24\"] }";
        /// What differs in the SA from left to right, with the keys of a state.
        "left>right" => left_right: Patch<StateSpec>, default "nothing", example "{ spi = 0x1000 }";
        /// What differs in the SA from right to left, with the keys of a state.
        "right>left" => right_left: Patch<StateSpec>, default "nothing", example "{ spi = 0x2000 }";
    }
}

table! {
    /// A tunnel between each two of several nodes. That of `a` and `b` is named `NAME:a-b` and is what
    /// `[tunnels."NAME:a-b"]` with `left` at `a` would be; its SAs are `NAME:a>b` and `NAME:b>a`, its device at `a`
    /// is `NAME-b`.
    pub(crate) struct MeshSpec in "mesh.NAME" {
        include body: TunnelBody;
        /// The nodes with their outer addresses and the networks behind them: `NODE OUTER [NET...]`.
        "ends" => ends: Vec<Spanned<MeshEnd>>, required,
            example "[\"a 10.0.0.1\", \"b 10.0.0.2\", \"c 10.0.0.3 10.3.0.0/24\"]", limit "2 to 64 nodes, each once";
    }
}

table! {
    /// What the tunnels of `tunnels` and `mesh` have in common.
    pub(crate) struct TunnelBody in "TUNNEL" {
        /// What chooses the packets of the tunnel: `policy` by their addresses, `vti`, `xfrm` and `gre` by routes to a
        /// device. A VTI has the `mark` as its key, an XFRM interface the `if_id`; GRE is protected in transport mode.
        "via" => via: Via, default "policy", example "\"vti\"";
        /// Transform protocol.
        "proto" => proto: Proto, default "esp", example "\"esp\"";
        /// Mode. In transport mode the networks are the outer addresses.
        "mode" => mode: Mode, default "tunnel; transport with `via = \"gre\"`", example "\"transport\"";
        /// Algorithm with authentication and encryption in one.
        "aead" => aead: AlgSpec, default "rfc4106(gcm(aes)), where neither `enc` nor `auth` is given",
            example "\"rfc4106(gcm(aes))\"";
        /// Encryption.
        "enc" => enc: AlgSpec, default "none", example "\"cbc(aes)\"";
        /// Authentication with the kernel's ICV length for it.
        "auth" => auth: AlgSpec, default "none", example "\"hmac(sha1)\"";
        /// Authentication with an ICV length of its own.
        "auth-trunc" => auth_trunc: AlgSpec, default "none", example "{ alg = \"hmac(sha256)\", icv = 128 }";
        /// UDP encapsulation: `espinudp LEFT-PORT RIGHT-PORT`, the ports that the gateways themselves use.
        "encap" => encap: EncapLine, default "none", example "\"espinudp 4500 4500\"";
        /// Reqid of states and templates.
        "reqid" => reqid: Reqid, default "derived from the tunnel's name", example "1";
        /// Priority of the policies.
        "priority" => priority: Number, default "0", example "100";
        /// Mark of the policies and of the lookup of the states.
        "mark" => mark: Mark, default "none; derived from the name with `via = \"vti\"`", example "\"0x1/0xff\"";
        /// Mark that the states set on packets.
        "output-mark" => output_mark: Mark, default "none", example "\"0x1/0xff\"";
        /// XFRM interface that states and policies belong to.
        "if_id" => if_id: IfId, default "none; derived from the name with `via = \"xfrm\"`", example "42";
        /// Replay window in packets.
        "replay-window" => replay_window: ReplayWindow, default "32", example "0";
        /// Flags of the states.
        "flag" => flag: Flags, default "none", example "\"esn\"";
    }
}

table! {
    /// One end of a tunnel.
    pub(crate) struct TunnelEnd in "tunnels.NAME.left, tunnels.NAME.right" {
        /// The gateway.
        "node" => node: String, required, example "\"r1\"";
        /// Its own outer address.
        "outer" => outer: IpAddr, required, example "\"192.168.7.2\"";
        /// Address, and port where there is `encap`, that the other end sees: beyond a NAT.
        "seen_as" => seen_as: SeenAs, default "the outer address", example "\"3.0.0.1:40500\"",
            limit "of the family of `outer`";
        /// Networks behind it.
        "nets" => nets: Vec<Spanned<IpNet>>, default "the outer address alone",
            example "[\"10.0.1.0/24\"]";
        /// Name of its device, with `via`.
        "dev" => dev: String, default "the tunnel's name", example "\"vti0\"";
        /// Addresses of its device, with `via`.
        "addresses" => addresses: Vec<Spanned<IfAddress>>, default "none", example "[\"10.9.0.1/30\"]";
    }
}

/// One node of a mesh: `NODE OUTER [NET...]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MeshEnd {
    pub(crate) node: String,
    pub(crate) outer: IpAddr,
    pub(crate) nets: Vec<IpNet>,
}

text!(
    MeshEnd,
    "end of a mesh, `NODE OUTER [NET...]`",
    "a 10.0.0.1",
    parse_mesh_end
);

fn parse_mesh_end(text: &str) -> Result<MeshEnd, Wrong> {
    let mut words = words_of(text);
    let (Some((at, node)), Some((outer_at, outer))) = (words.next(), words.next()) else {
        let message = format!("`{}` is not an end of a mesh", shorten(text));
        return Err(Wrong::new(message).hint("`NODE OUTER [NET...]`: `c 10.0.0.3 10.3.0.0/24`"));
    };
    check_name(node, "node").map_err(|w| w.at(at))?;
    let outer = parse_address(outer).map_err(|w| w.at(outer_at))?;
    let nets = words.map(|(at, word)| parse_net(word).map_err(|w| w.at(at)));
    Ok(MeshEnd {
        node: node.to_owned(),
        outer,
        nets: nets.collect::<Result<_, _>>()?,
    })
}

/// What chooses the packets of a tunnel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Policy,
    Vti,
    Xfrm,
    Gre,
}

words!(Via, "way into a tunnel", {
    "policy" => Via::Policy, "vti" => Via::Vti, "xfrm" => Via::Xfrm, "gre" => Via::Gre,
});

/// An address that a NAT gives, and a port where it changes that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SeenAs {
    pub(crate) address: IpAddr,
    pub(crate) port: Option<u16>,
}

text!(
    SeenAs,
    "address with or without a port",
    "3.0.0.1:40500",
    parse_seen_as
);

fn parse_seen_as(text: &str) -> Result<SeenAs, Wrong> {
    if let Ok(address) = text.parse() {
        return Ok(SeenAs {
            address,
            port: None,
        });
    }
    match text.parse::<SocketAddr>() {
        Ok(place) if place.port() != 0 => Ok(SeenAs {
            address: place.ip(),
            port: Some(place.port()),
        }),
        _ => Err(Wrong::new(format!(
            "`{}` is not an address with or without a port",
            shorten(text)
        ))
        .hint("`\"3.0.0.1\"`, `\"3.0.0.1:40500\"` or `\"[2001:db8::1]:40500\"`")),
    }
}
