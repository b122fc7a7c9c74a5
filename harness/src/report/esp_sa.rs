//! Owns the `esp_sa` file of a run folder: the SAs with their keys as Wireshark and tshark read them
//! (Preferences, Protocols, ESP; `epan/dissectors/packet-ipsec.c`, the eight
//! fields of Wireshark 4.0), so that they show what is inside.

use data_encoding::HEXLOWER;

use crate::observe::Observations;
use crate::plan::{Plan, Proto, State};

/// One line per ESP SA, each once. What Wireshark has no word for is left out.
pub(crate) fn write(plan: &Plan, obs: &Observations) -> String {
    let mut lines: Vec<String> = Vec::new();
    let foreign = obs.foreign.iter().map(|f| &f.state);
    for state in plan.states().map(|(_, s)| s).chain(foreign) {
        if let Some(line) = line(state)
            && !lines.contains(&line)
        {
            lines.push(line);
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn line(state: &State) -> Option<String> {
    if state.proto != Proto::Esp {
        return None;
    }
    let family = if state.dst.is_ipv4() { "IPv4" } else { "IPv6" };
    let algorithms = &state.algorithms;
    let (cipher, cipher_key, auth, auth_key) = match (&algorithms.aead, &algorithms.crypt) {
        (Some(aead), _) if aead.name == "rfc4106(gcm(aes))" => {
            let name = format!("AES-GCM with {} octet ICV [RFC4106]", aead.icv_bits / 8);
            (name, hex(&aead.key), "NULL".to_owned(), String::new())
        }
        (Some(_), _) => return None,
        (None, crypt) => {
            let (name, key) = match crypt {
                Some(crypt) => (cipher_name(&crypt.name)?, hex(&crypt.key)),
                None => ("NULL", String::new()),
            };
            let (auth, auth_key) = match &algorithms.auth {
                Some(a) => (auth_name(&a.name, a.trunc_bits)?.to_owned(), hex(&a.key)),
                None => ("NULL".to_owned(), String::new()),
            };
            (name.to_owned(), key, auth, auth_key)
        }
    };
    // Behind NAT a packet has other addresses than its SA.
    Some(format!(
        "\"{family}\",\"*\",\"*\",\"{}\",\"{cipher}\",\"{cipher_key}\",\"{auth}\",\"{auth_key}\"",
        state.spi
    ))
}

fn cipher_name(kernel: &str) -> Option<&'static str> {
    match kernel {
        "cbc(aes)" => Some("AES-CBC [RFC3602]"),
        "rfc3686(ctr(aes))" => Some("AES-CTR [RFC3686]"),
        "ecb(cipher_null)" => Some("NULL"),
        _ => None,
    }
}

fn auth_name(kernel: &str, bits: u32) -> Option<&'static str> {
    match (kernel, bits) {
        ("hmac(sha1)", 0 | 96) => Some("HMAC-SHA-1-96 [RFC2404]"),
        ("hmac(sha256)", 0 | 96) => Some("HMAC-SHA-256-96 [draft-ietf-ipsec-ciph-sha-256-00]"),
        ("hmac(sha256)", 128) => Some("HMAC-SHA-256-128 [RFC4868]"),
        ("hmac(sha384)", 0 | 192) => Some("HMAC-SHA-384-192 [RFC4868]"),
        ("hmac(sha512)", 0 | 256) => Some("HMAC-SHA-512-256 [RFC4868]"),
        _ => None,
    }
}

fn hex(key: &[u8]) -> String {
    format!("0x{}", HEXLOWER.encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sa_once() {
        let text = include_str!("../../../topologies/seeds/gateway-pair.toml");
        let source = crate::spec::Source::new("gateway-pair.toml", text);
        let document = crate::spec::parse(&source).unwrap();
        let plan = crate::spec::resolve(&document, None, &[]).unwrap();
        let text = write(&plan, &Observations::default());
        assert_eq!(text.lines().count(), 2);
        for line in text.lines() {
            assert!(line.starts_with("\"IPv4\",\"*\",\"*\",\"0x"), "{line}");
            assert!(
                line.contains("AES-GCM with 16 octet ICV [RFC4106]"),
                "{line}"
            );
        }
    }
}
