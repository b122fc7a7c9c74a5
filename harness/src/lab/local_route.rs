//! Owns the wait until IPv6 addresses really receive: an address that is there, and not tentative, still receives
//! nothing until the kernel has added its local route.
//!
//! It does that from a work item, also where duplicates are not looked for: `inet6_addr_add` only starts
//! `addrconf_dad_work`, and `addrconf_dad_completed` adds the route (`net/ipv6/addrconf.c`, Linux 6.12). Until then a
//! packet to the address is for no one here, and where the node does not forward it is freed without a word. Seen on
//! 6.12.117 with both CPUs busy: a host lost an echo request between prerouting and input in one of some 1,400 runs.

use std::{collections::HashSet, net::Ipv6Addr};

use netlink_packet_route::{
    AddressFamily, RouteNetlinkMessage as Request, address::AddressMessage, link::LinkMessage,
    route::RouteMessage,
};

use super::{
    error::LabError,
    netlink::{Refusal, attribute},
    node::{Node, Nodes},
    route_event::{self, Group, LIMIT},
};

/// `struct ifaddrmsg` stands before the attributes of an address; `ifa_index` is its last word.
const IFADDRMSG: usize = 8;
const IFA_ADDRESS: u16 = 1;
/// Beside `IFA_ADDRESS` where that is the peer's.
const IFA_LOCAL: u16 = 2;
const IFA_FLAGS: u16 = 8;
const IFA_F_NODAD: u32 = 0x02;
const IFA_F_DADFAILED: u32 = 0x08;
const IFA_F_TENTATIVE: u32 = 0x40;

/// `struct rtmsg` stands before the attributes of a route; `rtm_type` is its eighth byte.
const RTMSG: usize = 12;
const RTM_TYPE: usize = 7;
const RTN_LOCAL: u8 = 2;
const RTA_DST: u16 = 1;

/// `struct ifinfomsg` stands before the attributes of a link: `ifi_index`, `ifi_flags`.
const IFINFOMSG: usize = 16;
const IFLA_OPERSTATE: u16 = 16;
/// RFC 2863: a device that knows no carrier, a tunnel, stays `unknown` and works.
const WORKING: [u8; 2] = [0, 6];

/// Waits as [`wait`] does, at every node.
pub(super) fn everywhere(nodes: &mut Nodes) -> Result<(), LabError> {
    nodes.0.iter_mut().try_for_each(wait)
}

/// Waits until every address of the node on a device that works has its local route. Not for those that the
/// kernel still asks the link about, because the file wants that.
pub(super) fn wait(node: &mut Node) -> Result<(), LabError> {
    let address = route_event::until(node, Group::Ipv6Route, missing)?;
    address.map_or(Ok(()), |address| {
        Err(
            LabError::new("add the local route", &node.name, address.to_string())
                .said(format!("the kernel had not added it within {LIMIT:?}")),
        )
    })
}

/// The first address that ought to have a local route and has none.
fn missing(node: &mut Node) -> Result<Option<Ipv6Addr>, LabError> {
    let mut asked = AddressMessage::default();
    asked.header.family = AddressFamily::Inet6;
    let addresses = dump(node, "list addresses", Request::GetAddress(asked))?;
    if addresses.is_empty() {
        return Ok(None);
    }
    let links = Request::GetLink(LinkMessage::default());
    let links = dump(node, "list links", links)?;
    let working: HashSet<u32> = links.iter().filter_map(|b| index_if_working(b)).collect();
    let mut asked = RouteMessage::default();
    asked.header.address_family = AddressFamily::Inet6;
    let routes = dump(node, "list routes", Request::GetRoute(asked))?;
    let local: HashSet<Ipv6Addr> = routes.iter().filter_map(|b| local_destination(b)).collect();
    node.learn_devices();
    Ok(addresses
        .iter()
        .filter_map(|b| Given::read(b))
        .find_map(|a| {
            let due =
                working.contains(&a.index) && !local.contains(&a.address) && !asking(node, &a);
            due.then_some(a.address)
        }))
}

fn dump(node: &mut Node, what: &str, request: Request) -> Result<Vec<Vec<u8>>, LabError> {
    let entries = node.route.dump(request);
    entries.map_err(|r: Refusal| r.of(what, &node.name, "IPv6"))
}

struct Given {
    index: u32,
    flags: u32,
    address: Ipv6Addr,
}

impl Given {
    fn read(bytes: &[u8]) -> Option<Self> {
        let attribute = |wanted| attribute(bytes, IFADDRMSG, wanted);
        let address = attribute(IFA_LOCAL).or_else(|| attribute(IFA_ADDRESS))?;
        Some(Self {
            index: word(bytes, 4)?,
            flags: word(attribute(IFA_FLAGS)?, 0)?,
            address: <[u8; 16]>::try_from(address).ok()?.into(),
        })
    }
}

/// Whether the kernel asks the link if someone else has the address, or has heard that someone has.
fn asking(node: &Node, address: &Given) -> bool {
    if address.flags & IFA_F_DADFAILED != 0 {
        return true;
    }
    if address.flags & IFA_F_NODAD != 0 || address.flags & IFA_F_TENTATIVE == 0 {
        return false;
    }
    let asks = |conf: &str| {
        let path = format!("/proc/sys/net/ipv6/conf/{conf}/accept_dad");
        let value = node.namespace.enter(|| std::fs::read_to_string(path));
        !matches!(value, Ok(Ok(value)) if value.trim().starts_with(['0', '-']))
    };
    asks("all") || asks(&node.device_name(address.index))
}

fn index_if_working(bytes: &[u8]) -> Option<u32> {
    let up = word(bytes, 8)? & libc::IFF_UP.cast_unsigned() != 0;
    let state = attribute(bytes, IFINFOMSG, IFLA_OPERSTATE)?;
    (up && WORKING.contains(state.first()?)).then_some(word(bytes, 4)?)
}

fn local_destination(bytes: &[u8]) -> Option<Ipv6Addr> {
    (*bytes.get(RTM_TYPE)? == RTN_LOCAL).then_some(())?;
    let address = attribute(bytes, RTMSG, RTA_DST)?;
    Some(<[u8; 16]>::try_from(address).ok()?.into())
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An attribute, filled up to a multiple of four.
    fn nla(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = 4 + value.len() as u16;
        let mut out = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        out.extend(value);
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    #[test]
    fn a_destination_is_local_by_the_type_of_its_route() {
        let route = |kind: u8| {
            let mut bytes = vec![10, 128, 0, 0, 255, 2, 0, kind, 0, 0, 0, 0];
            bytes.extend(nla(RTA_DST, &[0xfd; 16]));
            local_destination(&bytes)
        };
        assert_eq!(route(RTN_LOCAL), Some(Ipv6Addr::from([0xfd; 16])));
        assert_eq!(route(1), None, "unicast");
        assert_eq!(local_destination(&[10, 128]), None);
    }

    #[test]
    fn a_device_works_if_it_is_up_and_its_carrier_is_there_or_not_known() {
        let link = |flags: u32, state: u8| {
            let mut bytes = vec![0, 0, 1, 0];
            bytes.extend(7_u32.to_ne_bytes());
            bytes.extend(flags.to_ne_bytes());
            bytes.extend([0; 4]);
            bytes.extend(nla(IFLA_OPERSTATE, &[state]));
            index_if_working(&bytes)
        };
        assert_eq!((link(1, 6), link(1, 0)), (Some(7), Some(7)));
        assert_eq!((link(0, 6), link(1, 2), link(1, 3)), (None, None, None));
    }

    #[test]
    fn the_own_address_of_a_pair_is_the_local_one() {
        let mut bytes = vec![10, 64, 0x80, 0];
        bytes.extend(7_u32.to_ne_bytes());
        bytes.extend(nla(IFA_ADDRESS, &[0xfe; 16]));
        bytes.extend(nla(IFA_FLAGS, &(0x80 | IFA_F_NODAD).to_ne_bytes()));
        let read = |bytes: &[u8]| Given::read(bytes).map(|a| (a.index, a.flags, a.address));
        let peer = Some((7, 0x82, Ipv6Addr::from([0xfe; 16])));
        assert_eq!(read(&bytes), peer);
        bytes.extend(nla(IFA_LOCAL, &[0xfd; 16]));
        assert_eq!(read(&bytes), Some((7, 0x82, Ipv6Addr::from([0xfd; 16]))));
    }
}
