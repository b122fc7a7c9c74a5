//! Owns the rows of `ip xfrm state add` that say which SA it is and what it does to packets.

use crate::table::{Of::State, Row, row};

/// Key of 16 bytes and a salt, as `ip` prints it.
macro_rules! key20 {
    () => {
        "0x000102030405060708090a0b0c0d0e0f10111213"
    };
}
macro_rules! key16 {
    () => {
        "0x000102030405060708090a0b0c0d0e0f"
    };
}

pub(crate) const ROWS: &[Row] = &[
    // ID
    row(
        State,
        "src-dst",
        "src = '10.0.0.7', dst = '10.0.0.8'",
        "src 10.0.0.7 dst 10.0.0.8",
    ),
    row(
        State,
        "src-dst-v6",
        "src = '2001:db8::1', dst = '2001:db8::2'",
        "src 2001:db8::1 dst 2001:db8::2",
    ),
    row(
        State,
        "proto-esp",
        "proto = 'esp'",
        "proto esp spi 0x00001000",
    ),
    row(
        State,
        "proto-ah",
        concat!("proto = 'ah', auth = 'hmac(sha256) ", key16!(), "'"),
        "proto ah spi",
    ),
    row(
        State,
        "proto-comp",
        "proto = 'comp'",
        "proto comp spi 0x00001000",
    ),
    row(
        State,
        "proto-route2",
        "proto = 'route2', mode = 'ro', spi = 0, src = '2001:db8::1', dst = '2001:db8::2', coa = '2001:db8::3'",
        "proto route2",
    ),
    row(
        State,
        "proto-hao",
        "proto = 'hao', mode = 'ro', spi = 0, src = '2001:db8::1', dst = '2001:db8::2', coa = '2001:db8::3'",
        "proto hao",
    ),
    row(State, "spi", "spi = 0x12345678", "spi 0x12345678"),
    // MODE
    row(
        State,
        "mode-transport",
        "mode = 'transport'",
        "mode transport",
    ),
    row(State, "mode-tunnel", "mode = 'tunnel'", "mode tunnel"),
    row(State, "mode-beet", "mode = 'beet'", "mode beet"),
    row(
        State,
        "mode-ro",
        "mode = 'ro', proto = 'route2', spi = 0, src = '2001:db8::1', dst = '2001:db8::2', coa = '2001:db8::3'",
        "mode ro",
    ),
    row(
        State,
        "mode-in_trigger",
        "mode = 'in_trigger', proto = 'route2', spi = 0, src = '2001:db8::1', dst = '2001:db8::2', coa = '2001:db8::3'",
        "mode in_trigger",
    ),
    row(
        State,
        "mode-iptfs",
        "mode = 'iptfs', dir = 'out'",
        "proto esp spi 0x00001000",
    ),
    // ALGO
    row(
        State,
        "aead",
        concat!("aead = 'rfc4106(gcm(aes)) ", key20!(), " 96'"),
        concat!("aead rfc4106(gcm(aes)) ", key20!(), " (160 bits) 96"),
    ),
    row(
        State,
        "enc",
        concat!(
            "enc = 'cbc(aes) ",
            key16!(),
            "', auth = 'hmac(sha256) ",
            key16!(),
            "'"
        ),
        concat!("enc cbc(aes) ", key16!(), " (128 bits)"),
    ),
    row(
        State,
        "enc-alone",
        concat!("enc = 'cbc(aes) ", key16!(), "'"),
        concat!("enc cbc(aes) ", key16!()),
    ),
    row(
        State,
        "auth",
        concat!(
            "enc = 'ecb(cipher_null)', auth = 'hmac(sha1) ",
            key20!(),
            "'"
        ),
        concat!("auth-trunc hmac(sha1) ", key20!(), " (160 bits) 96"),
    ),
    row(
        State,
        "auth-trunc",
        concat!(
            "enc = 'ecb(cipher_null)', auth-trunc = 'hmac(sha256) ",
            key16!(),
            " 128'"
        ),
        concat!("auth-trunc hmac(sha256) ", key16!(), " (128 bits) 128"),
    ),
    row(
        State,
        "comp",
        "proto = 'comp', comp = 'deflate'",
        "comp deflate",
    ),
    // ENCAP
    row(
        State,
        "encap-espinudp",
        "encap = 'espinudp 4500 4501 10.0.0.3'",
        "encap type espinudp sport 4500 dport 4501 addr 10.0.0.3",
    ),
    row(
        State,
        "encap-espinudp-nonike",
        "encap = 'espinudp-nonike 4500 4500'",
        "encap type espinudp-nonike sport 4500",
    ),
    row(
        State,
        "encap-espintcp",
        "encap = 'espintcp 4500 4500'",
        "encap type espintcp sport 4500",
    ),
    // IP-TFS
    row(
        State,
        "iptfs-drop-time",
        "mode = 'iptfs', dir = 'in', iptfs = { drop-time = 2000 }",
        "dir in",
    ),
    row(
        State,
        "iptfs-reorder-window",
        "mode = 'iptfs', dir = 'in', iptfs = { reorder-window = 5 }",
        "dir in",
    ),
    row(
        State,
        "iptfs-dont-frag",
        "mode = 'iptfs', dir = 'out', iptfs = { dont-frag = true }",
        "dir out",
    ),
    row(
        State,
        "iptfs-init-delay",
        "mode = 'iptfs', dir = 'out', iptfs = { init-delay = 3000 }",
        "dir out",
    ),
    row(
        State,
        "iptfs-max-queue-size",
        "mode = 'iptfs', dir = 'out', iptfs = { max-queue-size = 50000 }",
        "dir out",
    ),
    row(
        State,
        "iptfs-pkt-size",
        "mode = 'iptfs', dir = 'out', iptfs = { pkt-size = 500 }",
        "dir out",
    ),
    // SELECTOR
    row(
        State,
        "sel-src-dst",
        "sel = { src = '10.1.0.0/16', dst = '10.2.0.0/16' }",
        "sel src 10.1.0.0/16 dst 10.2.0.0/16",
    ),
    row(State, "sel-dev", "sel = { dev = 'dev0' }", "dev dev0"),
    row(
        State,
        "sel-sport",
        "sel = { proto = 'udp', sport = 500 }",
        "proto 17 sport 500",
    ),
    row(
        State,
        "sel-dport",
        "sel = { proto = 'tcp', dport = 80 }",
        "proto 6 dport 80",
    ),
    row(
        State,
        "sel-sctp",
        "sel = { proto = 'sctp', dport = 80 }",
        "dport 80",
    ),
    row(
        State,
        "sel-dccp",
        "sel = { proto = 'dccp', sport = 81 }",
        "sport 81",
    ),
    row(
        State,
        "sel-type-code",
        "sel = { proto = 'icmp', type = 8, code = 1 }",
        "proto 1 type 8 code 1",
    ),
    row(
        State,
        "sel-type-v6",
        "src = '2001:db8::1', dst = '2001:db8::2', sel = { proto = 'ipv6-icmp', type = 128 }",
        "type 128",
    ),
    row(
        State,
        "sel-mobility",
        "src = '2001:db8::1', dst = '2001:db8::2', sel = { proto = 'mobility-header', type = 5 }",
        "type 5",
    ),
    row(
        State,
        "sel-key",
        "sel = { proto = 'gre', key = 65538 }",
        "key 65538",
    ),
    row(
        State,
        "sel-proto-number",
        "sel = { proto = 99 }",
        "proto 99",
    ),
    row(
        State,
        "sel-uid",
        "sel = { src = '10.1.0.0/16', uid = 1000 }",
        "sel src 10.1.0.0/16 dst 0.0.0.0/0 uid 1000",
    ),
];
