//! Owns the tests that go from bytes to the words of a line, layer by layer. Test code only.

use super::{samples::*, *};

pub(super) const ECHO: &str =
    "icmp echo-request 10.0.1.100 > 10.0.2.100 id=0x1a2b seq=1 ttl=64 len=84";

#[track_caller]
pub(super) fn check(bytes: &[u8], sas: &SaTable, expected: &str) {
    let packet = decode_packet(bytes, sas);
    assert_eq!(line(&packet, Detail::Normal), expected);
    // What is printed is what an expectation may say: it parses, and matches what was seen.
    let parsed = Line::parse(expected).unwrap();
    assert_eq!(parsed.to_string(), expected);
    assert_eq!(parsed.mismatch(&words(&packet)), None);
}

#[test]
fn echo_in_clear() {
    check(
        &echo("10.0.1.100", "10.0.2.100", 1),
        &SaTable::default(),
        ECHO,
    );
}

#[test]
fn a_frame_with_vlan_tags_and_padding() {
    let mut tagged = vec![0, 5, 0x81, 0, 0, 6, 8, 0];
    tagged.extend(echo("10.0.1.100", "10.0.2.100", 1));
    tagged.extend([0; 10]);
    let got = decode_frame(&ethernet(0x88a8, &tagged), &SaTable::default());
    assert_eq!(got.link.unwrap().vlans, [5, 6]);
    assert_eq!(line(&got.packet, Detail::Normal), ECHO);
}

#[test]
fn arp_asks_and_answers() {
    let mut arp = vec![0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 1, 100];
    arp.extend([0, 0, 0, 0, 0, 0, 10, 0, 1, 1]);
    let words = |arp: &[u8]| {
        let got = decode_frame(&ethernet(0x0806, arp), &SaTable::default());
        line(&got.packet, Detail::Normal)
    };
    assert_eq!(words(&arp), "arp who-has 10.0.1.1 tell 10.0.1.100");
    arp[7] = 2;
    assert_eq!(words(&arp), "arp 10.0.1.100 is-at 02:00:00:00:00:01");
}

#[test]
fn keepalive_and_ike_share_the_port() {
    let none = SaTable::default();
    let on = |sport, dport, payload: &[u8]| {
        ip_packet("3.0.0.1", "5.0.0.1", 17, &udp(sport, dport, payload))
    };
    check(
        &on(4500, 4500, &[0xff]),
        &none,
        "udp 3.0.0.1.4500 > 5.0.0.1.4500 keepalive ttl=64 len=29",
    );
    check(
        &on(4500, 4500, &[0; 32]),
        &none,
        "udp 3.0.0.1.4500 > 5.0.0.1.4500 ike ttl=64 len=60",
    );
    check(
        &on(500, 500, &[9; 28]),
        &none,
        "udp 3.0.0.1.500 > 5.0.0.1.500 ike ttl=64 len=56",
    );
    check(
        &on(99, 98, &[0xff]),
        &none,
        "udp 3.0.0.1.99 > 5.0.0.1.98 ttl=64 len=29",
    );
}

#[test]
fn icmp_errors_show_what_they_quote() {
    let quoted = echo("10.0.1.100", "10.0.2.100", 1);
    let none = SaTable::default();
    let error = |kind, code, word| {
        ip_packet(
            "10.0.1.1",
            "10.0.1.100",
            1,
            &icmp(kind, code, word, &quoted[..28]),
        )
    };
    check(
        &error(3, 4, 1400),
        &none,
        &format!(
            "icmp unreachable frag-needed 10.0.1.1 > 10.0.1.100 mtu=1400 ttl=64 len=56 {{ {ECHO} }}"
        ),
    );
    check(
        &error(11, 0, 0),
        &none,
        &format!("icmp time-exceeded transit 10.0.1.1 > 10.0.1.100 ttl=64 len=56 {{ {ECHO} }}"),
    );
}

#[test]
fn tunnels_without_ipsec() {
    let none = SaTable::default();
    let inner = echo("10.0.1.100", "10.0.2.100", 1);
    check(
        &ip_packet("3.0.0.1", "5.0.0.1", 4, &inner),
        &none,
        &format!("ipip 3.0.0.1 > 5.0.0.1 ttl=64 len=104 {{ {ECHO} }}"),
    );
    let mut gre = vec![0x20, 0, 8, 0, 0, 0, 0, 42];
    gre.extend(&inner);
    check(
        &ip_packet("3.0.0.1", "5.0.0.1", 47, &gre),
        &none,
        &format!("gre 3.0.0.1 > 5.0.0.1 key=42 proto=0x0800 ttl=64 len=112 {{ {ECHO} }}"),
    );
}

#[test]
fn a_wrong_checksum_is_printed() {
    let mut packet = echo("10.0.1.100", "10.0.2.100", 1);
    packet[60] ^= 1;
    packet[8] = 63;
    let got = line(&decode_packet(&packet, &SaTable::default()), Detail::Normal);
    assert!(
        got.contains(" csum=bad") && got.contains(" ipcsum=bad"),
        "{got}"
    );
}

#[test]
fn ipv6_with_extension_headers() {
    let mut payload = vec![17, 0, 1, 4, 0, 0, 0, 0];
    payload.extend(udp(1, 2, b"x"));
    let packet = ip_packet("fd00::1", "fd00::2", 60, &payload);
    check(
        &packet,
        &SaTable::default(),
        "udp fd00::1.1 > fd00::2.2 ttl=64 len=57 ext=destination",
    );
}

#[test]
fn icmp6_messages_have_names() {
    let said = |kind: u8, code: u8, body: &[u8]| {
        let mut message = vec![kind, code, 0, 0, 0, 0, 5, 0];
        message.extend(body);
        let packet = ip_packet("fd00::1", "fd00::2", 58, &message);
        line(&decode_packet(&packet, &SaTable::default()), Detail::Brief)
    };
    let target = ip_packet("fd00::3", "fd00::4", 59, &[]);
    assert_eq!(
        said(135, 0, &target[8..24]),
        "icmp6 neighbor-solicit fd00::1 > fd00::2"
    );
    assert_eq!(said(143, 0, &[]), "icmp6 mld2-report fd00::1 > fd00::2");
    assert_eq!(said(1, 4, &[]), "icmp6 unreachable port fd00::1 > fd00::2");
    assert_eq!(said(200, 3, &[]), "icmp6 type-200 code-3 fd00::1 > fd00::2");
    assert_eq!(
        said(2, 0, &target),
        "icmp6 packet-too-big fd00::1 > fd00::2 mtu=1280 { ip fd00::3 > fd00::4 proto=59 }"
    );
}

#[test]
fn hidden_extension_headers_in_a_trace_are_not_guessed_at() {
    let none = SaTable::default();
    let brief = |packet: &[u8], transport: &[u8]| {
        line(
            &decode_headers(10, &packet[..40], transport, &none),
            Detail::Brief,
        )
    };
    let hop = ip_packet("fe80::1", "ff02::16", 0, &[58, 0, 5, 2, 0, 0, 1, 0]);
    assert_eq!(
        brief(&hop, &[143, 0, 0, 0, 0, 0, 0, 1]),
        "icmp6 mld2-report fe80::1 > ff02::16"
    );
    let options = ip_packet("fd00::1", "fd00::2", 60, &[17, 0, 1, 4, 0, 0, 0, 0]);
    assert_eq!(
        brief(&options, &udp(1, 2, b"x")),
        "ip fd00::1 > fd00::2 proto=60"
    );
}

#[test]
fn tcp_says_its_flags_even_when_options_are_missing() {
    let mut syn = vec![
        0x9c, 0x40, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0xa0, 2, 0xff, 0xff, 0, 0, 0, 0,
    ];
    syn.extend([1; 20]);
    let packet = ip_packet("10.0.1.100", "10.0.2.100", 6, &syn);
    let got = decode_headers(2, &packet[..20], &packet[20..40], &SaTable::default());
    assert_eq!(
        line(&got, Detail::Normal),
        "tcp 10.0.1.100.40000 > 10.0.2.100.80 syn ttl=64 len=60"
    );
    assert!(line(&got, Detail::Everything).contains(" seq=9 "));
}

#[test]
fn packets_that_differ_in_their_payload_alone_are_two() {
    let none = SaTable::default();
    let of = |byte| {
        let packet = ip_packet("10.0.1.100", "10.0.2.100", 17, &udp(5, 6, &[byte; 9]));
        identity(&decode_packet(&packet, &none)).unwrap()
    };
    assert!(of(1).same(&of(1)));
    assert!(!of(1).same(&of(2)) && !of(1).same_through_nat(&of(2)));
}

#[test]
fn what_differs_between_runs_is_printed_at_the_last_level_only() {
    let packet = decode_packet(&echo("10.0.1.100", "10.0.2.100", 1), &SaTable::default());
    assert_eq!(
        line(&packet, Detail::Full),
        "icmp echo-request 10.0.1.100 > 10.0.2.100 id=0x1a2b seq=1 ttl=64 tos=0x00 len=84 \
         payload=56 csum=ok ipcsum=ok df"
    );
    assert!(line(&packet, Detail::Everything).contains(" ipid=0x1234 "));
    for (head, key) in NONDETERMINISTIC {
        let text = format!("{} {key}=7", if head.is_empty() { "icmp" } else { head });
        let said = Line::parse(&text).unwrap();
        assert_eq!(said.at(Detail::Full).field(key), None);
        assert_eq!(said.at(Detail::Everything), said);
    }
}
