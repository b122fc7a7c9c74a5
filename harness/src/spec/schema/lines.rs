//! Owns the values that are a line of words: link ends, interface addresses and routes.

use std::net::IpAddr;
use std::ops::Range;

use ipnet::IpNet;

use super::{number::parse_mac, refusal::refused_words};
use crate::{
    plan::{IfAddress, Route, RouteKind, Scope, XfrmEncap},
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
    "interface address, `ADDRESS/PREFIX`",
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

/// `ADDRESS[/PREFIX] [peer ADDRESS/PREFIX] [scope SCOPE] [refused ERRNO]`.
fn parse_if_address(line: &str) -> Result<IfAddress, Wrong> {
    let (text, refused) = refused_words(line)?;
    let mut words = words_of(text).peekable();
    let Some((at, word)) = words.next() else {
        return Err(Wrong::new("interface address is empty").hint("`10.0.1.1/24`"));
    };
    let has_peer = words.peek().is_some_and(|(_, w)| *w == "peer");
    let mut address = if has_peer {
        alone(parse_address(word).map_err(|w| w.at(at))?)
    } else {
        with_prefix(word).map_err(|w| w.at(at))?
    };
    address.refused = refused;
    while let Some((at, word)) = words.next() {
        let value = words.next();
        option_of_address(&mut address, (at, word), value)?;
    }
    Ok(address)
}

/// An address without anything beside it.
fn alone(address: IpAddr) -> IfAddress {
    IfAddress {
        address,
        prefix: if address.is_ipv4() { 32 } else { 128 },
        peer: None,
        scope: None,
        refused: None,
    }
}

/// `peer ADDRESS/PREFIX` or `scope SCOPE` behind an address.
fn option_of_address(
    address: &mut IfAddress,
    (at, word): (Range<usize>, &str),
    value: Option<(Range<usize>, &str)>,
) -> Result<(), Wrong> {
    if !["peer", "scope"].contains(&word) {
        let message = format!("unknown word `{}` behind an address", shorten(word));
        return Err(Wrong::new(message).at(at).hint("`peer` or `scope`"));
    }
    let Some((value_at, value)) = value else {
        return Err(Wrong::new(format!("`{word}` of an address has no value")).at(at));
    };
    if word == "scope" {
        address.scope = Some(parse_scope(value).map_err(|w| w.at(value_at))?);
        return Ok(());
    }
    let peer = with_prefix(value).map_err(|w| w.at(value_at.clone()))?;
    if peer.address.is_ipv4() != address.address.is_ipv4() {
        let message = format!(
            "`peer {value}` is not of the family of `{}`",
            address.address
        );
        return Err(Wrong::new(message).at(value_at));
    }
    (address.peer, address.prefix) = (Some(peer.address), peer.prefix);
    Ok(())
}

fn parse_scope(word: &str) -> Result<Scope, Wrong> {
    let all = [Scope::Global, Scope::Site, Scope::Link, Scope::Host];
    let found = all.into_iter().find(|scope| scope.word() == word);
    found.ok_or_else(|| {
        Wrong::new(format!("unknown scope `{}`", shorten(word)))
            .hint("one of `global`, `site`, `link` or `host`")
    })
}

/// An address with the length of its network's prefix.
fn with_prefix(text: &str) -> Result<IfAddress, Wrong> {
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
        Ok(prefix) if prefix <= longest && !length.starts_with('+') => Ok(IfAddress {
            prefix,
            ..alone(address)
        }),
        _ => Err(Wrong::new(format!(
            "prefix length of `{}` must be 0 to {longest}",
            shorten(text)
        ))),
    }
}

fn parse_end(text: &str) -> Result<EndLine, Wrong> {
    let mut words = words_of(text).peekable();
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
        } else if let ("refused", Some(last)) = (word, end.addresses.last_mut()) {
            let (at, errno) = words.next().unwrap_or((at, ""));
            // The words of a message may be any, so they end the line.
            let rest = at.start..if errno.ends_with(':') {
                text.len()
            } else {
                at.end
            };
            if errno.ends_with(':') {
                words.by_ref().for_each(drop);
            }
            let line = format!("refused {}", &text[rest.clone()]);
            last.refused = refused_words(&line)
                .map_err(|w| Wrong { range: None, ..w }.at(rest))?
                .1;
        } else if let ("peer" | "scope", Some(last)) = (word, end.addresses.last_mut()) {
            option_of_address(last, (at, word), words.next())?;
        } else if words.peek().is_some_and(|(_, next)| *next == "peer") {
            let address = parse_address(word).map_err(|w| w.at(at))?;
            end.addresses.push(alone(address));
        } else {
            end.addresses.push(with_prefix(word).map_err(|w| w.at(at))?);
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

/// `[TYPE] DST [encap xfrm if_id N [link_dev D]] [via A] [dev D] [src A] [table T] [metric N] [mtu N] [scope S]
/// [onlink] [refused ERRNO]`.
fn parse_route(line: &str) -> Result<Route, Wrong> {
    const OPTIONS: &[&str] = &[
        "encap", "via", "dev", "src", "table", "metric", "mtu", "scope", "onlink",
    ];
    let (text, refused) = refused_words(line)?;
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
        // As `ip` has it: a source address is looked for among the routes of that table alone.
        table: if kind == Some(RouteKind::Local) {
            255
        } else {
            254
        },
        metric: None,
        mtu: None,
        onlink: false,
        scope: None,
        encap: None,
        refused,
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
        if word == "encap" {
            route.encap = Some(parse_encap(&mut words).map_err(|w| w.at(at))?);
            continue;
        }
        let Some((value_at, value)) = words.next() else {
            return Err(Wrong::new(format!("`{word}` of a route has no value")).at(at));
        };
        set_option(&mut route, word, value).map_err(|w| w.at(value_at))?;
    }
    finish(route, is_default)
}

/// `xfrm if_id N [link_dev D]`, as `ip route add ... encap` takes it.
fn parse_encap<'l>(
    words: &mut std::iter::Peekable<impl Iterator<Item = (Range<usize>, &'l str)>>,
) -> Result<XfrmEncap, Wrong> {
    let wrong = || Wrong::new("`encap` of a route is `xfrm if_id N [link_dev D]`");
    let (Some((_, "xfrm")), Some((_, "if_id")), Some((at, number))) =
        (words.next(), words.next(), words.next())
    else {
        return Err(wrong());
    };
    let number = parse_number(number).and_then(|n| u32::try_from(n).ok());
    let if_id = number.filter(|n| *n != 0);
    let mut encap = XfrmEncap {
        if_id: if_id.ok_or_else(|| wrong().at(at).hint("an interface id is 1 or more"))?,
        link_dev: None,
    };
    if words.next_if(|(_, word)| *word == "link_dev").is_some() {
        let Some((at, device)) = words.next() else {
            return Err(wrong());
        };
        check_name(device, "device").map_err(|w| w.at(at))?;
        encap.link_dev = Some(device.to_owned());
    }
    Ok(encap)
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
        "scope" => route.scope = Some(parse_scope(value)?),
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
    if route.kind.leaves() && route.via.is_none() && route.dev.is_none() {
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
        "multicast" => RouteKind::Multicast,
        "local" => RouteKind::Local,
        _ => return None,
    })
}
