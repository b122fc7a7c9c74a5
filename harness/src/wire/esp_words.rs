//! Owns the tests that go from ESP packets to the words of a line: which SA opens them, and what
//! is said where none does. Test code only.

use super::{
    layers::{ECHO, check},
    samples::*,
    *,
};

fn left_right() -> crate::plan::State {
    state("site:left>right", "3.0.0.1", "5.0.0.1", 0x1000, 7)
}

#[test]
fn esp_opens_with_the_sa_of_the_wire() {
    let sa = left_right();
    let esp = esp(&sa, 1, 4, &echo("10.0.1.100", "10.0.2.100", 1));
    let packet = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp);
    check(
        &packet,
        &table(&[("r1", &sa), ("r2", &sa)]),
        &format!(
            "esp 3.0.0.1 > 5.0.0.1 site:left>right seq=1 ttl=64 len=140 \
             iv=8 icv=16 pad=2 next=4 {{ {ECHO} }}"
        ),
    );
    check(
        &packet,
        &SaTable::default(),
        "esp 3.0.0.1 > 5.0.0.1 spi=0x00001000 seq=1 ttl=64 len=140",
    );
}

/// RFC 4303 section 2.2.
#[test]
fn sequence_number_0_opens_and_is_told_to_be_wrong() {
    let sa = left_right();
    let said = "wrong=\"sequence number 0: the first packet of an sa has 1\"";
    // A file may say what a report says.
    for kind in ["esp", "ah"] {
        let line = format!("{kind} * > * seq=0 seq-high=0 {said}");
        let line = crate::wire::line::Line::parse(&line).expect("it is a line");
        assert_eq!(line.strange(), []);
    }
    let esp = esp(&sa, 0, 4, &echo("10.0.1.100", "10.0.2.100", 1));
    check(
        &ip_packet("3.0.0.1", "5.0.0.1", 50, &esp),
        &table(&[("r1", &sa)]),
        &format!(
            "esp 3.0.0.1 > 5.0.0.1 site:left>right seq=0 ttl=64 len=140 \
             iv=8 icv=16 pad=2 next=4 {said} {{ {ECHO} }}"
        ),
    );
}

#[test]
fn esp_with_a_changed_byte_stays_closed() {
    let sa = left_right();
    let mut esp = esp(&sa, 1, 4, &echo("10.0.1.100", "10.0.2.100", 1));
    esp[30] ^= 1;
    check(
        &ip_packet("3.0.0.1", "5.0.0.1", 50, &esp),
        &table(&[("r1", &sa)]),
        "esp 3.0.0.1 > 5.0.0.1 site:left>right seq=1 ttl=64 len=140 not-opened=\"icv wrong\"",
    );
}

#[test]
fn the_node_whose_key_opens_is_named() {
    let (sent, held) = (
        left_right(),
        crate::plan::State {
            algorithms: gcm(8),
            ..left_right()
        },
    );
    let esp = esp(&sent, 1, 4, &echo("10.0.1.100", "10.0.2.100", 1));
    let sas = table(&[("r2", &held), ("r1", &sent)]);
    let packet = decode_packet(&ip_packet("3.0.0.1", "5.0.0.1", 50, &esp), &sas);
    assert_eq!(words(&packet).field("key-of"), Some("r1"));
    assert_eq!(words(&packet).sa.as_deref(), Some("site:left>right"));
}

#[test]
fn an_algorithm_without_decoder_is_not_opened() {
    let mut sa = left_right();
    let esp = esp(&sa, 1, 4, &echo("10.0.1.100", "10.0.2.100", 1));
    sa.algorithms.aead.as_mut().unwrap().name = "rfc4106(gcm(sm4))".into();
    check(
        &ip_packet("3.0.0.1", "5.0.0.1", 50, &esp),
        &table(&[("r1", &sa)]),
        "esp 3.0.0.1 > 5.0.0.1 site:left>right seq=1 ttl=64 len=140 \
         not-opened=\"no decoder for `rfc4106(gcm(sm4))`\"",
    );
}

#[test]
fn transport_mode_shows_the_addresses_of_its_packet() {
    let sa = left_right();
    let esp = esp(&sa, 3, 17, &udp(1000, 53, b"question"));
    check(
        &ip_packet("3.0.0.1", "5.0.0.1", 50, &esp),
        &table(&[("r1", &sa)]),
        "esp 3.0.0.1 > 5.0.0.1 site:left>right seq=3 ttl=64 len=72 iv=8 icv=16 pad=2 next=17 \
         { udp 3.0.0.1.1000 > 5.0.0.1.53 }",
    );
}

#[test]
fn esp_in_udp_on_any_port_that_an_sa_names() {
    let inside = echo("10.0.1.100", "10.0.2.100", 1);
    let said =
        format!("esp site:left>right seq=1 ttl=64 len=148 iv=8 icv=16 pad=2 next=4 {{ {ECHO} }}");
    let sa = encap(left_right(), 4500, 4500);
    let sealed = esp(&sa, 1, 4, &inside);
    // Behind NAT the source port is another one.
    let packet = ip_packet("3.0.0.1", "5.0.0.1", 17, &udp(40500, 4500, &sealed));
    check(
        &packet,
        &table(&[("r2", &sa)]),
        &format!("udp 3.0.0.1.40500 > 5.0.0.1.4500 {said}"),
    );

    let sa = encap(left_right(), 7000, 7001);
    let packet = ip_packet("3.0.0.1", "5.0.0.1", 17, &udp(7000, 7001, &sealed));
    check(
        &packet,
        &table(&[("r2", &sa)]),
        &format!("udp 3.0.0.1.7000 > 5.0.0.1.7001 {said}"),
    );
    check(
        &packet,
        &SaTable::default(),
        "udp 3.0.0.1.7000 > 5.0.0.1.7001 ttl=64 len=148",
    );
}

#[test]
fn behind_nat_the_key_alone_finds_the_sa() {
    // r2 sends to the translated address; between the NAT and r1 the packet has r1's own one.
    let sa = state("site:right>left", "5.0.0.1", "3.0.0.1", 0x2000, 9);
    let esp = esp(&sa, 1, 4, &echo("10.0.2.100", "10.0.1.100", 1));
    let packet = decode_packet(
        &ip_packet("5.0.0.1", "192.168.7.2", 50, &esp),
        &table(&[("r2", &sa)]),
    );
    assert_eq!(words(&packet).sa.as_deref(), Some("site:right>left"));
}

#[test]
fn fragments_have_no_transport() {
    let none = SaTable::default();
    let mut second = ip_packet("3.0.0.1", "5.0.0.1", 50, &[0; 40]);
    second[6..8].copy_from_slice(&[0x20, 185]);
    second[10..12].copy_from_slice(&[0, 0]);
    let got = line(&decode_packet(&second, &none), Detail::Brief);
    assert_eq!(got, "ip-fragment 3.0.0.1 > 5.0.0.1 proto=50 off=1480 more");

    let sa = left_right();
    let mut first = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp(&sa, 1, 4, &[0; 62]));
    first[6..8].copy_from_slice(&[0x20, 0]);
    let got = line(
        &decode_packet(&first, &table(&[("r1", &sa)])),
        Detail::Brief,
    );
    assert_eq!(
        got,
        "esp 3.0.0.1 > 5.0.0.1 site:left>right not-opened=\"first fragment\" off=0 more"
    );
}

#[test]
fn trace_headers_name_the_sa_and_open_nothing() {
    let sa = encap(left_right(), 4500, 4500);
    let sealed = esp(&sa, 1, 4, &echo("10.0.1.100", "10.0.2.100", 1));
    let packet = ip_packet("3.0.0.1", "5.0.0.1", 17, &udp(4500, 4500, &sealed));
    let got = decode_headers(2, &packet[..20], &packet[20..40], &table(&[("r1", &sa)]));
    assert_eq!(
        line(&got, Detail::Brief),
        "udp 3.0.0.1.4500 > 5.0.0.1.4500 esp site:left>right"
    );
    let clear = echo("10.0.1.100", "10.0.2.100", 1);
    let got = decode_headers(2, &clear[..20], &clear[20..40], &SaTable::default());
    assert_eq!(line(&got, Detail::Normal), ECHO);
    assert_eq!(
        line(&got, Detail::Brief),
        "icmp echo-request 10.0.1.100 > 10.0.2.100"
    );
}

/// A trace event shows no extension header and not what is behind them: the SPI of an SA to that address does.
#[test]
fn trace_headers_behind_hidden_options_are_esp_where_an_sa_has_the_spi() {
    let sa = state("six", "fd03::1", "fd03::2", 0x1000, 1);
    let sas = table(&[("r2", &sa)]);
    let sealed = esp(&sa, 1, 17, &udp(1, 2, b"x"));
    let packet = |dst: &str| ip_packet("fd03::1", dst, 60, &[50, 0, 1, 4, 0, 0, 0, 0]);
    let said = |dst: &str, transport: &[u8]| {
        let got = decode_headers(10, &packet(dst)[..40], transport, &sas);
        line(&got, Detail::Brief)
    };
    assert_eq!(said("fd03::2", &sealed[..20]), "esp fd03::1 > fd03::2 six");
    assert_eq!(
        said("fd03::9", &sealed[..20]),
        "ip fd03::1 > fd03::9 proto=60"
    );
    assert_eq!(
        said("fd03::2", &sealed[4..20]),
        "ip fd03::1 > fd03::2 proto=60"
    );
}

#[test]
fn one_packet_has_one_identity_from_hook_to_wire() {
    let sa = left_right();
    let clear = echo("10.0.1.100", "10.0.2.100", 1);
    let sealed = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp(&sa, 1, 4, &clear));
    let sas = table(&[("r1", &sa)]);
    let wire = identity(&decode_packet(&clear, &sas)).unwrap();
    let opened = identity(&decode_packet(&sealed, &sas)).unwrap();
    let hook = identity(&decode_headers(2, &clear[..20], &clear[20..40], &sas)).unwrap();
    assert!(wire.same(&opened) && opened.same(&hook) && hook.payload.is_none());
    let next = identity(&decode_packet(&echo("10.0.1.100", "10.0.2.100", 2), &sas)).unwrap();
    assert!(!wire.same(&next) && !wire.same_through_nat(&next));
    let translated = ip_packet(
        "9.9.9.9",
        "10.0.2.100",
        1,
        &icmp(8, 0, 0x7777_0001, &[0xa5; 56]),
    );
    let translated = identity(&decode_packet(&translated, &sas)).unwrap();
    assert!(wire.same_through_nat(&translated) && !wire.same(&translated));
}

#[test]
fn traffic_flow_padding_and_extended_sequence_numbers_are_fields() {
    let sa = crate::plan::State {
        esn: true,
        ..left_right()
    };
    let mut padded = echo("10.0.1.100", "10.0.2.100", 1);
    padded.extend([0; 40]);
    let packet = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp(&sa, 1, 4, &padded));
    let seen = words(&decode_packet(&packet, &table(&[("r1", &sa)])));
    assert_eq!(
        (seen.field("tfc"), seen.field("payload")),
        (Some("40"), Some("124"))
    );
    assert_eq!(seen.field("seq-high"), Some("0"));
    let dummy = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp(&sa, 1, 59, &[0; 10]));
    let seen = words(&decode_packet(&dummy, &table(&[("r1", &sa)])));
    assert_eq!(seen.inner.unwrap().field("proto"), Some("59"));
}

#[test]
fn beet_takes_its_addresses_from_the_selector() {
    let net = |text: &str| text.parse().unwrap();
    let selector = crate::plan::Selector {
        src: net("10.0.1.100/32"),
        dst: net("10.0.2.100/32"),
        proto: None,
        sport: None,
        dport: None,
        dev: None,
        uid: 0,
    };
    let mode = crate::plan::Mode::Beet;
    let sa = crate::plan::State {
        mode,
        selector: Some(selector),
        ..left_right()
    };
    let packet = ip_packet(
        "3.0.0.1",
        "5.0.0.1",
        50,
        &esp(&sa, 1, 1, &icmp(8, 0, 1, &[])),
    );
    let seen = words(&decode_packet(&packet, &table(&[("r1", &sa)])))
        .inner
        .unwrap();
    assert_eq!(
        seen.to_string(),
        "icmp echo-request 10.0.1.100 > 10.0.2.100 id=0x0000 seq=1 payload=0 csum=ok"
    );
}

#[test]
fn a_checksum_that_nat_made_stale_is_not_called_bad() {
    let sa = encap(left_right(), 4500, 4500);
    let mut datagram = udp(1000, 53, b"question");
    datagram[6..8].copy_from_slice(&[0x12, 0x34]);
    let in_udp = ip_packet(
        "3.0.0.1",
        "5.0.0.1",
        17,
        &udp(4500, 4500, &esp(&sa, 1, 17, &datagram)),
    );
    let sas = table(&[("r1", &sa)]);
    let csum = |packet: &[u8]| {
        let inner = words(&decode_packet(packet, &sas)).inner.unwrap();
        inner.field("csum").map(str::to_owned)
    };
    assert_eq!(csum(&in_udp), None);
    let plain = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp(&sa, 1, 17, &datagram));
    assert_eq!(csum(&plain).as_deref(), Some("bad"));
}

#[test]
fn an_expectation_says_only_what_matters() {
    let sa = encap(left_right(), 4500, 4500);
    let sealed = esp(&sa, 1, 4, &echo("10.0.1.100", "10.0.2.100", 1));
    let packet = ip_packet("3.0.0.1", "5.0.0.1", 17, &udp(40500, 4500, &sealed));
    let seen = words(&decode_packet(&packet, &table(&[("r2", &sa)])));
    let differs = |text: &str| Line::parse(text).unwrap().mismatch(&seen).map(|m| m.what);
    let from_the_design = "udp 3.0.0.1.40500 > 5.0.0.1.4500 esp site:left>right seq=1 len=* \
                           { icmp echo-request 10.0.1.100 > 10.0.2.100 }";
    assert_eq!(differs(from_the_design), None);
    assert_eq!(
        differs("udp * > 5.0.0.1.* esp spi=0x1000 iv=8 icv=16 pad=2 next=4 df"),
        None
    );
    assert_eq!(
        differs("udp 3.0.0.1.4500 > 5.0.0.1.4500").as_deref(),
        Some("source")
    );
    assert_eq!(
        differs("udp * > * esp site:right>left").as_deref(),
        Some("sa")
    );
    assert_eq!(differs("udp * > * keepalive").as_deref(), Some("words"));
    assert_eq!(
        differs("udp * > * esp * { icmp echo-reply }").as_deref(),
        Some("inner head")
    );
}
