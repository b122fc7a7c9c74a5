//! Owns the parts that messages about SAs and about policies have in common.

use std::net::IpAddr;

use netlink_packet_xfrm::{
    Address, LifetimeConfig, Mark as MarkValue, Selector as SelectorValue, XfrmAttrs,
};

use crate::{
    lab::{netlink::Refusal, node::Node},
    names::Mark,
    plan::{Lifetime, Selector},
};

/// `NLM_F_CREATE | NLM_F_EXCL`: the kernel says `EEXIST` rather than replace.
pub(super) const CREATE: u16 = netlink_packet_core::NLM_F_CREATE | netlink_packet_core::NLM_F_EXCL;

pub(super) fn mark(mark: Mark) -> XfrmAttrs {
    XfrmAttrs::Mark(MarkValue {
        value: mark.value,
        mask: mark.mask,
    })
}

/// `struct xfrm_lifetime_cfg`. No limit is `XFRM_INF` for bytes and packets and 0 for seconds.
pub(super) fn lifetime(lifetime: &Lifetime) -> LifetimeConfig {
    let count = |limit: Option<u64>| limit.unwrap_or(u64::MAX);
    let seconds = |limit: Option<u64>| limit.unwrap_or(0);
    LifetimeConfig {
        soft_byte_limit: count(lifetime.soft_bytes),
        hard_byte_limit: count(lifetime.hard_bytes),
        soft_packet_limit: count(lifetime.soft_packets),
        hard_packet_limit: count(lifetime.hard_packets),
        soft_add_expires_seconds: seconds(lifetime.soft_seconds),
        hard_add_expires_seconds: seconds(lifetime.hard_seconds),
        soft_use_expires_seconds: seconds(lifetime.soft_use_seconds),
        hard_use_expires_seconds: seconds(lifetime.hard_use_seconds),
    }
}

/// The fields are set one by one: the crate's own setters force the prefix of an unspecified address to 0.
pub(super) fn selector_value(
    node: &mut Node,
    selector: &Selector,
) -> Result<SelectorValue, Refusal> {
    let ifindex = match &selector.dev {
        Some(device) => node.index(device)?.cast_signed(),
        None => 0,
    };
    let mask = |port: Option<u16>| if port.is_some() { u16::MAX } else { 0 };
    Ok(SelectorValue {
        daddr: Address::from_ip(&selector.dst.addr()),
        saddr: Address::from_ip(&selector.src.addr()),
        dport: selector.dport.unwrap_or(0),
        dport_mask: mask(selector.dport),
        sport: selector.sport.unwrap_or(0),
        sport_mask: mask(selector.sport),
        family: family(selector.dst.addr()),
        prefixlen_d: selector.dst.prefix_len(),
        prefixlen_s: selector.src.prefix_len(),
        proto: selector.proto.unwrap_or(0),
        ifindex,
        user: 0,
    })
}

pub(super) fn address(family: u16, address: &Address) -> IpAddr {
    if i32::from(family) == libc::AF_INET {
        let [a, b, c, d, ..] = address.addr;
        IpAddr::from([a, b, c, d])
    } else {
        IpAddr::from(address.addr)
    }
}

pub(super) fn family(address: IpAddr) -> u16 {
    const AF_INET: u16 = 2;
    const AF_INET6: u16 = 10;
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}
