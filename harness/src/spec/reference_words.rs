//! Owns the lists of the reference that no table of the language has: words of packets, counters. They are those
//! by which expectations are read.

use std::fmt::Write as _;

use crate::{
    judge::Hook,
    observe::{EVENT_WORDS, LINK_COUNTERS, NFT_COUNTERS, SA_COUNTERS, XFRM_COUNTERS, snmp_groups},
    spec::diagnostic::list_words,
    wire::line::{FRAME_FIELDS, HEADS, Head, IP_FIELDS},
};

/// Appends all of them.
pub(crate) fn lists(text: &mut String) {
    packets(text);
    text.push_str(
        "\n## Counters\n\nFor `expect.counters` and `fails.counter` (`/proc/net/xfrm_stat`):\n\n",
    );
    put(text, XFRM_COUNTERS);
    for (table, names) in [
        ("links", LINK_COUNTERS.as_slice()),
        ("sas", &SA_COUNTERS),
        ("nft", &NFT_COUNTERS),
    ] {
        let _ = write!(text, "\nFor `expect.{table}`:\n\n");
        put(text, names);
    }
    text.push_str(
        "\nFor `expect.snmp`, each behind its prefix (`UdpNoPorts`); those of MPTCP (`MPTcpExt`) and of single ICMP \
         types (`Icmp6OutType135`) as well:\n\n",
    );
    for (prefix, names) in snmp_groups() {
        let _ = writeln!(text, "- `{prefix}`: {}", names.join(", "));
    }
}

fn packets(text: &mut String) {
    let _ = write!(
        text,
        "\n## Words of lines\n\nA line at a node begins with {}, `encode` or `decode`; one of events with {}. A packet \
         begins with its kind; every one with an IP header has the fields {}, and the flags `df` and `more`; on a wire {} tells the VLAN tags of the frame, outermost first.\n\n",
        list_words(&Hook::ALL.map(Hook::word)).replace(" or ", ", "),
        list_words(&EVENT_WORDS),
        list_words(IP_FIELDS).replace(" or ", ", "),
        list_words(FRAME_FIELDS),
    );
    for head in HEADS {
        let _ = writeln!(text, "- `{}`{}", head.head, said(head));
    }
}

fn said(head: &Head) -> String {
    let mut out = String::new();
    let fields: Vec<&str> = head.fields().collect();
    let kinds = head.kinds().into_iter().map(|(kind, codes)| {
        let codes = codes.join(", ");
        if codes.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind} ({codes})")
        }
    });
    let kinds: Vec<String> = kinds.collect();
    for (what, words) in [
        ("messages and their codes", kinds.join(", ")),
        ("words behind the addresses", head.words.join(", ")),
        ("fields", fields.join(", ")),
    ] {
        if !words.is_empty() {
            let _ = write!(out, "; {what}: {words}");
        }
    }
    out.replacen(';', ":", 1)
}

/// The words as a paragraph.
fn put(text: &mut String, words: &[&str]) {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    let _ = writeln!(text, "{}.", quoted.join(", "));
}
