//! Owns which words the line of a packet may have, so that an expectation can be read before anything runs. It never
//! sees a packet.

use std::net::IpAddr;

use super::{Line, errors, mismatch::glob};

/// A kind of packet, by the first word of its line.
#[derive(Debug)]
pub struct Head {
    pub head: &'static str,
    /// Words of the protocol, behind the addresses.
    pub words: &'static [&'static str],
    fields: &'static [&'static [&'static str]],
}

const ESP: &[&str] = &[
    "spi",
    "seq",
    "iv",
    "icv",
    "pad",
    "next",
    "tfc",
    "payload",
    "seq-high",
    "key-of",
    "not-opened",
    "wrong",
];

/// What every packet with an IP header has; `off` only a fragment, `ipid` and `options` `IPv4` alone, `flow` and `ext`
/// `IPv6` alone.
pub const IP_FIELDS: &[&str] = &[
    "ttl", "tos", "len", "off", "ipid", "flow", "options", "ext", "ipcsum",
];

/// What the outermost packet of a captured frame has where the frame has VLAN tags.
pub const FRAME_FIELDS: &[&str] = &["vlan"];

const fn head(
    head: &'static str,
    words: &'static [&'static str],
    fields: &'static [&'static [&'static str]],
) -> Head {
    Head {
        head,
        words,
        fields,
    }
}

/// Every kind of packet.
pub const HEADS: &[Head] = &[
    head(
        "icmp",
        &[],
        &[&["id", "seq", "payload", "mtu", "gateway", "pointer", "csum"]],
    ),
    head(
        "icmp6",
        &[],
        &[&["id", "seq", "payload", "mtu", "pointer", "target", "csum"]],
    ),
    head(
        "udp",
        &["keepalive", "ike", "esp"],
        &[&["payload", "csum"], ESP],
    ),
    head(
        "tcp",
        &["syn", "fin", "rst", "psh", "ack", "urg", "ece", "cwr"],
        &[&["seq", "ack", "payload", "csum"]],
    ),
    head("esp", &[], &[ESP]),
    head(
        "ah",
        &[],
        &[&["spi", "seq", "icv", "next", "icv-ok", "seq-high", "wrong"]],
    ),
    head("ipcomp", &[], &[&["cpi", "next", "not-opened"]]),
    head("gre", &[], &[&["key", "seq", "proto"]]),
    head("ipip", &[], &[]),
    head("6in4", &[], &[]),
    head("4in6", &[], &[]),
    head("6in6", &[], &[]),
    head("igmp", &[], &[&["type"]]),
    head("ip-fragment", &[], &[&["proto"]]),
    head("ip", &["short"], &[&["proto"]]),
    head("arp", &[], &[]),
    head("ether", &[], &[&["type", "len"]]),
];

impl Head {
    /// Fields of its own.
    pub fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().flat_map(|list| list.iter().copied())
    }

    /// What may stand behind the first word, and what behind each of those.
    pub fn kinds(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        match self.head {
            "icmp" => errors::kinds(false),
            "icmp6" => errors::kinds(true),
            _ => Vec::new(),
        }
    }

    /// Everything that it can have in so many braces.
    fn all_fields(&self, depth: usize) -> Vec<&'static str> {
        let ip = !matches!(self.head, "arp" | "ether");
        let ip = IP_FIELDS.iter().copied().filter(|_| ip);
        let frame = FRAME_FIELDS.iter().copied().filter(|_| depth == 0);
        self.fields().chain(ip).chain(frame).collect()
    }
}

/// Something in a line that no packet has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strange {
    /// In how many braces it stands.
    pub depth: usize,
    /// The word as it stands in the line; of a field its key and `=`.
    pub word: String,
    pub message: String,
    /// What could stand there.
    pub known: Vec<&'static str>,
    pub hint: Option<String>,
}

impl Line {
    /// Every word that no packet has.
    pub fn strange(&self) -> Vec<Strange> {
        let mut found = Vec::new();
        let (mut layer, mut depth) = (Some(self), 0);
        while let Some(line) = layer {
            of_layer(line, depth, &mut found);
            (layer, depth) = (line.inner.as_deref(), depth + 1);
        }
        found
    }
}

fn of_layer(line: &Line, depth: usize, found: &mut Vec<Strange>) {
    let mut put = |word: &str, message: String, known: Vec<&'static str>, hint: Option<String>| {
        found.push(Strange {
            depth,
            word: word.to_owned(),
            message,
            known,
            hint,
        });
    };
    for address in line.src.iter().chain(&line.dst) {
        if !is_endpoint(address) {
            put(
                address,
                format!("`{address}` is no address"),
                Vec::new(),
                Some("`10.0.1.100`, with a port `10.0.1.100.4500`, or `*` for any".to_owned()),
            );
        }
    }
    let first = line.head.first().map_or("", String::as_str);
    if first.contains('*') {
        return;
    }
    let Some(kind) = HEADS.iter().find(|h| h.head == first) else {
        let heads = HEADS.iter().map(|h| h.head).collect();
        put(
            first,
            format!("`{first}` is no kind of packet"),
            heads,
            None,
        );
        return;
    };
    of_head(kind, line, &mut put);
    let fields = kind.all_fields(depth);
    for word in line
        .words
        .iter()
        .filter(|w| !kind.words.contains(&w.as_str()))
    {
        let message = format!("`{first}` has no word `{word}`");
        let field = fields.contains(&word.as_str());
        let hint = field.then(|| format!("it has a field of that name: `{word}=*`"));
        put(word, message, kind.words.to_vec(), hint);
    }
    // They stand in the order of the list, and are compared so.
    let places = line
        .words
        .iter()
        .filter_map(|w| kind.words.iter().position(|k| k == w));
    if !places.is_sorted() {
        let word = line.words.first().map_or("", String::as_str);
        let order: Vec<_> = kind
            .words
            .iter()
            .filter(|k| line.words.iter().any(|w| w == *k))
            .copied()
            .collect();
        let message = format!("`{first}` has its words in another order");
        put(
            word,
            message,
            Vec::new(),
            Some(format!("`{}`", order.join(" "))),
        );
    }
    for (key, _) in line
        .fields
        .iter()
        .filter(|(k, _)| !fields.contains(&k.as_str()))
    {
        let message = format!("`{first}` has no field `{key}`");
        put(&format!("{key}="), message, fields.clone(), None);
    }
}

/// The words of a head behind its first one.
fn of_head(
    kind: &Head,
    line: &Line,
    put: &mut impl FnMut(&str, String, Vec<&'static str>, Option<String>),
) {
    let (first, kinds) = (kind.head, kind.kinds());
    let mut rest = line.head.iter().skip(1);
    if first == "arp" {
        return;
    }
    if kinds.is_empty() {
        // Without addresses every word up to the first field is one of the head, which is then longer than any.
        if let Some(word) = rest.next() {
            let message = format!("`{word}` stands where `{first}` has its addresses");
            let hint = format!("with them in front of it: `{first} * > * {word}`");
            put(word, message, Vec::new(), Some(hint));
        }
        return;
    }
    let Some(word) = rest.next() else { return };
    let fits: Vec<_> = kinds.iter().filter(|(name, _)| glob(word, name)).collect();
    if fits.is_empty() && !is_number_of(word, "type-") {
        let names = kinds.iter().map(|(name, _)| *name).collect();
        put(
            word,
            format!("`{first}` has no message `{word}`"),
            names,
            None,
        );
        return;
    }
    let Some(code) = rest.next() else { return };
    let codes: Vec<_> = fits
        .iter()
        .flat_map(|(_, codes)| codes.iter().copied())
        .collect();
    if !codes.iter().any(|name| glob(code, name)) && !is_number_of(code, "code-") {
        put(
            code,
            format!("`{first} {word}` has no code `{code}`"),
            codes,
            None,
        );
    }
    if let Some(word) = rest.next() {
        put(
            word,
            format!("`{word}` stands behind the code"),
            Vec::new(),
            None,
        );
    }
}

/// `type-13`, of which there is no word.
fn is_number_of(word: &str, prefix: &str) -> bool {
    word.strip_prefix(prefix)
        .is_some_and(|number| number.parse::<u8>().is_ok())
}

/// An address, with a port behind it or not; with a `*` in it anything.
pub(crate) fn is_endpoint(text: &str) -> bool {
    let with_port = || {
        let (address, port) = text.rsplit_once('.')?;
        Some(address.parse::<IpAddr>().is_ok() && port.parse::<u16>().is_ok())
    };
    text.contains('*') || text.parse::<IpAddr>().is_ok() || with_port() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let line = Line::parse(text).unwrap();
        let found: Vec<_> = line.strange().into_iter().map(|s| s.message).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_kind_of_line_has_its_words() {
        for text in [
            "icmp",
            "icmp echo-request 10.0.0.1 > * id=1 seq=2 ttl=* len=84 df",
            "icmp unreachable frag-needed * > * mtu=1400 { udp * > * }",
            "icmp type-42 code-7",
            "icmp6 *-too-big fd00::1 > fd00::2 mtu=1280 ext=hop-by-hop",
            "udp 10.0.0.1.4500 > fd00::1.4500 esp site:left>right seq=1 iv=8 { tcp * > * syn ack }",
            "esp { icmp }",
            "arp who-has 10.0.0.1 tell 10.0.0.2",
            "* 10.0.0.1 > * anything=1",
            "arp who-has 10.0.0.1 tell 10.0.0.2 vlan=5,6",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn what_no_packet_has_is_told_at_its_depth() {
        check("icpm 1.1.1.1 > 2.2.2.2", &["`icpm` is no kind of packet"]);
        check("icmp echo-rqst", &["`icmp` has no message `echo-rqst`"]);
        check(
            "icmp unreachable prot",
            &["`icmp unreachable` has no code `prot`"],
        );
        check("udp * > * syn", &["`udp` has no word `syn`"]);
        check(
            "tcp * > * ack syn",
            &["`tcp` has its words in another order"],
        );
        check("tcp * > * syn ack", &[]);
        check("icmp * > * iv=8", &["`icmp` has no field `iv`"]);
        check(
            "esp vlan=5 { icmp vlan=5 }",
            &["`icmp` has no field `vlan`"],
        );
        check("esp 10.0.0.300 > *", &["`10.0.0.300` is no address"]);
        check(
            "udp * > 10.0.0.1.70000",
            &["`10.0.0.1.70000` is no address"],
        );
        check(
            "udp keepalive",
            &["`keepalive` stands where `udp` has its addresses"],
        );
        let line = Line::parse("esp * > * a { ipip * > * { tcp * > * sny } }").unwrap();
        let [strange] = line.strange().try_into().unwrap();
        assert_eq!((strange.depth, strange.word.as_str()), (2, "sny"));
        assert!(strange.known.contains(&"syn"));
    }
}
