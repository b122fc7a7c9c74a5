//! Owns the network half of building: veth pairs, addresses, routes, over `NETLINK_ROUTE`.

use std::{net::IpAddr, os::fd::AsRawFd as _};

use netlink_packet_core::{NLM_F_CREATE, NLM_F_EXCL};
use netlink_packet_route::{
    RouteNetlinkMessage as Request,
    address::{AddressAttribute, AddressFlags, AddressMessage},
    link::{InfoData, InfoVeth},
    route::{
        RouteAttribute, RouteLwEnCapType, RouteLwTunnelEncap, RouteMessage, RouteMetric,
        RouteProtocol, RouteScope, RouteType, RouteXfrmTunnel,
    },
};
use rtnetlink::{AddressMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder};

use super::{
    neighbour,
    netlink::Refusal,
    node::{Node, Nodes},
};
use crate::plan::{End, IfAddress, Route, RouteKind};

const CREATE: u16 = NLM_F_CREATE | NLM_F_EXCL;

/// Makes a veth pair straight into the two namespaces, with its final names, addresses and MTU.
pub(super) fn add_veth(
    nodes: &mut Nodes,
    ends: &[End; 2],
    indexes: [u32; 2],
    mtu: Option<u32>,
) -> Result<(), Refusal> {
    let peer_ns = nodes.get(&ends[1].node).namespace.fd().as_raw_fd();
    let mut peer = LinkUnspec::new_with_name(&ends[1].device)
        .address(ends[1].mac.to_vec())
        .setns_by_fd(peer_ns);
    let mut link = LinkVeth::new(&ends[0].device, &ends[1].device).address(ends[0].mac.to_vec());
    if let Some(mtu) = mtu {
        peer = peer.mtu(mtu);
        link = link.mtu(mtu);
    }
    let mut peer = peer.build();
    peer.header.index = indexes[1];
    let mut message = link
        .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)))
        .build();
    message.header.index = indexes[0];
    nodes
        .get_mut(&ends[0].node)
        .route
        .request(Request::NewLink(message), CREATE)?;
    for end in ends {
        neighbour::put_off_probes(nodes.get_mut(&end.node), &end.device)?;
    }
    Ok(())
}

/// Brings a device up.
pub(super) fn up(node: &mut Node, device: &str) -> Result<(), Refusal> {
    let index = node.index(device)?;
    node.route.request(
        Request::SetLink(LinkUnspec::new_with_index(index).up().build()),
        0,
    )
}

/// Takes a device down.
pub(super) fn down(node: &mut Node, device: &str) -> Result<(), Refusal> {
    let index = node.index(device)?;
    node.route.request(
        Request::SetLink(LinkUnspec::new_with_index(index).down().build()),
        0,
    )
}

/// Adds an address to a device.
pub(super) fn add_address(
    node: &mut Node,
    device: &str,
    address: &IfAddress,
    nodad: bool,
) -> Result<(), Refusal> {
    let mut message = address_message(node, device, address)?;
    if nodad {
        let flags = AddressAttribute::Flags(AddressFlags::Nodad);
        message.attributes.push(flags);
    }
    node.route.request(Request::NewAddress(message), CREATE)
}

/// Takes an address from a device.
pub(super) fn delete_address(
    node: &mut Node,
    device: &str,
    address: &IfAddress,
) -> Result<(), Refusal> {
    let message = address_message(node, device, address)?;
    node.route.request(Request::DelAddress(message), 0)
}

fn address_message(
    node: &mut Node,
    device: &str,
    address: &IfAddress,
) -> Result<AddressMessage, Refusal> {
    let index = node.index(device)?;
    let mut message = match address.address {
        IpAddr::V4(v4) => AddressMessageBuilder::<std::net::Ipv4Addr>::new()
            .address(v4, address.prefix)
            .index(index)
            .build(),
        IpAddr::V6(v6) => AddressMessageBuilder::<std::net::Ipv6Addr>::new()
            .address(v6, address.prefix)
            .index(index)
            .build(),
    };
    // `ip` sets a broadcast address only when it is told to.
    message
        .attributes
        .retain(|a| !matches!(a, AddressAttribute::Broadcast(_)));
    if let Some(peer) = address.peer {
        message
            .attributes
            .retain(|a| !matches!(a, AddressAttribute::Address(_) | AddressAttribute::Local(_)));
        message
            .attributes
            .push(AddressAttribute::Local(address.address));
        message.attributes.push(AddressAttribute::Address(peer));
    }
    if let Some(scope) = address.scope {
        message.header.scope = scope.number().into();
    }
    Ok(message)
}

/// `encap xfrm`: what an XFRM interface of external mode takes from the route.
fn xfrm_encap(if_id: u32, link: Option<u32>) -> [RouteAttribute; 2] {
    let values = std::iter::once(RouteXfrmTunnel::IfId(if_id));
    let values = values.chain(link.map(RouteXfrmTunnel::Link));
    [
        RouteAttribute::Encap(values.map(RouteLwTunnelEncap::Xfrm).collect()),
        RouteAttribute::EncapType(RouteLwEnCapType::Xfrm),
    ]
}

/// Adds a route.
pub(super) fn add_route(node: &mut Node, route: &Route) -> Result<(), Refusal> {
    let message = route_message(node, route)?;
    node.route.request(Request::NewRoute(message), CREATE)
}

/// Deletes a route.
pub(super) fn delete_route(node: &mut Node, route: &Route) -> Result<(), Refusal> {
    let message = route_message(node, route)?;
    node.route.request(Request::DelRoute(message), 0)
}

fn route_message(node: &mut Node, route: &Route) -> Result<RouteMessage, Refusal> {
    let wrong = |text: String| Refusal {
        errno: libc::EINVAL,
        message: Some(text),
    };
    let mut builder = RouteMessageBuilder::<IpAddr>::new()
        .destination_prefix(route.dst.addr(), route.dst.prefix_len())
        .map_err(|e| wrong(e.to_string()))?
        .table_id(route.table);
    if let Some(via) = route.via {
        builder = builder.gateway(via).map_err(|e| wrong(e.to_string()))?;
    }
    if let Some(src) = route.src {
        builder = builder.pref_source(src).map_err(|e| wrong(e.to_string()))?;
    }
    if let Some(metric) = route.metric {
        builder = builder.priority(metric);
    }
    if route.onlink {
        builder = builder.onlink();
    }
    if let Some(dev) = &route.dev {
        let index = node.index(dev)?;
        builder = builder.output_interface(index);
    }
    builder = builder.kind(match route.kind {
        RouteKind::Unicast => RouteType::Unicast,
        RouteKind::Blackhole => RouteType::BlackHole,
        RouteKind::Unreachable => RouteType::Unreachable,
        RouteKind::Prohibit => RouteType::Prohibit,
        RouteKind::Throw => RouteType::Throw,
        RouteKind::Multicast => RouteType::Multicast,
        RouteKind::Local => RouteType::Local,
    });
    // The builder would say `static`; what `ip` adds is `boot`.
    builder = builder.protocol(RouteProtocol::Boot);
    // `ip` gives a route without a gateway link scope; the builder's default is universe.
    let v4 = route.dst.addr().is_ipv4();
    if route.kind.leaves() && route.via.is_none() && v4 {
        builder = builder.scope(RouteScope::Link);
    }
    if route.kind == RouteKind::Local && v4 {
        builder = builder.scope(RouteScope::Host);
    }
    if let Some(scope) = route.scope {
        builder = builder.scope(scope.number().into());
    }
    let mut message = builder.build();
    if let Some(mtu) = route.mtu {
        message
            .attributes
            .push(RouteAttribute::Metrics(vec![RouteMetric::Mtu(mtu)]));
    }
    if let Some(encap) = &route.encap {
        let link = match &encap.link_dev {
            Some(dev) => Some(node.index(dev)?),
            None => None,
        };
        message.attributes.extend(xfrm_encap(encap.if_id, link));
    }
    Ok(message)
}
