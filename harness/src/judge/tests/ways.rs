//! Journeys that are harder to follow than one request through one tunnel.

use super::fixture::{self, Recorder, back, reply, request, there};
use super::packets::{echo, esp, ethernet, ipv4};
use crate::judge::{stated, tell};
use crate::observe::{Direction, Observations};
use crate::plan::{Encap, EncapType, Plan};

#[track_caller]
fn check(plan: &Plan, obs: &Observations, node: &str, expected: &[&str]) {
    let lines = stated(plan, obs, 0, node);
    let squeezed: Vec<_> = lines
        .iter()
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(squeezed, expected);
}

fn finished(r: Recorder) -> Observations {
    r.finish(&[], true)
}

#[test]
fn lines_of_one_packet_stay_together_when_packets_interleave() {
    let mut r = Recorder::new();
    r.tunnelled(&request(), 1);
    r.tunnelled(&request(), 2);
    let mut obs = finished(r);
    // Both packets are in r1 at the same time: their events alternate.
    let (mine, others): (Vec<_>, Vec<_>) = obs.traces.into_iter().partition(|t| t.node == "r1");
    let (mut first, mut second) = (mine[..10].to_vec(), mine[10..].to_vec());
    for event in &mut second {
        event.id = 8;
    }
    let mut woven = Vec::new();
    while !first.is_empty() {
        woven.push(first.remove(0));
        woven.push(second.remove(0));
    }
    obs.traces = woven.into_iter().chain(others).collect();
    let one = [
        "prerouting in eth0 icmp echo-request 10.0.1.100 > 10.0.2.100",
        "forward in eth0 out eth1 icmp echo-request 10.0.1.100 > 10.0.2.100",
        "postrouting out eth1 icmp echo-request 10.0.1.100 > 10.0.2.100",
        "encode site:left>right",
        "output out eth1 esp 3.0.0.1 > 5.0.0.1 site:left>right",
        "postrouting out eth1 esp 3.0.0.1 > 5.0.0.1 site:left>right",
    ];
    check(&fixture::plan(), &obs, "r1", &[one, one].concat());
}

#[test]
fn the_same_spi_in_both_directions_is_two_sas() {
    let mut plan = fixture::plan();
    let mut there = there();
    let mut back = back();
    back.spi = there.spi;
    there.name = "out".to_owned();
    back.name = "back".to_owned();
    for node in plan.nodes.iter_mut().filter(|n| !n.states.is_empty()) {
        node.states = vec![there.clone(), back.clone()];
    }
    let mut r = Recorder::new();
    r.tunnelled(
        &fixture::Way {
            sa: there,
            ..request()
        },
        1,
    );
    r.tunnelled(
        &fixture::Way {
            sa: back,
            ..reply()
        },
        1,
    );
    let lines = stated(&plan, &finished(r), 0, "r2").join("\n");
    assert!(lines.contains("decode       out"), "{lines}");
    assert!(lines.contains("encode       back"), "{lines}");
}

#[test]
fn an_envelope_that_no_key_opens_is_followed_by_trace_id() {
    let mut plan = fixture::plan();
    for node in &mut plan.nodes {
        for state in &mut node.states {
            state.algorithms.aead.as_mut().unwrap().key = vec![9; 20];
        }
    }
    let mut r = Recorder::new();
    r.tunnelled(&request(), 1);
    let obs = finished(r);
    let story = tell(&plan, &obs);
    assert_eq!(story.steps[0].journeys.len(), 1, "{story:#?}");
    let lines = stated(&plan, &obs, 0, "r1").join("\n");
    assert!(lines.contains("encode       site:left>right"), "{lines}");
}

/// ESP in UDP from behind a router that rewrites address and port.
#[test]
fn esp_in_udp_is_followed_through_nat() {
    let mut plan = fixture::plan();
    let mut sa = there();
    sa.encap = Some(Encap {
        kind: EncapType::EspInUdp,
        sport: 4500,
        dport: 4500,
        oaddr: "0.0.0.0".parse().unwrap(),
    });
    for node in plan.nodes.iter_mut().filter(|n| !n.states.is_empty()) {
        node.states = vec![sa.clone()];
    }
    let inner = echo(fixture::H1, fixture::H2, true, 1, 63);
    let sealed = esp(&sa, 1, &inner, 64);
    let udp = |src: &str, port: u16, ttl| {
        let mut datagram = port.to_be_bytes().to_vec();
        datagram.extend(4500_u16.to_be_bytes());
        datagram.extend((8 + sealed.len() as u16 - 20).to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(&sealed[20..]);
        ipv4(src, "5.0.0.1", 17, ttl, &datagram)
    };
    let (before, after) = (udp("3.0.0.1", 4500, 64), udp("4.0.0.9", 40500, 63));
    let mut r = Recorder::new();
    r.hook(
        "r1",
        "prerouting",
        ("eth0", ""),
        &echo(fixture::H1, fixture::H2, true, 1, 64),
    );
    r.hook("r1", "output", ("", "eth1"), &before);
    r.hook("r1", "postrouting", ("", "eth1"), &before);
    r.link(("r1", "eth1"), ("rt", "eth0"), &before);
    r.hook("rt", "prerouting", ("eth0", ""), &before);
    r.hook_nat(
        "rt",
        "postrouting",
        ("", "eth1"),
        &udp("3.0.0.1", 4500, 63),
        &after,
    );
    r.link(("rt", "eth1"), ("r2", "eth1"), &after);
    r.hook("r2", "prerouting", ("eth1", ""), &after);
    r.hook("r2", "input", ("eth1", ""), &after);
    r.frame(("r2", "eth1"), Direction::In, &ethernet(&inner));
    r.hook("r2", "prerouting", ("eth1", ""), &inner);
    let obs = finished(r);
    assert_eq!(tell(&plan, &obs).steps[0].journeys.len(), 1);
    let esp = "esp site:left>right";
    let whole = format!("udp 3.0.0.1.4500 > 5.0.0.1.4500 {esp}");
    check(
        &plan,
        &obs,
        "rt",
        &[
            &format!("prerouting in eth0 {whole}"),
            &format!("postrouting out eth1 {whole} => 4.0.0.9.40500 > 5.0.0.1.4500"),
        ],
    );
    let natted = format!("udp 4.0.0.9.40500 > 5.0.0.1.4500 {esp}");
    check(
        &plan,
        &obs,
        "r2",
        &[
            &format!("prerouting in eth1 {natted}"),
            &format!("input in eth1 {natted}"),
            "decode site:left>right",
            "prerouting in eth1 icmp echo-request 10.0.1.100 > 10.0.2.100",
        ],
    );
    let lines = stated(&plan, &obs, 0, "r1").join("\n");
    assert!(lines.contains("encode       site:left>right"), "{lines}");
}

/// Transport mode: the packet passes prerouting again and no capture sees it.
#[test]
fn a_transport_mode_packet_is_decoded_between_input_and_prerouting() {
    let mut r = Recorder::new();
    let clear = echo("3.0.0.1", "5.0.0.1", true, 1, 64);
    let mut plan = fixture::plan();
    let mut sa = there();
    sa.mode = crate::plan::Mode::Transport;
    for node in plan.nodes.iter_mut().filter(|n| !n.states.is_empty()) {
        node.states = vec![sa.clone()];
    }
    let suite = crate::wire::esp::Suite::of(&sa.algorithms).unwrap();
    let draft = crate::wire::esp::Draft {
        spi: sa.spi,
        seq: 1,
        seq_high: None,
        iv: &[0; 8],
        next_header: 1,
        payload: &clear[20..],
        padding: crate::wire::esp::Padding::Minimal,
    };
    let sealed = crate::wire::esp::seal(&draft, &suite).unwrap();
    let sealed = ipv4("3.0.0.1", "5.0.0.1", 50, 64, &sealed);
    r.hook("r1", "output", ("", "eth1"), &clear);
    r.hook("r1", "postrouting", ("", "eth1"), &clear);
    r.hook("r1", "output", ("", "eth1"), &sealed);
    r.hook("r1", "postrouting", ("", "eth1"), &sealed);
    r.link(("r1", "eth1"), ("rt", "eth0"), &sealed);
    r.hook("r2", "prerouting", ("eth1", ""), &sealed);
    r.hook("r2", "input", ("eth1", ""), &sealed);
    r.hook("r2", "prerouting", ("eth1", ""), &clear);
    r.hook("r2", "input", ("eth1", ""), &clear);
    let obs = finished(r);
    let esp = "esp 3.0.0.1 > 5.0.0.1 site:left>right";
    let icmp = "icmp echo-request 3.0.0.1 > 5.0.0.1";
    check(
        &plan,
        &obs,
        "r1",
        &[
            &format!("output out eth1 {icmp}"),
            &format!("postrouting out eth1 {icmp}"),
            "encode site:left>right",
            &format!("output out eth1 {esp}"),
            &format!("postrouting out eth1 {esp}"),
        ],
    );
    check(
        &plan,
        &obs,
        "r2",
        &[
            &format!("prerouting in eth1 {esp}"),
            &format!("input in eth1 {esp}"),
            "decode site:left>right",
            &format!("prerouting in eth1 {icmp}"),
            &format!("input in eth1 {icmp}"),
        ],
    );
}

#[test]
fn a_duplicate_is_refused_and_told_once_more() {
    let mut r = Recorder::new();
    r.tunnelled(&request(), 1);
    r.transit(&request(), 1);
    r.arrive(&request(), 1);
    let lines = stated(&fixture::plan(), &finished(r), 0, "r2");
    let decodes = lines.iter().filter(|l| l.starts_with("decode")).count();
    let inputs = lines.iter().filter(|l| l.starts_with("input")).count();
    assert_eq!((inputs, decodes), (2, 1), "{lines:#?}");
}

#[test]
fn an_icmp_error_is_told_apart_unless_a_block_mentions_it() {
    let mut r = Recorder::new();
    r.tunnelled(&request(), 1);
    let about = echo(fixture::H1, fixture::H2, true, 1, 64);
    let answer = super::packets::unreachable("10.0.2.1", fixture::H2, &about);
    r.hook("r2", "output", ("", "eth0"), &answer);
    r.hook("r2", "postrouting", ("", "eth0"), &answer);
    r.link(("r2", "eth0"), ("h2", "eth0"), &answer);
    let obs = finished(r);
    let mut plan = fixture::plan();
    let lines: Vec<&str> = fixture::AT_R2.trim().lines().take(6).collect();
    let without = lines.join("\n") + "\n";
    let error = "icmp unreachable net 10.0.2.1 > 10.0.2.100";
    let with = format!("{without}output out eth0 {error}\npostrouting out eth0 {error}\n");
    for text in [&without, &with] {
        plan.steps[0].expect.nodes = vec![("r2".to_owned(), fixture::block(text))];
        assert_eq!(crate::judge::judge(&plan, &obs).findings, [], "{text}");
    }
}

/// A later fragment shows no port: the first one of its datagram tells whether ESP in UDP protects it.
#[test]
fn fragments_of_esp_in_udp_are_no_leak_and_those_of_udp_are() {
    let mut plan = fixture::plan();
    let mut sa = there();
    sa.encap = Some(Encap {
        kind: EncapType::EspInUdp,
        sport: 4500,
        dport: 4500,
        oaddr: "0.0.0.0".parse().unwrap(),
    });
    for node in plan.nodes.iter_mut().filter(|n| !n.states.is_empty()) {
        node.states = vec![sa.clone()];
    }
    plan.steps[0].expect = crate::plan::Expect::default();
    let sealed = esp(&sa, 1, &echo(fixture::H1, fixture::H2, true, 1, 63), 64);
    let leaks = |port: u16| {
        let ports = port.to_be_bytes();
        let length = (8 + sealed.len() as u16 - 20).to_be_bytes();
        let datagram = [&ports[..], &ports, &length, &[0, 0], &sealed[20..]].concat();
        let part = |at: usize, end: usize, more: u8| {
            let mut packet = ipv4("3.0.0.1", "5.0.0.1", 17, 64, &datagram[at..end]);
            packet[4..8].copy_from_slice(&[0x12, 0x34, more, (at / 8) as u8]);
            packet
        };
        let mut r = Recorder::new();
        r.link(("r1", "eth1"), ("rt", "eth0"), &part(0, 64, 0x20));
        r.link(("r1", "eth1"), ("rt", "eth0"), &part(64, datagram.len(), 0));
        let findings = crate::judge::judge(&plan, &finished(r)).findings;
        let leaks = findings
            .iter()
            .filter(|f| f.kind == crate::judge::FindingKind::Leak);
        leaks.map(|f| f.diff.len()).sum::<usize>()
    };
    assert_eq!((leaks(4500), leaks(5300)), (0, 2));
}
