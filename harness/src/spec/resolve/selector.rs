//! Owns the resolving of selectors: families, ports, ICMP types, GRE keys.

use ipnet::IpNet;

use super::{draft::Findings, names::family};
use crate::{
    plan::Selector,
    spec::{schema::transform::SelectorSpec, source::Span},
};

/// Protocols whose messages have a type and a code: ICMP, ICMPv6, mobility header.
const WITH_TYPES: [u8; 3] = [1, 58, 135];
const GRE: u8 = 47;

/// A selector; a prefix that is not given is `any` of the other's family.
pub(crate) fn selector(spec: &SelectorSpec, v6: bool, findings: &mut Findings) -> Option<Selector> {
    let (src, dst) = (
        spec.src.as_ref().map(|s| s.value),
        spec.dst.as_ref().map(|s| s.value),
    );
    let v6 = src.or(dst).map_or(v6, |net| net.addr().is_ipv6());
    let all = if v6 {
        IpNet::from(ipnet::Ipv6Net::default())
    } else {
        IpNet::from(ipnet::Ipv4Net::default())
    };
    let (src, dst) = (src.unwrap_or(all), dst.unwrap_or(all));
    if src.addr().is_ipv4() != dst.addr().is_ipv4() {
        let span = spec.dst.as_ref().map_or(spec.span, |d| d.span);
        let message = format!(
            "`src` {src} is {}, `dst` {dst} is {}",
            family(src.addr()),
            family(dst.addr())
        );
        findings.error(span, message);
        return None;
    }
    let (sport, dport) = ports(spec, spec.proto.as_ref().map(|p| p.0), findings);
    Some(Selector {
        src,
        dst,
        proto: spec.proto.as_ref().map(|p| p.0),
        sport,
        dport,
        dev: spec.dev.as_ref().map(|d| d.value.clone()),
        uid: spec.uid.as_ref().map_or(0, |u| u.0),
    })
}

/// The two numbers of the kernel's selector, whatever a protocol calls them.
pub(crate) fn ports(
    spec: &SelectorSpec,
    proto: Option<u8>,
    findings: &mut Findings,
) -> (Option<u16>, Option<u16>) {
    let mut wrong = |span: Span, key: &str, protos: &str| {
        findings
            .error(span, format!("`{key}` in a selector needs {protos}"))
            .hint("`sport` and `dport` for other protocols");
    };
    let typed = [("type", &spec.icmp_type), ("code", &spec.code)];
    for (key, number) in typed {
        if let Some(number) = number
            && !proto.is_some_and(|p| WITH_TYPES.contains(&p))
        {
            wrong(
                number.span,
                key,
                "`proto` icmp, ipv6-icmp or mobility-header",
            );
        }
    }
    let mut numbers = (
        spec.icmp_type.as_ref().map(|n| u16::from(n.0)),
        spec.code.as_ref().map(|n| u16::from(n.0)),
    );
    if let Some(key) = &spec.key {
        if proto != Some(GRE) {
            wrong(key.span, "key", "`proto = \"gre\"`");
        }
        numbers = (Some((key.0 >> 16) as u16), Some((key.0 & 0xffff) as u16));
    }
    let both = |one: Option<Span>, other: bool, findings: &mut Findings| {
        if let Some(span) = one.filter(|_| other) {
            findings.error(span, "the same number is given by another key");
        }
    };
    let (sport, dport) = (spec.sport.as_ref(), spec.dport.as_ref());
    both(sport.map(|s| s.span), numbers.0.is_some(), findings);
    both(dport.map(|s| s.span), numbers.1.is_some(), findings);
    (
        sport.map(|p| p.0).or(numbers.0),
        dport.map(|p| p.0).or(numbers.1),
    )
}
