//! Owns the rows of `ip xfrm state add`.

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
    // Numbers
    row(State, "reqid", "reqid = 7", "reqid 7(0x00000007)"),
    row(State, "seq", "seq = 5", "seq 0x00000005"),
    row(State, "mark", "mark = '0x1/0xff'", "mark 0x1/0xff"),
    row(
        State,
        "output-mark",
        "output-mark = '0x2/0xf'",
        "output-mark 0x2/0xf",
    ),
    row(State, "if_id", "if_id = 42", "if_id 0x2a"),
    row(State, "tfcpad", "tfcpad = 200", "tfcpad 200"),
    row(
        State,
        "coa",
        "coa = '2001:db8::3', proto = 'hao', mode = 'ro', spi = 0, src = '2001:db8::1', dst = '2001:db8::2'",
        "coa 2001:db8::3",
    ),
    row(
        State,
        "ctx",
        "ctx = 'system_u:object_r:ipsec_spd_t:s0'",
        "security context system_u:object_r:ipsec_spd_t:s0",
    ),
    row(State, "dir-in", "dir = 'in'", "dir in"),
    row(State, "dir-out", "dir = 'out'", "dir out"),
    row(State, "pcpu-num", "pcpu-num = 1, dir = 'out'", "pcpu-num 1"),
    row(
        State,
        "offload-crypto",
        "offload = { mode = 'crypto', dev = 'dev0', dir = 'out' }",
        "dev dev0 dir out mode crypto",
    ),
    row(
        State,
        "offload-packet",
        "offload = { mode = 'packet', dev = 'dev0', dir = 'in' }",
        "dev dev0 dir in mode packet",
    ),
    row(
        State,
        "nat-keepalive-interval",
        "nat-keepalive-interval = 20, dir = 'out', encap = 'espinudp 4500 4500'",
        "encap type espinudp",
    ),
    row(
        State,
        "allocspi",
        "allocspi = true, reqid = 9",
        "spi 0x00001000(4096) reqid 9",
    ),
    // Replay
    row(
        State,
        "replay-window",
        "replay-window = 32",
        "replay-window 32",
    ),
    row(
        State,
        "replay-window-wide",
        "replay-window = 128",
        "replay_window 128, bitmap-length 4",
    ),
    row(
        State,
        "replay-seq",
        "replay-window = 32, replay-seq = 7",
        "seq 0x7, oseq 0x0",
    ),
    row(
        State,
        "replay-oseq",
        "replay-window = 32, replay-oseq = 9",
        "seq 0x0, oseq 0x9",
    ),
    row(
        State,
        "replay-seq-hi",
        "flag = 'esn', replay-window = 32, replay-seq-hi = 3",
        "seq-hi 0x3, seq 0x0",
    ),
    row(
        State,
        "replay-oseq-hi",
        "flag = 'esn', replay-window = 32, replay-oseq-hi = 4",
        "oseq-hi 0x4, oseq 0x0",
    ),
    // FLAG-LIST
    row(State, "flag-noecn", "flag = 'noecn'", "flag noecn"),
    row(
        State,
        "flag-decap-dscp",
        "flag = 'decap-dscp'",
        "flag decap-dscp",
    ),
    row(
        State,
        "flag-nopmtudisc",
        "flag = 'nopmtudisc'",
        "flag nopmtudisc",
    ),
    row(State, "flag-wildrecv", "flag = 'wildrecv'", "flag wildrecv"),
    row(State, "flag-icmp", "flag = 'icmp'", "flag icmp"),
    row(
        State,
        "flag-af-unspec",
        "flag = 'af-unspec'",
        "flag af-unspec",
    ),
    row(State, "flag-align4", "flag = 'align4'", "flag align4"),
    row(
        State,
        "flag-esn",
        "flag = 'esn', replay-window = 32",
        "flag esn",
    ),
    row(
        State,
        "extra-flag-dont-encap-dscp",
        "extra-flag = 'dont-encap-dscp'",
        "extra_flag dont-encap-dscp",
    ),
    row(
        State,
        "extra-flag-oseq-may-wrap",
        "extra-flag = 'oseq-may-wrap'",
        "extra_flag oseq-may-wrap",
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
    // LIMIT
    row(
        State,
        "limit-byte-soft",
        "limit = { byte-soft = 1000 }",
        "limit: soft 1000(bytes), hard (INF)(bytes)",
    ),
    row(
        State,
        "limit-byte-hard",
        "limit = { byte-hard = 2000 }",
        "limit: soft (INF)(bytes), hard 2000(bytes)",
    ),
    row(
        State,
        "limit-packet-soft",
        "limit = { packet-soft = 3 }",
        "soft 3(packets), hard (INF)(packets)",
    ),
    row(
        State,
        "limit-packet-hard",
        "limit = { packet-hard = 5 }",
        "soft (INF)(packets), hard 5(packets)",
    ),
    row(
        State,
        "limit-time-soft",
        "limit = { time-soft = 600 }",
        "expire add: soft 600(sec), hard 0(sec)",
    ),
    row(
        State,
        "limit-time-hard",
        "limit = { time-hard = 1200 }",
        "expire add: soft 0(sec), hard 1200(sec)",
    ),
    row(
        State,
        "limit-time-use-soft",
        "limit = { time-use-soft = 300 }",
        "expire use: soft 300(sec), hard 0(sec)",
    ),
    row(
        State,
        "limit-time-use-hard",
        "limit = { time-use-hard = 900 }",
        "expire use: soft 0(sec), hard 900(sec)",
    ),
];
