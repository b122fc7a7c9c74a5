//! Owns the test that no bytes make a decoder panic: pseudo-random bytes, and valid packets
//! with changed, cut and repeated parts, the same in every run. Test code only.

use super::{samples::*, *};
use crate::names::Spi;

/// `xorshift64*`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n.max(1)
    }
}

fn null_sa() -> crate::plan::State {
    // Without cipher and ICV every change reaches the layers inside.
    let mut sa = state("null", "3.0.0.1", "5.0.0.1", 0x3000, 0);
    sa.algorithms.aead = None;
    sa.algorithms.crypt = Some(crate::plan::Crypt {
        name: "ecb(cipher_null)".into(),
        key: vec![],
    });
    encap(sa, 4500, 4500)
}

fn seeds(sas: &[crate::plan::State]) -> Vec<Vec<u8>> {
    let clear = echo("10.0.1.100", "10.0.2.100", 1);
    let mut seeds = vec![clear.clone(), ip_packet("1.1.1.1", "2.2.2.2", 4, &clear)];
    for sa in sas {
        let sealed = esp(sa, 1, 4, &clear);
        seeds.push(ip_packet("3.0.0.1", "5.0.0.1", 50, &sealed));
        seeds.push(ip_packet(
            "3.0.0.1",
            "5.0.0.1",
            17,
            &udp(4500, 4500, &sealed),
        ));
        seeds.push(ip_packet(
            "1.1.1.1",
            "2.2.2.2",
            1,
            &icmp(3, 4, 1400, &sealed),
        ));
    }
    let mut ah = vec![4, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    ah.extend([0; 12]);
    ah.extend(&clear);
    seeds.push(ip_packet("3.0.0.1", "5.0.0.1", 51, &ah));
    let mut gre = vec![0xb0, 0, 0x65, 0x58];
    gre.extend([0; 26]);
    gre.extend(&clear);
    seeds.push(ip_packet("3.0.0.1", "5.0.0.1", 47, &gre));
    let mut hops = vec![
        60, 0, 0, 0, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 58, 0, 0, 1, 0, 0, 0, 9,
    ];
    hops.extend(icmp(135, 0, 0, &[9; 16]));
    seeds.push(ip_packet("fd00::1", "fd00::2", 0, &hops));
    seeds
}

#[test]
fn no_bytes_panic() {
    let sas = [state("gcm", "3.0.0.1", "5.0.0.1", 0x1000, 7), null_sa()];
    let table = table(&[("r1", &sas[0]), ("r2", &sas[1])]);
    let seeds = seeds(&sas);
    let suites: Vec<esp::Suite> = sas
        .iter()
        .map(|sa| esp::Suite::of(&sa.algorithms).unwrap())
        .collect();
    let mut random = Random(0x5eed_0001);
    for round in 0..200_000_usize {
        let mut bytes = seeds[random.below(seeds.len())].clone();
        if round % 8 == 0 {
            bytes = (0..random.below(90)).map(|_| random.next() as u8).collect();
        }
        for _ in 0..random.below(4) {
            let at = random.below(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.next() as u8;
            }
        }
        if random.below(3) == 0 {
            bytes.truncate(random.below(bytes.len() + 1));
        }
        let packet = match round % 4 {
            0 => decode_frame(&ethernet(0x0800, &bytes), &table).packet,
            1 => {
                let cut = bytes.len().min(random.below(44));
                decode_headers(random.below(12) as u8, &bytes[..cut], &bytes[cut..], &table)
            }
            2 => {
                let suite = &suites[random.below(suites.len())];
                let _ = esp::open(bytes.get(20..).unwrap_or_default(), suite, &[]);
                continue;
            }
            _ => decode_packet(&bytes, &table),
        };
        // Words and text are made from every sixteenth: they cost more than decoding.
        if round % 16 == 3 {
            let said = line(&packet, Detail::Everything);
            // What a line can say is what an expectation may.
            assert_eq!(words(&packet).strange(), [], "{said}");
            assert_eq!(
                Line::parse(&said).unwrap().mismatch(&words(&packet)),
                None,
                "{said}"
            );
            let _ = identity(&packet);
        }
    }
}

#[test]
fn nesting_has_an_end() {
    let sa = null_sa();
    let table = table(&[("r1", &sa)]);
    let mut packet = echo("10.0.1.100", "10.0.2.100", 1);
    for _ in 0..300 {
        packet = ip_packet("3.0.0.1", "5.0.0.1", 50, &esp(&sa, 1, 4, &packet));
    }
    let said = line(&decode_packet(&packet, &table), Detail::Normal);
    assert!(said.matches('{').count() < 20, "{said}");
    assert!(matches!(Line::parse(&said), Ok(l) if l.field("seq") == Some("1")));
    assert_eq!(sa.spi, Spi(0x3000));
}

#[test]
fn no_text_makes_the_parser_panic() {
    let parts = [
        "icmp",
        ">",
        "{",
        "}",
        "a=b",
        "=",
        "\"",
        "a=\"b c\"",
        "*",
        "esp",
        "é",
        " ",
        "df",
    ];
    let mut random = Random(0x5eed_0002);
    for _ in 0..20_000 {
        let text: Vec<&str> = (0..random.below(12))
            .map(|_| parts[random.below(parts.len())])
            .collect();
        let text = text.join([" ", ""][random.below(2)]);
        if let Ok(line) = Line::parse(&text) {
            assert_eq!(Line::parse(&line.to_string()).as_ref(), Ok(&line), "{text}");
        }
    }
}
