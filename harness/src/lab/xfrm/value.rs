//! Owns the parts that messages about SAs and about policies have in common.

use std::net::IpAddr;

use ipnet::IpNet;
use netlink_packet_xfrm::{
    Address, LifetimeConfig, Mark as MarkValue, SecurityCtx, Selector as SelectorValue, XfrmAttrs,
};

use crate::{
    lab::{netlink::Refusal, node::Node},
    names::Mark,
    plan::{Lifetime, Selector},
};

/// `NLM_F_CREATE | NLM_F_EXCL`: the kernel says `EEXIST` rather than replace.
pub(super) const CREATE: u16 = netlink_packet_core::NLM_F_CREATE | netlink_packet_core::NLM_F_EXCL;

/// A security context as `ip` gives it (`xfrm_sctx_parse()` in its `xfrm_policy.c`).
pub(super) fn context(text: &str) -> XfrmAttrs {
    let mut ctx_str = text.as_bytes().to_vec();
    ctx_str.push(0);
    let ctx_len = ctx_str.len() as u16;
    XfrmAttrs::SecurityContext(SecurityCtx {
        len: 8 + ctx_len,
        ctx_len,
        ctx_str,
        ..SecurityCtx::default()
    })
}

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
    Ok(selector_at(selector, ifindex))
}

/// A selector whose device has this index, 0 for none.
pub(super) fn selector_at(selector: &Selector, ifindex: i32) -> SelectorValue {
    let mask = |port: Option<u16>| if port.is_some() { u16::MAX } else { 0 };
    SelectorValue {
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
        user: selector.uid,
    }
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

/// The limits of `struct xfrm_lifetime_cfg`.
pub(super) fn lifetime_of(value: &LifetimeConfig) -> Lifetime {
    let count = |limit: u64| (limit != u64::MAX).then_some(limit);
    let seconds = |limit: u64| (limit != 0).then_some(limit);
    Lifetime {
        soft_bytes: count(value.soft_byte_limit),
        hard_bytes: count(value.hard_byte_limit),
        soft_packets: count(value.soft_packet_limit),
        hard_packets: count(value.hard_packet_limit),
        soft_seconds: seconds(value.soft_add_expires_seconds),
        hard_seconds: seconds(value.hard_add_expires_seconds),
        soft_use_seconds: seconds(value.soft_use_expires_seconds),
        hard_use_seconds: seconds(value.hard_use_expires_seconds),
    }
}

pub(super) fn mark_of(mark: MarkValue) -> Mark {
    Mark {
        value: mark.value,
        mask: mark.mask,
    }
}

/// The words whose bits are set.
pub(super) fn words_of<T: Copy + Into<u64>>(table: &[(&str, T)], bits: T) -> Vec<String> {
    table
        .iter()
        .filter(|(_, bit)| bits.into() & (*bit).into() != 0)
        .map(|(word, _)| (*word).to_owned())
        .collect()
}

pub(super) fn context_text(context: &SecurityCtx) -> String {
    let text = String::from_utf8_lossy(&context.ctx_str);
    text.trim_end_matches('\0').to_owned()
}

/// A selector, `None` for one that takes everything.
pub(super) fn selector_of(node: &Node, value: &SelectorValue) -> Option<Selector> {
    let like_default = SelectorValue {
        family: 0,
        ..*value
    };
    if like_default == SelectorValue::default() {
        return None;
    }
    any_selector(node, value)
}

/// A selector, whatever it takes.
pub(super) fn any_selector(node: &Node, value: &SelectorValue) -> Option<Selector> {
    let net = |at: &Address, length| IpNet::new(address(value.family, at), length).ok();
    let index = value.ifindex.cast_unsigned();
    Some(Selector {
        src: net(&value.saddr, value.prefixlen_s)?,
        dst: net(&value.daddr, value.prefixlen_d)?,
        proto: (value.proto != 0).then_some(value.proto),
        sport: (value.sport_mask != 0).then_some(value.sport),
        dport: (value.dport_mask != 0).then_some(value.dport),
        dev: (index != 0).then(|| node.device_name(index)),
        uid: value.user,
    })
}
