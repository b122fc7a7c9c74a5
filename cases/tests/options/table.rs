//! Owns the table of the test: each option of `ip xfrm state`, `ip xfrm policy` and the tunnel devices, as a file says
//! it and as `ip` shows it.

/// What a row is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of {
    /// Keys of a state; what they leave open is an ESP tunnel from 10.0.0.1 to 10.0.0.9.
    State,
    /// Keys of a policy; what they leave open is an outbound one.
    Policy,
    /// Keys of a device `dev0`.
    Device,
    /// Keys of the node.
    Node,
    /// Keys of a state in the node, and a step behind a `|`.
    Step,
}

/// An option.
pub(crate) struct Row {
    pub(crate) of: Of,
    /// Name of the test.
    pub(crate) name: &'static str,
    /// The keys, as in a file.
    pub(crate) keys: &'static str,
    /// Words that must stand one after the other in what `ip` prints.
    pub(crate) shows: &'static str,
    /// Words that must not.
    pub(crate) hides: &'static str,
}

const fn row(of: Of, name: &'static str, keys: &'static str, shows: &'static str) -> Row {
    Row {
        of,
        name,
        keys,
        shows,
        hides: "",
    }
}

use Of::{Device, Node, Policy, State, Step};

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
    // Policies
    row(Policy, "dir-in", "dir = 'in'", "dir in"),
    row(Policy, "dir-out", "dir = 'out'", "dir out"),
    row(Policy, "dir-fwd", "dir = 'fwd'", "dir fwd"),
    row(
        Policy,
        "src-dst",
        "src = '10.1.0.0/16', dst = '10.2.0.0/24'",
        "src 10.1.0.0/16 dst 10.2.0.0/24",
    ),
    row(Policy, "dev", "dev = 'dev0'", "dev dev0"),
    row(
        Policy,
        "proto-ports",
        "proto = 'udp', sport = 500, dport = 501",
        "proto 17 sport 500 dport 501",
    ),
    row(
        Policy,
        "type-code",
        "proto = 'icmp', type = 3, code = 4",
        "type 3 code 4",
    ),
    row(Policy, "key", "proto = 'gre', key = 42", "key 42"),
    row(
        Policy,
        "uid",
        "uid = 1000",
        "dst 10.9.0.0/16 uid 1000 dir out",
    ),
    row(Policy, "action-allow", "action = 'allow'", "action allow"),
    row(Policy, "action-block", "action = 'block'", "action block"),
    row(Policy, "index", "index = 17", "index 17"),
    row(Policy, "ptype-main", "ptype = 'main'", "priority 0"),
    row(Policy, "ptype-sub", "ptype = 'sub'", "ptype sub"),
    row(Policy, "priority", "priority = 77", "priority 77"),
    row(Policy, "mark", "mark = '0x1/0xff'", "mark 0x1/0xff"),
    row(Policy, "if_id", "if_id = 42", "if_id 0x2a"),
    row(Policy, "flag-localok", "flag = 'localok'", "flag localok"),
    row(Policy, "flag-icmp", "flag = 'icmp'", "flag icmp"),
    row(
        Policy,
        "limit-byte-soft",
        "limit = { byte-soft = 1000 }",
        "limit: soft 1000(bytes), hard (INF)(bytes)",
    ),
    row(
        Policy,
        "limit-byte-hard",
        "limit = { byte-hard = 2000 }",
        "limit: soft (INF)(bytes), hard 2000(bytes)",
    ),
    row(
        Policy,
        "limit-packet-soft",
        "limit = { packet-soft = 3 }",
        "soft 3(packets), hard (INF)(packets)",
    ),
    row(
        Policy,
        "limit-packet-hard",
        "limit = { packet-hard = 5 }",
        "soft (INF)(packets), hard 5(packets)",
    ),
    row(
        Policy,
        "limit-time-soft",
        "limit = { time-soft = 600 }",
        "expire add: soft 600(sec), hard 0(sec)",
    ),
    row(
        Policy,
        "limit-time-hard",
        "limit = { time-hard = 1200 }",
        "expire add: soft 0(sec), hard 1200(sec)",
    ),
    row(
        Policy,
        "limit-time-use-soft",
        "limit = { time-use-soft = 300 }",
        "expire use: soft 300(sec), hard 0(sec)",
    ),
    row(
        Policy,
        "limit-time-use-hard",
        "limit = { time-use-hard = 900 }",
        "expire use: soft 0(sec), hard 900(sec)",
    ),
    row(
        Policy,
        "tmpl-addresses",
        "tmpl = { src = '10.0.0.1', dst = '10.0.0.9', mode = 'tunnel' }",
        "tmpl src 10.0.0.1 dst 10.0.0.9 proto esp spi 0x00000000(0) reqid 0(0x00000000) mode tunnel",
    ),
    row(
        Policy,
        "tmpl-spi-reqid",
        "tmpl = { spi = 0x1000, reqid = 7 }",
        "spi 0x00001000(4096) reqid 7(0x00000007)",
    ),
    row(
        Policy,
        "tmpl-proto-ah",
        "tmpl = { proto = 'ah' }",
        "proto ah",
    ),
    row(
        Policy,
        "tmpl-proto-comp",
        "tmpl = { proto = 'comp' }",
        "proto comp",
    ),
    row(
        Policy,
        "tmpl-beet",
        "tmpl = { src = '10.0.0.1', dst = '10.0.0.9', mode = 'beet' }",
        "mode beet",
    ),
    row(
        Policy,
        "tmpl-level-required",
        "tmpl = { level = 'required' }",
        "level required",
    ),
    row(
        Policy,
        "tmpl-level-use",
        "tmpl = { level = 'use' }",
        "level use",
    ),
    row(
        Policy,
        "tmpl-several",
        "tmpl = [{ proto = 'comp', level = 'use' }, { proto = 'esp', reqid = 3 }, { proto = 'ah', reqid = 4 }]",
        "reqid 4(0x00000004)",
    ),
    // Policy databases
    row(
        Node,
        "setdefault",
        "setdefault = { in = 'block', fwd = 'accept', out = 'block' }",
        "Default policies: in: block fwd: accept out: block",
    ),
    row(
        Node,
        "hthresh4",
        "hthresh4 = '24 16'",
        "SPD IPv4 thresholds: local 24 remote 16",
    ),
    row(
        Node,
        "hthresh6",
        "hthresh6 = '64 48'",
        "SPD IPv6 thresholds: local 64 remote 48",
    ),
    // Devices
    row(
        Device,
        "vti-local-remote",
        "type = 'vti', local = '10.0.0.1', remote = '10.0.0.9'",
        "vti remote 10.0.0.9 local 10.0.0.1",
    ),
    row(
        Device,
        "vti-any",
        "type = 'vti', local = '10.0.0.1', key = 1",
        "vti remote any local 10.0.0.1",
    ),
    row(
        Device,
        "vti-key",
        "type = 'vti', local = '10.0.0.1', remote = '10.0.0.9', key = 42",
        "ikey 0.0.0.42 okey 0.0.0.42",
    ),
    row(
        Device,
        "vti-ikey-okey",
        "type = 'vti', local = '10.0.0.1', remote = '10.0.0.9', ikey = 1, okey = 2",
        "ikey 0.0.0.1 okey 0.0.0.2",
    ),
    row(
        Device,
        "vti-dev",
        "type = 'vti', local = '10.0.0.1', remote = '10.0.0.9', dev = 'eth0'",
        "dev eth0",
    ),
    row(
        Device,
        "vti-fwmark",
        "type = 'vti', local = '10.0.0.1', remote = '10.0.0.9', fwmark = 5",
        "fwmark 0x5",
    ),
    row(
        Device,
        "vti6-local-remote",
        "type = 'vti6', local = '2001:db8::1', remote = '2001:db8::9'",
        "vti6 remote 2001:db8::9 local 2001:db8::1",
    ),
    row(
        Device,
        "vti6-key",
        "type = 'vti6', local = '2001:db8::1', remote = '2001:db8::9', key = 42",
        "ikey 0.0.0.42 okey 0.0.0.42",
    ),
    row(
        Device,
        "vti6-ikey-okey",
        "type = 'vti6', local = '2001:db8::1', remote = '2001:db8::9', ikey = 1, okey = 2",
        "ikey 0.0.0.1 okey 0.0.0.2",
    ),
    row(
        Device,
        "vti6-dev",
        "type = 'vti6', local = '2001:db8::1', remote = '2001:db8::9', dev = 'eth0'",
        "dev eth0",
    ),
    row(
        Device,
        "vti6-fwmark",
        "type = 'vti6', local = '2001:db8::1', remote = '2001:db8::9', fwmark = 5",
        "fwmark 0x5",
    ),
    row(
        Device,
        "xfrm-if_id",
        "type = 'xfrm', if_id = 42",
        "xfrm if_id 0x2a",
    ),
    row(
        Device,
        "xfrm-dev",
        "type = 'xfrm', if_id = 42, dev = 'eth0'",
        "dev0@eth0",
    ),
    row(
        Device,
        "xfrm-external",
        "type = 'xfrm', external = true",
        "xfrm external",
    ),
    // Commands
    row(
        Step,
        "state-update",
        "reqid = 8 | update = { 'a state s' = { limit = { packet-hard = 77 } } }",
        "hard 77(packets)",
    ),
    Row {
        of: Step,
        name: "state-delete",
        keys: "reqid = 8 | delete = 'a state s'",
        shows: "",
        hides: "spi",
    },
    Row {
        of: Step,
        name: "state-deleteall",
        keys: "reqid = 8 | delete = 'a state'",
        shows: "",
        hides: "spi",
    },
    Row {
        of: Step,
        name: "state-flush",
        keys: "reqid = 8 | flush = 'a states'",
        shows: "",
        hides: "spi",
    },
    Row {
        of: Step,
        name: "state-flush-proto",
        keys: "reqid = 8 | flush = 'a states esp'",
        shows: "",
        hides: "spi",
    },
    row(
        Step,
        "state-flush-other-proto",
        "reqid = 8 | flush = 'a states ah'",
        "reqid 8(0x00000008)",
    ),
    row(
        Step,
        "allocspi-min-max",
        "reqid = 8 | allocspi = { a = { src = '10.0.0.2', dst = '10.0.0.3', min = 0x7000, max = 0x7000 } }",
        "src 10.0.0.2 dst 10.0.0.3 proto esp spi 0x00007000(28672)",
    ),
    row(
        Step,
        "allocspi-proto-mode-reqid",
        "reqid = 8 | allocspi = { a = { src = '10.0.0.2', dst = '10.0.0.3', proto = 'ah', mode = 'tunnel', reqid = 6, min = 0x7000, max = 0x7000 } }",
        "proto ah spi 0x00007000(28672) reqid 6(0x00000006) mode tunnel",
    ),
    row(
        Step,
        "allocspi-seq",
        "reqid = 8 | allocspi = { a = { src = '10.0.0.2', dst = '10.0.0.3', seq = 3, min = 0x7001, max = 0x7001 } }",
        "spi 0x00007001(28673)",
    ),
    row(
        Step,
        "allocspi-dir-pcpu-num",
        "dir = 'out', pcpu-num = 0 | allocspi = { a = { src = '10.0.0.2', dst = '10.0.0.3', dir = 'out', pcpu-num = 1, min = 0x7000, max = 0x7000 } }",
        "pcpu-num 1",
    ),
    row(
        Step,
        "allocspi-mark",
        "reqid = 8 | allocspi = { a = { src = '10.0.0.2', dst = '10.0.0.3', mark = '0x3/0xf', min = 0x7000, max = 0x7000 } }",
        "mark 0x3/0xf",
    ),
    row(
        Step,
        "policy-update",
        "reqid = 8 | add = { a = { policies = [{ dir = 'in', src = '10.9.0.0/16', dst = '10.0.0.1/32', priority = 3 }] } } | add = { a = { policies = [{ dir = 'in', src = '10.9.0.0/16', dst = '10.0.0.1/32', priority = 9, update = true }] } }",
        "priority 9",
    ),
    Row {
        of: Step,
        name: "policy-delete",
        keys: "reqid = 8 | add = { a = { policies = [{ name = 'p', dir = 'in', src = '10.9.0.0/16', dst = '10.0.0.1/32' }] } } | delete = 'a policy p'",
        shows: "",
        hides: "10.9.0.0/16",
    },
    Row {
        of: Step,
        name: "policy-flush-ptype-sub",
        keys: "reqid = 8 | add = { a = { policies = [{ dir = 'in', src = '10.9.0.0/16', dst = '10.0.0.1/32', ptype = 'sub' }, { dir = 'in', src = '10.8.0.0/16', dst = '10.0.0.1/32' }] } } | flush = 'a policies sub'",
        shows: "src 10.8.0.0/16",
        hides: "10.9.0.0/16",
    },
    Row {
        of: Step,
        name: "policy-flush-main",
        keys: "reqid = 8 | add = { a = { policies = [{ dir = 'in', src = '10.9.0.0/16', dst = '10.0.0.1/32', ptype = 'sub' }, { dir = 'in', src = '10.8.0.0/16', dst = '10.0.0.1/32' }] } } | flush = 'a policies'",
        shows: "src 10.9.0.0/16",
        hides: "10.8.0.0/16",
    },
    Row {
        of: Step,
        name: "migrate",
        keys: "reqid = 8 | add = { a = { policies = [{ name = 'p', dir = 'out', dst = '10.9.0.0/16', tmpl = { src = '10.0.0.1', dst = '10.0.0.9', reqid = 8, mode = 'tunnel' } }] } } | migrate = { 'a policy p' = { src = '10.0.0.5', dst = '10.0.0.9' } }",
        shows: "tmpl src 10.0.0.5 dst 10.0.0.9",
        hides: "src 10.0.0.1 dst 10.0.0.9",
    },
];
