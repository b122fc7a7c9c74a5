//! Owns the names of ICMP and `ICMPv6` messages by type and code (RFC 792, 1812, 4443, 4861).

use std::net::Ipv4Addr;

use crate::wire::packet::Icmp;

/// The head words of a message.
pub(super) fn head(icmp: &Icmp) -> Vec<String> {
    let (family, kind, code) = if icmp.v6 {
        ("icmp6", kind6(icmp.kind), code6(icmp.kind, icmp.code))
    } else {
        ("icmp", kind4(icmp.kind), code4(icmp.kind, icmp.code))
    };
    let kind = kind.map_or_else(|| format!("type-{}", icmp.kind), str::to_owned);
    let mut words = vec![family.to_owned(), kind];
    match code {
        Some(code) => words.push(code.to_owned()),
        None if icmp.code != 0 => words.push(format!("code-{}", icmp.code)),
        None => {}
    }
    words
}

/// The field that an error carries in its second word.
pub(super) fn value(icmp: &Icmp, word: u32) -> Option<(&'static str, String)> {
    match (icmp.v6, icmp.kind, icmp.code) {
        // RFC 1191 section 4: the lower half of the word.
        (false, 3, 4) => Some(("mtu", (word & 0xffff).to_string())),
        (false, 5, _) => Some(("gateway", Ipv4Addr::from(word).to_string())),
        (false, 12, _) => Some(("pointer", (word >> 24).to_string())),
        (true, 2, _) => Some(("mtu", word.to_string())),
        (true, 4, _) => Some(("pointer", word.to_string())),
        _ => None,
    }
}

/// Every message by name, each with the names of its codes.
pub(super) fn kinds(v6: bool) -> Vec<(&'static str, Vec<&'static str>)> {
    let (kind_of, code_of) = if v6 {
        (kind6 as fn(u8) -> _, code6 as fn(u8, u8) -> _)
    } else {
        (kind4 as fn(u8) -> _, code4 as fn(u8, u8) -> _)
    };
    let codes = |kind| {
        (0..=u8::MAX)
            .filter_map(|code| code_of(kind, code))
            .collect()
    };
    (0..=u8::MAX)
        .filter_map(|kind| Some((kind_of(kind)?, codes(kind))))
        .collect()
}

fn kind4(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "echo-reply",
        3 => "unreachable",
        4 => "source-quench",
        5 => "redirect",
        8 => "echo-request",
        9 => "router-advert",
        10 => "router-solicit",
        11 => "time-exceeded",
        12 => "parameter-problem",
        13 => "timestamp-request",
        14 => "timestamp-reply",
        _ => return None,
    })
}

fn code4(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (3 | 5, 0) => "net",
        (3 | 5, 1) => "host",
        (3, 2) => "protocol",
        (3, 3) => "port",
        (3, 4) => "frag-needed",
        (3, 5) => "source-route",
        (3, 6) => "net-unknown",
        (3, 7) => "host-unknown",
        (3, 9) => "net-prohibited",
        (3, 10) => "host-prohibited",
        (3, 13) => "admin",
        (11, 0) => "transit",
        (11, 1) => "reassembly",
        _ => return None,
    })
}

fn kind6(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "unreachable",
        2 => "packet-too-big",
        3 => "time-exceeded",
        4 => "parameter-problem",
        128 => "echo-request",
        129 => "echo-reply",
        130 => "mld-query",
        131 => "mld-report",
        132 => "mld-done",
        133 => "router-solicit",
        134 => "router-advert",
        135 => "neighbor-solicit",
        136 => "neighbor-advert",
        137 => "redirect",
        143 => "mld2-report",
        _ => return None,
    })
}

fn code6(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (1, 0) => "no-route",
        (1, 1) => "admin",
        (1, 2) => "scope",
        (1, 3) => "address",
        (1, 4) => "port",
        (1, 5) => "policy",
        (1, 6) => "reject-route",
        (3, 0) => "transit",
        (3, 1) => "reassembly",
        (4, 0) => "header",
        (4, 1) => "next-header",
        (4, 2) => "option",
        _ => return None,
    })
}
