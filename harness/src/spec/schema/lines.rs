//! Owns the values that are a line of words: link ends, interface addresses and routes.

use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;

use super::number::parse_mac;
use crate::{
    plan::{IfAddress, Route, RouteKind},
    spec::{
        diagnostic::{nearest, shorten},
        scalar::{Wrong, parse_address, parse_net, parse_number, text},
    },
};

/// One end of a link: `NODE:DEVICE ADDRESS/PREFIX... [mac MAC]`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EndLine {
    pub(crate) node: String,
    pub(crate) device: String,
    pub(crate) addresses: Vec<IfAddress>,
    pub(crate) mac: Option<[u8; 6]>,
}

text!(
    EndLine,
    "link end, `NODE:DEVICE ADDRESS/PREFIX...`",
    "h1:eth0 10.0.1.100/24",
    parse_end
);
text!(
    IfAddress,
    "interface address",
    "10.0.1.1/24",
    parse_if_address
);
text!(Route, "route", "10.0.2.0/24 via 10.0.1.1", parse_route);

/// The words of a line with their places.
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.split_whitespace().map(move |word| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        (start..start + word.len(), word)
    })
}

/// An address with the length of its network's prefix.
fn parse_if_address(text: &str) -> Result<IfAddress, Wrong> {
    let wrong = || Wrong::new(format!("`{}` is not an interface address", shorten(text)));
    let Some((host, length)) = text.split_once('/') else {
        let hint = match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(a)) => format!("with its prefix length: `{a}/24`"),
            Ok(IpAddr::V6(a)) => format!("with its prefix length: `{a}/64`"),
            Err(_) => return Err(wrong()),
        };
        return Err(Wrong::new(format!("`{text}` lacks its prefix length")).hint(hint));
    };
    let address: IpAddr = host.parse().map_err(|_| wrong())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    match length.parse::<u8>() {
        Ok(prefix) if prefix <= longest && !length.starts_with('+') => {
            Ok(IfAddress { address, prefix })
        }
        _ => Err(Wrong::new(format!(
            "prefix length of `{}` must be 0 to {longest}",
            shorten(text)
        ))),
    }
}

fn parse_end(text: &str) -> Result<EndLine, Wrong> {
    let mut words = words_of(text);
    let Some((at, place)) = words.next() else {
        return Err(Wrong::new("link end is empty").hint("`NODE:DEVICE ADDRESS/PREFIX...`"));
    };
    let Some((node, device)) = place.split_once(':') else {
        return Err(Wrong::new(format!("`{}` names no device", shorten(place)))
            .at(at)
            .hint(format!("`{}:eth0`", shorten(place))));
    };
    check_name(node, "node").map_err(|w| w.at(at.start..at.start + node.len()))?;
    check_name(device, "device").map_err(|w| w.at(at.start + node.len() + 1..at.end))?;
    let mut end = EndLine {
        node: node.to_owned(),
        device: device.to_owned(),
        addresses: Vec::new(),
        mac: None,
    };
    while let Some((at, word)) = words.next() {
        if word == "mac" {
            let (at, word) = words.next().unwrap_or((at, ""));
            let mac = parse_mac(word);
            end.mac = Some(mac.ok_or_else(|| {
                Wrong::new(format!("`{}` is not a MAC address", shorten(word)))
                    .at(at)
                    .hint("six bytes, not a group address: `02:00:00:00:00:01`")
            })?);
        } else {
            end.addresses
                .push(parse_if_address(word).map_err(|w| w.at(at))?);
        }
    }
    Ok(end)
}

/// Whether the kernel would take a name for an interface (`dev_valid_name()` in
/// `net/core/dev.c`), and an exported script for a namespace.
pub(crate) fn check_name(name: &str, what: &str) -> Result<(), Wrong> {
    if name.is_empty() {
        return Err(Wrong::new(format!("{what} name is empty")));
    }
    if let Some(c) = name
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"._-".contains(*c))
    {
        return Err(Wrong::new(format!(
            "{what} name `{}` has the character `{}`",
            shorten(name),
            c.escape_default()
        ))
        .hint("letters, digits, `.`, `_` and `-`"));
    }
    if name.starts_with(['.', '-']) || ["all", "default"].contains(&name) {
        return Err(Wrong::new(format!(
            "{what} cannot be named `{}`",
            shorten(name)
        )));
    }
    if name.len() > 15 {
        let message = format!(
            "{what} name `{}` is longer than 15 bytes ({})",
            shorten(name),
            name.len()
        );
        return Err(Wrong::new(message));
    }
    Ok(())
}

/// `[TYPE] DST [via A] [dev D] [src A] [table T] [metric N] [mtu N] [onlink]`.
fn parse_route(text: &str) -> Result<Route, Wrong> {
    const OPTIONS: &[&str] = &["via", "dev", "src", "table", "metric", "mtu", "onlink"];
    let mut words = words_of(text).peekable();
    let kind = words.peek().and_then(|(_, word)| route_kind(word));
    if kind.is_some() {
        words.next();
    }
    let Some((at, dst_word)) = words.next() else {
        return Err(Wrong::new("route has no destination").hint("`default via 10.0.1.1`"));
    };
    let is_default = dst_word == "default";
    let mut route = Route {
        kind: kind.unwrap_or(RouteKind::Unicast),
        dst: IpNet::default(),
        via: None,
        dev: None,
        src: None,
        table: 254,
        metric: None,
        mtu: None,
        onlink: false,
    };
    if !is_default {
        route.dst = parse_net(dst_word).map_err(|w| w.at(at.clone()))?;
    }
    while let Some((at, word)) = words.next() {
        if word == "onlink" {
            route.onlink = true;
            continue;
        }
        if !OPTIONS.contains(&word) {
            let wrong = Wrong::new(format!("unknown word `{}` in a route", shorten(word))).at(at);
            return Err(match nearest(word, OPTIONS) {
                Some(near) => wrong.hint(format!("did you mean `{near}`?")),
                None => wrong,
            });
        }
        let Some((value_at, value)) = words.next() else {
            return Err(Wrong::new(format!("`{word}` of a route has no value")).at(at));
        };
        set_option(&mut route, word, value).map_err(|w| w.at(value_at))?;
    }
    finish(route, is_default)
}

fn set_option(route: &mut Route, word: &str, value: &str) -> Result<(), Wrong> {
    let number = || {
        parse_number(value)
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(|| Wrong::new(format!("`{}` is not a number ({word})", shorten(value))))
    };
    match word {
        "via" => route.via = Some(parse_address(value)?),
        "src" => route.src = Some(parse_address(value)?),
        "metric" => route.metric = Some(number()?),
        "mtu" => route.mtu = Some(number()?),
        "table" => {
            route.table = match value {
                "default" => 253,
                "main" => 254,
                "local" => 255,
                _ => number()?,
            }
        }
        _ => {
            check_name(value, "device")?;
            route.dev = Some(value.to_owned());
        }
    }
    Ok(())
}

/// Gives `default` its family, and checks that all addresses are of one.
fn finish(mut route: Route, is_default: bool) -> Result<Route, Wrong> {
    if is_default {
        let v6 = route.via.or(route.src).is_some_and(|a| a.is_ipv6());
        route.dst = if v6 {
            IpNet::from(ipnet::Ipv6Net::default())
        } else {
            IpNet::from(ipnet::Ipv4Net::default())
        };
    }
    let v4 = route.dst.addr().is_ipv4();
    for (word, address) in [("via", route.via), ("src", route.src)] {
        if let Some(address) = address
            && address.is_ipv4() != v4
        {
            let other = match route.via {
                Some(via) if is_default => format!("via {via}"),
                _ => route.dst.to_string(),
            };
            let message = format!("`{word} {address}` is not of the family of `{other}`");
            return Err(Wrong::new(message));
        }
    }
    if route.kind == RouteKind::Unicast && route.via.is_none() && route.dev.is_none() {
        return Err(Wrong::new("route has neither `via` nor `dev`"));
    }
    Ok(route)
}

fn route_kind(word: &str) -> Option<RouteKind> {
    Some(match word {
        "unicast" => RouteKind::Unicast,
        "blackhole" => RouteKind::Blackhole,
        "unreachable" => RouteKind::Unreachable,
        "prohibit" => RouteKind::Prohibit,
        "throw" => RouteKind::Throw,
        _ => return None,
    })
}
