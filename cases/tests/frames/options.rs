//! IPv6 extension headers ahead of ESP: hop-by-hop options, and destination options. What we put behind them a kernel
//! opens; what a kernel puts there we open.

use std::fmt::Write as _;

use xfrmlab::wire::esp::{Draft, Padding, Suite, seal};

use crate::{algorithm::GCM_128_ICV_128, lab};

const HOP_BY_HOP: u8 = 0;
const DESTINATION: u8 = 60;
const ESP: u8 = 50;
const UDP: u8 = 17;
const CHAINS: [&[u8]; 3] = [&[HOP_BY_HOP], &[DESTINATION], &[HOP_BY_HOP, DESTINATION]];

const NODES: &str = "title = \"options ahead of ESP\"\n[nodes.r1]\n[nodes.r2]\n\
    [[links]]\nends = [\"r1:eth1 fd03::1/64\", \"r2:eth1 fd03::2/64\"]\n";

/// A world in which the receiver alone has an SA: the sender is our codec.
fn receiving() -> String {
    format!(
        "{NODES}[sas.site]\nsrc = \"fd03::1\"\ndst = \"fd03::2\"\nproto = \"esp\"\nspi = 0x1000\n\
         mode = \"transport\"\nat = [\"r2\"]\n{}",
        GCM_128_ICV_128.text()
    )
}

/// A world in which a kernel seals.
fn sending() -> String {
    format!(
        "{NODES}[tunnels.site]\nleft = {{ node = \"r1\", outer = \"fd03::1\" }}\n\
         right = {{ node = \"r2\", outer = \"fd03::2\" }}\nmode = \"transport\"\n{}",
        GCM_128_ICV_128.text()
    )
}

/// A step that sends these bytes.
fn step(name: &str, packet: &[u8]) -> String {
    let hex = packet.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("[[steps]]\nname = \"{name}\"\nraw = {{ from = \"r1\", hex = \"0x{hex}\" }}\n")
}

/// An IPv6 packet from `fd03::1` to `fd03::2` with these extension headers, each of eight bytes that mean nothing.
fn packet(options: &[u8], protocol: u8, body: &[u8]) -> Vec<u8> {
    let mut chain: Vec<u8> = options.to_vec();
    chain.push(protocol);
    let length = 8 * options.len() + body.len();
    let mut out = vec![0x60, 0, 0, 0, 0, length as u8, chain[0], 64];
    for last in [1, 2] {
        out.extend([0xfd, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    for next in &chain[1..] {
        // `PadN` of four bytes.
        out.extend([*next, 0, 1, 4, 0, 0, 0, 0]);
    }
    out.extend(body);
    out
}

/// A UDP datagram that nobody waits for.
fn datagram() -> Vec<u8> {
    let mut udp = [40000_u16, 9, 16, 0].map(u16::to_be_bytes).concat();
    udp.extend([7; 8]);
    udp
}

/// What comes out of the envelope has its options still, behind which a trace event does not show what there is: the
/// counter of the SA says that it was opened.
#[test]
fn a_kernel_opens_esp_behind_options() {
    let text = receiving();
    let (_, plan) = lab::planned(
        "options",
        text.clone() + &step("none", &packet(&[], UDP, &datagram())),
    );
    let sa = &plan.states().find(|(_, s)| s.name == "site").unwrap().1;
    let suite = Suite::of(&sa.algorithms).unwrap();
    let sealed = |seq: u32, icv: u8| {
        let draft = Draft {
            spi: sa.spi,
            seq,
            seq_high: None,
            iv: &[9; 8],
            next_header: UDP,
            payload: &datagram(),
            padding: Padding::Minimal,
        };
        let mut esp = seal(&draft, &suite).unwrap();
        *esp.last_mut().unwrap() ^= icv;
        esp
    };
    let mut steps = String::new();
    for (index, chain) in CHAINS.into_iter().enumerate() {
        let seq = index as u32 + 1;
        steps += &step(
            &format!("behind {chain:?}"),
            &packet(chain, ESP, &sealed(seq, 0)),
        );
        let _ = write!(
            steps,
            "expect.sas.\"r2 site\" = {{ packets = 1, failed = 0 }}\n\
             expect.wire.\"r1>r2\" = \"esp fd03::1 > fd03::2 site seq={seq} next=17 {{ udp fd03::1.40000 > fd03::2.9 }}\"\n\
             expect.node.r2 = \"\"\"\n...\ninput in eth1 esp fd03::1 > fd03::2 site\n...\n\"\"\"\n"
        );
        steps += &step(
            &format!("behind {chain:?}, icv wrong"),
            &packet(chain, ESP, &sealed(seq + 10, 1)),
        );
        steps += "expect.sas.\"r2 site\" = { packets = 0, failed = 1 }\n\
                  expect.counters.r2 = { XfrmInStateProtoError = 1 }\n";
    }
    lab::passes("options", text + &steps);
}

/// In transport mode a kernel puts ESP behind both, and seals no destination options: `ip6_find_1stfragopt` in
/// `net/ipv6/output_core.c` stops ahead of those that a routing header precedes alone (seen on 6.12).
#[test]
fn we_open_what_a_kernel_puts_behind_options() {
    let mut steps = String::new();
    for chain in CHAINS {
        steps += &step(&format!("with {chain:?}"), &packet(chain, UDP, &datagram()));
        let _ = write!(
            steps,
            "expect.sas.\"r1 site:left>right\" = {{ packets = 1 }}\n\
             expect.sas.\"r2 site:left>right\" = {{ packets = 1, failed = 0 }}\n\
             expect.wire.\"r1>r2\" = \"esp fd03::1 > fd03::2 site:left>right next=17 {{ udp fd03::1.40000 > fd03::2.9 }}\"\n"
        );
    }
    lab::passes("options", sending() + &steps);
}
