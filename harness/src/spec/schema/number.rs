//! Owns the numbers of the language with their limits, and marks, keys and MACs.

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::{
    names::{IfId, Mark, Reqid, Spi},
    spec::{
        decode::{Decoder, FromToml},
        diagnostic::shorten,
        meta::Kind,
        scalar::{Wrong, decode_integer, decode_text, parse_number, text},
        value::{Data, Value},
    },
};

/// Defines newtypes of numbers that have limits.
macro_rules! numbers {
    ($($(#[$doc:meta])+ $name:ident($inner:ty) = $label:literal, $min:literal to $max:literal;)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) $inner);

        impl FromToml for $name {
            const KIND: Kind = Kind::Integer { name: $label, min: $min, max: $max };

            fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
                let number = decode_integer(value, cx, $label, $min, $max)?;
                <$inner>::try_from(number).ok().map(Self)
            }
        }
    )+};
}

numbers! {
    /// An MTU; 68 is the smallest that IPv4 allows (RFC 791).
    Mtu(u32) = "MTU in bytes", 68 to 65535;
    /// Packets of one flow.
    Count(u16) = "count of packets", 1 to 1000;
    /// How often a step is repeated.
    Windows(u16) = "count of windows", 1 to 1000;
    /// Sequence number of an ESP packet, both halves.
    SequenceNumber(u64) = "sequence number", 0 to 9_223_372_036_854_775_807;
    /// Bytes of a TCP transfer; what emulated nodes move in a few seconds.
    TransferSize(u32) = "bytes of a transfer", 1 to 16_777_216;
    /// ICMP payload: what fits an IPv4 packet beside 28 bytes of headers.
    PayloadSize(u16) = "payload size in bytes", 0 to 65507;
    /// TTL or hop limit.
    Ttl(u8) = "TTL", 1 to 255;
    /// TOS or traffic class byte.
    Tos(u8) = "TOS byte", 0 to 255;
    /// `skb->mark` of a packet.
    PacketMark(u32) = "mark of a packet", 0 to 4_294_967_295;
    /// Replay window in packets; the kernel's bitmap for ESN ends at 4096 (`XFRMA_REPLAY_ESN_MAX`).
    ReplayWindow(u32) = "replay window in packets", 0 to 4096;
    /// A 32-bit number without a meaning of its own: priority, policy index.
    Number(u32) = "number", 0 to 4_294_967_295;
    /// A UDP or TCP port, or an ICMP type or code.
    Port(u16) = "port", 0 to 65535;
    /// Type or code of an ICMP, ICMPv6 or mobility message.
    IcmpNumber(u8) = "ICMP type or code", 0 to 255;
    /// A VLAN identifier (IEEE 802.1Q).
    VlanId(u16) = "VLAN identifier", 1 to 4094;
    /// A routing table.
    TableNumber(u32) = "routing table", 1 to 4_294_967_295;
    /// TTL or hop limit of a tunnel; 0 takes over the inner one.
    TunnelTtl(u8) = "TTL", 0 to 255;
    /// Key of a tunnel device.
    KeyNumber(u32) = "key", 0 to 4_294_967_295;
    /// Bytes, packets or seconds after which an SA or policy expires.
    Limit(u64) = "limit", 1 to 9_223_372_036_854_775_807;
    /// Seconds that a command may take.
    Seconds(u32) = "time limit in seconds", 1 to 300;
    /// What a program gives when it ends.
    ExitCode(u8) = "exit code", 0 to 255;
    /// An ICV length in bits.
    IcvBits(u32) = "ICV length in bits", 0 to 1024;
}

/// Decodes a number of the whole 32-bit range.
fn decode_u32(value: &Value, cx: &mut Decoder<'_>, name: &str) -> Option<u32> {
    decode_integer(value, cx, name, 0, i64::from(u32::MAX)).and_then(|n| u32::try_from(n).ok())
}

impl FromToml for Spi {
    const KIND: Kind = Kind::Integer {
        name: "SPI",
        min: 0,
        max: 0xffff_ffff,
    };

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        decode_u32(value, cx, "SPI").map(Self)
    }
}

impl FromToml for Reqid {
    const KIND: Kind = Kind::Integer {
        name: "reqid",
        min: 0,
        max: 0xffff_ffff,
    };

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        decode_u32(value, cx, "reqid").map(Self)
    }
}

impl FromToml for IfId {
    const KIND: Kind = Kind::Integer {
        name: "if_id",
        min: 0,
        max: 0xffff_ffff,
    };

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        decode_u32(value, cx, "if_id").map(Self)
    }
}

impl FromToml for Mark {
    const KIND: Kind = Kind::Either(&[
        Kind::Integer {
            name: "mark",
            min: 0,
            max: 0xffff_ffff,
        },
        Kind::Text {
            name: "mark, `VALUE` or `VALUE/MASK`",
            example: "0x1/0xff",
        },
    ]);

    fn from_toml(value: &Value, cx: &mut Decoder<'_>) -> Option<Self> {
        if matches!(value.data, Data::Integer(_)) {
            return decode_u32(value, cx, "mark").map(|value| Self {
                value,
                mask: u32::MAX,
            });
        }
        decode_text(value, cx, &Self::KIND, parse_mark)
    }
}

/// `0x1`, `0x1/0xff` or, as in `ip xfrm`, `0x1 mask 0xff`.
pub(crate) fn parse_mark(text: &str) -> Result<Mark, Wrong> {
    let parts = text.split_once('/').or_else(|| text.split_once(" mask "));
    let (bits, under) = parts.map_or((text, None), |(bits, under)| (bits, Some(under)));
    let number = |text: &str| parse_number(text.trim()).and_then(|n| u32::try_from(n).ok());
    match (number(bits), under.map_or(Some(u32::MAX), number)) {
        (Some(value), Some(mask)) => Ok(Mark { value, mask }),
        _ => Err(Wrong::new(format!("`{}` is not a mark", shorten(text)))
            .hint("`VALUE` or `VALUE/MASK`, for example `\"0x1/0xff\"`")),
    }
}

/// Key bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) Vec<u8>);

text!(
    Key,
    "key in hexadecimal",
    "0x00112233445566778899aabbccddeeff00112233",
    parse_key
);

/// `0x` and an even number of hexadecimal digits, as `ip xfrm` takes it.
pub(crate) fn parse_key(text: &str) -> Result<Key, Wrong> {
    let wrong = |message: String| Wrong::new(message).hint("`0x` and two digits per byte");
    let Some(digits) = text.strip_prefix("0x") else {
        return Err(wrong(format!(
            "key `{}` does not begin with `0x`",
            shorten(text)
        )));
    };
    if let Some((at, c)) = digits.char_indices().find(|(_, c)| !c.is_ascii_hexdigit()) {
        let at = at + 2;
        return Err(wrong(format!(
            "`{}` is not a hexadecimal digit",
            c.escape_default()
        ))
        .at(at..at + c.len_utf8()));
    }
    let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
    bytes.map(Key).map_err(|_| {
        wrong(format!(
            "key has an odd number of digits ({})",
            digits.len()
        ))
    })
}

/// A link-layer address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mac(pub(crate) [u8; 6]);

text!(Mac, "MAC address", "02:00:00:00:00:01", |text| {
    parse_mac(text).map(Mac).ok_or_else(|| {
        Wrong::new(format!("`{}` is not a MAC address", shorten(text)))
            .hint("six bytes, not a group address: `02:00:00:00:00:01`")
    })
});

/// A link-layer address of six bytes.
pub(crate) fn parse_mac(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut mac {
        *byte = parts
            .next()
            .filter(|p| p.len() == 2)
            .and_then(|p| u8::from_str_radix(p, 16).ok())?;
    }
    // A group address cannot be an interface's own.
    (parts.next().is_none() && mac[0] & 1 == 0).then_some(mac)
}
