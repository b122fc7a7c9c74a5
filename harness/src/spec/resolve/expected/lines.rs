//! Owns what lines of nodes and wires say that nothing could be. It never compares them with anything seen.

use super::{Sayable, Text, tell, texts};
use crate::{
    judge::{BlockKind, Fate, StoryLine},
    spec::{
        block::{check_length, first_words, read_block},
        diagnostic::shorten,
        resolve::draft::Findings,
        schema::steps::BlockText,
    },
    wire::{Line, line::is_endpoint},
};

/// States of a connection that a hook tells, as `ct state` of nft has them, and `none` ahead of conntrack.
const CT: [&str; 6] = [
    "new",
    "established",
    "related",
    "untracked",
    "invalid",
    "none",
];

/// Families that a table of nft has.
const FAMILIES: [&str; 6] = ["ip", "ip6", "inet", "arp", "bridge", "netdev"];

/// One block, of a node or of a capture point.
pub(super) fn check(
    kind: BlockKind,
    place: &str,
    block: &BlockText,
    sayable: &Sayable,
    findings: &mut Findings,
) {
    let texts: Vec<Text<'_>> = texts(block).collect();
    for text in &texts {
        if let Err(message) = check_length(text.text) {
            findings.error(text.span, message);
        }
    }
    let (lines, problems) = read_block(kind, texts.iter().map(|t| t.text));
    for (number, problem) in problems {
        let text = &texts[number];
        let span = problem
            .word()
            .map_or(text.span, |word| text.any_depth(word, findings));
        let known = first_words(&problem);
        match problem.word().filter(|_| !known.is_empty()) {
            Some(word) => tell(span, problem.to_string(), (word, &known), findings),
            None => {
                findings.error(span, problem.to_string());
            }
        }
    }
    for (number, line) in lines {
        let node = (kind == BlockKind::Node).then_some(place);
        of_line(&texts[number], node, &line, sayable, findings);
    }
}

impl Text<'_> {
    /// The place of a word, however deep.
    fn any_depth(&self, word: &str, findings: &Findings) -> crate::spec::source::Span {
        let depths = 0..8;
        let mut places = depths.map(|depth| self.word(depth, word, findings));
        places.find(|p| *p != self.span).unwrap_or(self.span)
    }
}

fn of_line(
    text: &Text<'_>,
    node: Option<&str>,
    line: &StoryLine,
    sayable: &Sayable,
    findings: &mut Findings,
) {
    let devices = line.iif.iter().chain(&line.oif);
    for (node, device) in devices.filter_map(|device| Some((node?, device))) {
        if let Some(known) = sayable.devices_instead_of(node, device) {
            let span = text.word(0, device, findings);
            let message = format!("node `{node}` has no device `{}`", shorten(device));
            tell(span, message, (device, &known), findings);
        }
    }
    if let Some(sa) = &line.sa {
        of_sa(text, 0, sa, sayable, findings);
    }
    let mut one_of = |what: &str, word: &str, known: &[&str]| {
        if !word.contains('*') && !known.contains(&word) {
            let span = text.word(0, word, findings);
            findings.problems.unknown(span, what, word, known);
        }
    };
    if let Some(ct) = &line.ct {
        one_of("conntrack state", ct, &CT);
    }
    if let Some(Fate::Drop(Some(drop))) = &line.fate {
        one_of("family", &drop.family, &FAMILIES);
    }
    for address in line.nat.iter().flat_map(|(src, dst)| [src, dst]) {
        if !is_endpoint(address) {
            let span = text.word(0, address, findings);
            findings.error(span, format!("`{}` is no address", shorten(address)));
        }
    }
    if let Some(packet) = &line.packet {
        of_packet(text, packet, sayable, findings);
    }
}

fn of_packet(text: &Text<'_>, packet: &Line, sayable: &Sayable, findings: &mut Findings) {
    for strange in packet.strange() {
        let span = match strange.word.strip_suffix('=') {
            Some(key) => text.key(strange.depth, key, findings),
            None => text.word(strange.depth, &strange.word, findings),
        };
        let word = strange.word.trim_end_matches('=');
        match strange.hint {
            Some(hint) => {
                findings.error(span, strange.message).hint(hint);
            }
            None => tell(span, strange.message, (word, &strange.known), findings),
        }
    }
    let (mut layer, mut depth) = (Some(packet), 0);
    while let Some(line) = layer {
        if let Some(sa) = &line.sa {
            of_sa(text, depth, sa, sayable, findings);
        }
        (layer, depth) = (line.inner.as_deref(), depth + 1);
    }
}

fn of_sa(text: &Text<'_>, depth: usize, sa: &str, sayable: &Sayable, findings: &mut Findings) {
    if let Some(known) = sayable.sas_instead_of(sa) {
        let span = text.word(depth, sa, findings);
        let message = format!("no node has an SA `{}`", shorten(sa));
        tell(span, message, (sa, &known), findings);
    }
}
