//! Owns the rows of `ip xfrm state add` that say how an SA counts, what it sets and when it ends.

use crate::table::{Of::State, Row, row};

pub(crate) const ROWS: &[Row] = &[
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
    row(State, "pcpu-num", "pcpu-num = 0, dir = 'out'", "pcpu-num 0"),
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
