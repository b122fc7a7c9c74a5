//! Owns the plain values of the language: numbers, words, addresses, marks, keys.
//! It never knows in which table they stand.

use std::{
    net::{IpAddr, SocketAddr},
    ops::Range,
};

use ipnet::IpNet;

use super::{
    decode::{Decoder, FromToml},
    diagnostic::shorten,
    meta::Kind,
    value::{Data, Value},
};

/// What is wrong about a string: message, the part of it, and what to write instead.
#[derive(Debug, Default)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) range: Option<Range<usize>>,
    pub(crate) hint: Option<String>,
}

impl Wrong {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    pub(crate) fn at(mut self, range: Range<usize>) -> Self {
        self.range.get_or_insert(range);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Decodes a string with `parse`, and places what is wrong with it.
pub(crate) fn decode_text<T>(
    value: &Value,
    cx: &mut Decoder<'_>,
    kind: &Kind,
    parse: impl FnOnce(&str) -> Result<T, Wrong>,
) -> Option<T> {
    let Data::Text(text) = &value.data else {
        cx.mismatch(value, &kind.phrase());
        return None;
    };
    match parse(text) {
        Ok(parsed) => Some(parsed),
        Err(wrong) => {
            let span = match wrong.range {
                Some(range) => cx.inside(value.span, text, range),
                None => value.span,
            };
            let problem = cx.problems.error(span, wrong.message);
            problem.hint = wrong.hint;
            None
        }
    }
}

/// Implements [`FromToml`] for a type that is written as a string.
macro_rules! text {
    ($type:ty, $name:literal, $example:literal, $parse:expr) => {
        impl $crate::spec::decode::FromToml for $type {
            const KIND: $crate::spec::meta::Kind = $crate::spec::meta::Kind::Text {
                name: $name,
                example: $example,
            };

            fn from_toml(
                value: &$crate::spec::value::Value,
                cx: &mut $crate::spec::decode::Decoder<'_>,
            ) -> Option<Self> {
                $crate::spec::scalar::decode_text(value, cx, &Self::KIND, $parse)
            }
        }
    };
}

/// Implements [`FromToml`] for a type that is one of some words.
macro_rules! words {
    ($type:ty, $name:literal, { $($word:literal => $value:expr),+ $(,)? }) => {
        impl $crate::spec::decode::FromToml for $type {
            const KIND: $crate::spec::meta::Kind =
                $crate::spec::meta::Kind::Word { name: $name, words: &[$($word),+] };

            fn from_toml(
                value: &$crate::spec::value::Value,
                cx: &mut $crate::spec::decode::Decoder<'_>,
            ) -> Option<Self> {
                let $crate::spec::value::Data::Text(text) = &value.data else {
                    cx.mismatch(value, &Self::KIND.phrase());
                    return None;
                };
                match text.as_str() {
                    $($word => Some($value),)+
                    other => {
                        cx.problems.unknown(value.span, $name, other, &[$($word),+]);
                        None
                    }
                }
            }
        }
    };
}
pub(crate) use {text, words};

text!(String, "string", "text", |s| Ok(s.to_owned()));
text!(IpAddr, "address", "10.0.1.1", parse_address);
text!(SocketAddr, "address and port", "192.0.2.1:4500", parse_end);
text!(IpNet, "prefix", "10.0.1.0/24", parse_net);

impl FromToml for bool {
    const KIND: Kind = Kind::Boolean;

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        if let Data::Boolean(b) = value.data {
            return Some(b);
        }
        cx.mismatch(value, "a boolean");
        None
    }
}

/// Decodes an integer between `min` and `max`, written as a number or, for what `ip` shows in
/// hexadecimal, as a string such as `"0x100"`.
pub(crate) fn decode_integer(
    value: &Value,
    cx: &mut Decoder<'_>,
    name: &str,
    min: i64,
    max: i64,
) -> Option<i64> {
    let number = match &value.data {
        Data::Integer(n) => *n,
        Data::Text(text) => {
            let number = parse_number(text);
            if number.is_none() {
                let shown = shorten(text);
                cx.problems
                    .error(value.span, format!("`{shown}` is not a number ({name})"));
                return None;
            }
            number
        }
        _ => {
            cx.mismatch(value, &format!("a number ({name})"));
            return None;
        }
    };
    let number = number.filter(|n| (min..=max).contains(n));
    if number.is_none() {
        cx.problems
            .error(value.span, format!("{name} must be {min} to {max}"));
    }
    number
}

/// A number as `ip` reads it: decimal or `0x` hexadecimal.
pub(crate) fn parse_number(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) if hex.starts_with(|c: char| c.is_ascii_hexdigit()) => {
            i64::from_str_radix(hex, 16).ok()
        }
        None if text.starts_with(|c: char| c.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    }
}

/// An address without a prefix length.
pub(crate) fn parse_address(text: &str) -> Result<IpAddr, Wrong> {
    text.parse().map_err(|_| {
        let wrong = Wrong::new(format!("`{}` is not an address", shorten(text)));
        match text.split_once('/') {
            Some((host, _)) if host.parse::<IpAddr>().is_ok() => {
                wrong.hint(format!("without prefix length: `{host}`"))
            }
            _ => wrong,
        }
    })
}

/// A prefix; a plain address is the prefix of that one address, as for `ip`.
/// `192.0.2.1:4500`, `[fd00::1]:4500`.
fn parse_end(text: &str) -> Result<SocketAddr, Wrong> {
    let wrong = || Wrong::new(format!("`{}` is no address with a port", shorten(text)));
    let end: SocketAddr = text.parse().map_err(|_| wrong().hint("`192.0.2.1:4500`"))?;
    if end.port() == 0 {
        return Err(wrong().hint("port 0 is none"));
    }
    Ok(end)
}

pub(crate) fn parse_net(text: &str) -> Result<IpNet, Wrong> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address));
    }
    let net: IpNet = text
        .parse()
        .map_err(|_| Wrong::new(format!("`{}` is not a prefix", shorten(text))))?;
    if net.addr() != net.network() {
        return Err(Wrong::new(format!("`{text}` has host bits set"))
            .hint(format!("the prefix is `{}`", net.trunc())));
    }
    Ok(net)
}
