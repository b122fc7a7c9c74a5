//! Owns the making of devices that are not link ends, their moving and their membership, over
//! `NETLINK_ROUTE`.

use std::{net::IpAddr, os::fd::AsRawFd as _};

use netlink_packet_core::{DefaultNla, NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::{
    RouteNetlinkMessage as Request,
    link::{
        GreIOFlags, InfoData, InfoGre, InfoGre6, InfoIpTunnel, InfoKind, InfoVlan, InfoVrf,
        InfoVti, InfoXfrm, Ip6TunnelFlags, LinkAttribute, LinkInfo, LinkMessage,
    },
};
use rtnetlink::LinkUnspec;

use super::{
    netlink::Refusal,
    node::{Node, Nodes},
};
use crate::plan::{Device, DeviceKind, Tunnel, TunnelKind};

/// `IFLA_XFRM_COLLECT_METADATA`, for which `netlink-packet-route` has no name.
const XFRM_COLLECT_METADATA: u16 = 3;
/// `IFLA_GRE_FLAGS` and its `IP6_TNL_F_IGN_ENCAP_LIMIT` (`include/uapi/linux/ip6_tunnel.h`).
const GRE_FLAGS: u16 = 13;
const IGNORE_ENCAP_LIMIT: u32 = 1;
/// What `ip` gives tunnels over IPv6.
const HOP_LIMIT: u8 = 64;

/// Makes a device, down.
pub(super) fn add(node: &mut Node, device: &Device) -> Result<(), Refusal> {
    let mut link = LinkMessage::default();
    link.attributes
        .push(LinkAttribute::IfName(device.name.clone()));
    if let Some(mac) = device.mac {
        link.attributes.push(LinkAttribute::Address(mac.to_vec()));
    }
    if let Some(mtu) = device.mtu {
        link.attributes.push(LinkAttribute::Mtu(mtu));
    }
    if let DeviceKind::Vlan { dev, .. } = &device.kind {
        link.attributes.push(LinkAttribute::Link(node.index(dev)?));
    }
    let mut info = vec![LinkInfo::Kind(InfoKind::from(device.kind.word()))];
    info.extend(data(node, &device.kind)?.map(LinkInfo::Data));
    link.attributes.push(LinkAttribute::LinkInfo(info));
    node.route
        .request(Request::NewLink(link), NLM_F_CREATE | NLM_F_EXCL)
}

/// What belongs to the type alone.
fn data(node: &mut Node, kind: &DeviceKind) -> Result<Option<InfoData>, Refusal> {
    Ok(match kind {
        DeviceKind::Dummy | DeviceKind::Bridge => None,
        DeviceKind::Vrf { table } => Some(InfoData::Vrf(vec![InfoVrf::TableId(*table)])),
        DeviceKind::Vlan { id, .. } => Some(InfoData::Vlan(vec![InfoVlan::Id(*id)])),
        DeviceKind::Xfrm {
            if_id,
            dev,
            external,
        } => {
            let mut list = Vec::new();
            if let Some(dev) = dev {
                list.push(InfoXfrm::Link(node.index(dev)?));
            }
            list.extend(if_id.map(|id| InfoXfrm::IfId(id.0)));
            if *external {
                list.push(InfoXfrm::Other(DefaultNla::new(
                    XFRM_COLLECT_METADATA,
                    Vec::new(),
                )));
            }
            Some(InfoData::Xfrm(list))
        }
        DeviceKind::Tunnel(tunnel) => {
            let link = match &tunnel.dev {
                Some(dev) => Some(node.index(dev)?),
                None => None,
            };
            Some(tunnel_data(tunnel, link))
        }
    })
}

fn tunnel_data(tunnel: &Tunnel, link: Option<u32>) -> InfoData {
    match tunnel.kind {
        TunnelKind::Vti | TunnelKind::Vti6 => InfoData::Vti(vti(tunnel, link)),
        TunnelKind::Gre => InfoData::GreTun(gre(tunnel, link)),
        TunnelKind::Gretap => InfoData::GreTap(gre(tunnel, link)),
        TunnelKind::Ip6gre => InfoData::GreTun6(gre6(tunnel, link)),
        TunnelKind::Ip6gretap => InfoData::GreTap6(gre6(tunnel, link)),
        TunnelKind::Ipip | TunnelKind::Sit | TunnelKind::Ip6tnl => {
            InfoData::IpTunnel(ip_tunnel(tunnel, link))
        }
    }
}

fn vti(tunnel: &Tunnel, link: Option<u32>) -> Vec<InfoVti> {
    [
        link.map(InfoVti::Link),
        tunnel.ikey.map(InfoVti::IKey),
        tunnel.okey.map(InfoVti::OKey),
        tunnel.local.map(InfoVti::Local),
        tunnel.remote.map(InfoVti::Remote),
        tunnel.fwmark.map(InfoVti::FwMark),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn gre(tunnel: &Tunnel, link: Option<u32>) -> Vec<InfoGre> {
    let v4 = |address: Option<IpAddr>| match address {
        Some(IpAddr::V4(v4)) => Some(v4),
        _ => None,
    };
    [
        link.map(InfoGre::Link),
        tunnel.ikey.map(|_| InfoGre::IFlags(GreIOFlags::Key)),
        tunnel.okey.map(|_| InfoGre::OFlags(GreIOFlags::Key)),
        tunnel.ikey.map(InfoGre::IKey),
        tunnel.okey.map(InfoGre::OKey),
        v4(tunnel.local).map(InfoGre::Local),
        v4(tunnel.remote).map(InfoGre::Remote),
        tunnel.ttl.map(InfoGre::Ttl),
        tunnel.tos.map(InfoGre::Tos),
        tunnel.pmtudisc.map(InfoGre::PathMTUDiscovery),
        tunnel.fwmark.map(InfoGre::FwMask),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn gre6(tunnel: &Tunnel, link: Option<u32>) -> Vec<InfoGre6> {
    let v6 = |address: Option<IpAddr>| match address {
        Some(IpAddr::V6(v6)) => Some(v6),
        _ => None,
    };
    [
        link.map(InfoGre6::Link),
        tunnel.ikey.map(|_| InfoGre6::IFlags(GreIOFlags::Key)),
        tunnel.okey.map(|_| InfoGre6::OFlags(GreIOFlags::Key)),
        tunnel.ikey.map(InfoGre6::IKey),
        tunnel.okey.map(InfoGre6::OKey),
        v6(tunnel.local).map(InfoGre6::Local),
        v6(tunnel.remote).map(InfoGre6::Remote),
        Some(InfoGre6::Ttl(tunnel.ttl.unwrap_or(HOP_LIMIT))),
        tunnel
            .tos
            .map(|tos| InfoGre6::FlowLabel(u32::from(tos) << 20)),
        tunnel.fwmark.map(InfoGre6::FwMask),
        Some(InfoGre6::Other(DefaultNla::new(
            GRE_FLAGS,
            IGNORE_ENCAP_LIMIT.to_ne_bytes().to_vec(),
        ))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn ip_tunnel(tunnel: &Tunnel, link: Option<u32>) -> Vec<InfoIpTunnel> {
    let mut list: Vec<InfoIpTunnel> = [
        link.map(InfoIpTunnel::Link),
        tunnel.local.map(InfoIpTunnel::Local),
        tunnel.remote.map(InfoIpTunnel::Remote),
        tunnel.fwmark.map(InfoIpTunnel::FwMark),
    ]
    .into_iter()
    .flatten()
    .collect();
    if tunnel.kind.is_v6() {
        list.push(InfoIpTunnel::Ttl(tunnel.ttl.unwrap_or(HOP_LIMIT)));
        if let Some(tos) = tunnel.tos {
            list.push(InfoIpTunnel::FlowInfo(u32::from(tos) << 20));
        }
        list.push(InfoIpTunnel::Ipv6Flags(Ip6TunnelFlags::IgnEncapLimit));
    } else {
        list.extend(tunnel.ttl.map(InfoIpTunnel::Ttl));
        list.extend(tunnel.tos.map(InfoIpTunnel::Tos));
        list.extend(tunnel.pmtudisc.map(InfoIpTunnel::PMtuDisc));
    }
    list
}

/// Moves a device, and forgets the index that it had.
pub(super) fn move_to(
    nodes: &mut Nodes,
    from: &str,
    to: &str,
    device: &str,
) -> Result<(), Refusal> {
    let target = nodes.get(to).namespace.fd().as_raw_fd();
    let node = nodes.get_mut(from);
    let index = node.index(device)?;
    let message = LinkUnspec::new_with_index(index)
        .setns_by_fd(target)
        .build();
    node.route.request(Request::SetLink(message), 0)?;
    node.forget(device);
    // What it captures from now on is named there.
    nodes.get_mut(to).index(device).map(drop)
}

/// Deletes a device.
pub(super) fn delete(node: &mut Node, device: &str) -> Result<(), Refusal> {
    let index = node.index(device)?;
    let message = LinkUnspec::new_with_index(index).build();
    node.route.request(Request::DelLink(message), 0)?;
    node.forget(device);
    Ok(())
}

/// Makes a device a member of a VRF or bridge.
pub(super) fn set_master(node: &mut Node, device: &str, master: &str) -> Result<(), Refusal> {
    let index = node.index(device)?;
    let master = node.index(master)?;
    let message = LinkUnspec::new_with_index(index).controller(master).build();
    node.route.request(Request::SetLink(message), 0)
}
