//! Owns the table of a device that is not a link end.

use std::net::IpAddr;

use super::{
    network::Sysctls,
    number::{KeyNumber, Mac, Mtu, PacketMark, TableNumber, Tos, TunnelTtl, VlanId},
    refusal::Errno,
};
use crate::{
    names::IfId,
    plan::{IfAddress, TunnelKind},
    spec::{scalar::words, source::Spanned, table::table},
};

table! {
    /// A device of a node that is not a link end. Which keys a device has beyond the common ones depends on its type.
    pub(crate) struct DeviceSpec in "nodes.NAME.devices.NAME" {
        /// The type of `ip link add ... type`.
        "type" => kind: DeviceType, required, example "\"vti\"";
        /// Addresses: `ADDRESS/PREFIX` or `ADDRESS peer ADDRESS/PREFIX`, then `scope SCOPE`, then `refused ERRNO`
        /// or `refused ERRNO: TEXT` where the kernel must refuse it.
        "addresses" => addresses: Vec<Spanned<IfAddress>>, default "none",
            example "[\"10.9.0.1/32\", \"fd09::1/128\"]";
        /// MTU in bytes.
        "mtu" => mtu: Mtu, default "the kernel's", example "1400";
        /// Link-layer address, for types that have one.
        "mac" => mac: Mac, default "derived from the names of node and device", example "\"02:00:00:00:00:01\"";
        /// VRF or bridge of the same node that the device belongs to.
        "master" => master: String, default "none", example "\"red\"";
        /// Node in which the device is made. It then moves here, where it gets its addresses, settings and routes.
        "born" => born: String, default "this node", example "\"gw\"";
        /// Whether the device is brought up.
        "up" => up: bool, default "true", example "false";
        /// Settings of this device alone, by family: `ipv4.NAME` is `net.ipv4.conf.DEVICE.NAME`.
        "sysctl" => sysctl: DeviceSysctls, default "none", example "{ ipv4.disable_policy = 1 }";
        /// Own outer address. All types of tunnels.
        "local" => local: IpAddr, default "any", example "\"192.0.2.1\"",
            limit "IPv6 for `vti6`, `ip6gre`, `ip6gretap` and `ip6tnl`, IPv4 for the others";
        /// Outer address of the other end. All types of tunnels.
        "remote" => remote: IpAddr, default "any", example "\"192.0.2.2\"", limit "of the family of `local`";
        /// Key of both directions: `ikey` and `okey` at once. `vti`, `vti6`, `gre`, `gretap`, `ip6gre`, `ip6gretap`.
        "key" => key: KeyNumber, default "none", example "42";
        /// Key of incoming packets. On a VTI it is the mark with which their states and policies are looked up.
        "ikey" => ikey: KeyNumber, default "`key`", example "42";
        /// Key of outgoing packets. On a VTI it is the mark with which their policies and states are looked up.
        "okey" => okey: KeyNumber, default "`key`", example "42";
        /// Mark with which outer packets are routed. All types of tunnels.
        "fwmark" => fwmark: PacketMark, default "none", example "0x1";
        /// TTL or hop limit of outer packets; 0 takes over that of inner ones. Tunnels except VTI.
        "ttl" => ttl: TunnelTtl, default "inner packet's; 64 over IPv6", example "64";
        /// TOS or traffic class of outer packets; 1 takes over that of inner ones. Tunnels except VTI.
        "tos" => tos: Tos, default "0", example "1";
        /// Whether outer packets have DF. `gre`, `gretap`, `ipip`, `sit`.
        "pmtudisc" => pmtudisc: bool, default "true", example "false";
        /// Interface id: states and policies with the same `if_id` belong to it. `xfrm`.
        "if_id" => if_id: IfId, default "none", example "42";
        /// Takes the interface id from the route of each packet (`encap xfrm`). `xfrm`.
        "external" => external: bool, default "false", example "true";
        /// Underlying device: of `vlan`, of `xfrm`, and where packets of a tunnel leave.
        "dev" => dev: String, default "none", example "\"eth1\"", limit "`vlan` needs it";
        /// VLAN identifier. `vlan`.
        "id" => id: VlanId, default "none", example "5", limit "`vlan` needs it";
        /// Routing table. `vrf`.
        "table" => table: TableNumber, default "none", example "100", limit "`vrf` needs it";
        /// The errno with which the kernel must refuse the device.
        "refused" => refused: Errno, default "it must not", example "\"EEXIST\"";
    }
}

/// The `ip link` type of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceType {
    Dummy,
    Bridge,
    Vrf,
    Vlan,
    Xfrm,
    Tunnel(TunnelKind),
}

words!(DeviceType, "device type", {
    "vti" => DeviceType::Tunnel(TunnelKind::Vti),
    "vti6" => DeviceType::Tunnel(TunnelKind::Vti6),
    "xfrm" => DeviceType::Xfrm,
    "gre" => DeviceType::Tunnel(TunnelKind::Gre),
    "gretap" => DeviceType::Tunnel(TunnelKind::Gretap),
    "ip6gre" => DeviceType::Tunnel(TunnelKind::Ip6gre),
    "ip6gretap" => DeviceType::Tunnel(TunnelKind::Ip6gretap),
    "ipip" => DeviceType::Tunnel(TunnelKind::Ipip),
    "sit" => DeviceType::Tunnel(TunnelKind::Sit),
    "ip6tnl" => DeviceType::Tunnel(TunnelKind::Ip6tnl),
    "vrf" => DeviceType::Vrf,
    "bridge" => DeviceType::Bridge,
    "vlan" => DeviceType::Vlan,
    "dummy" => DeviceType::Dummy,
});

/// Settings of one device, as `ipv4.NAME` and `ipv6.NAME`.
pub(crate) type DeviceSysctls = Sysctls<false>;
