//! Owns the table of SAs that a decoder may try. It is filled from what was installed,
//! and asked with what stands on the wire: destination, protocol, SPI.

use std::{collections::HashMap, net::IpAddr};

use super::esp::{AuthKey, Suite, SuiteError};
use crate::{
    names::Spi,
    plan::{Encap, Mode, Plan, Proto, Selector, State, Traffic},
};

/// One SA with one set of keys, and the nodes that installed it so.
#[derive(Clone, Debug, PartialEq)]
pub struct SaEntry {
    /// Symbolic name: `site:left>right`.
    pub name: String,
    /// Nodes that hold the SA with exactly these keys.
    pub nodes: Vec<String>,
    pub src: IpAddr,
    pub dst: IpAddr,
    pub proto: Proto,
    pub spi: Spi,
    pub mode: Mode,
    pub encap: Option<Encap>,
    pub esn: bool,
    pub selector: Option<Selector>,
    pub(crate) keys: Keys,
}

/// What opens or verifies a packet of an SA.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Keys {
    Esp(Result<Suite, SuiteError>),
    Ah(Result<AuthKey, SuiteError>),
    /// Name of the compression.
    Comp(Option<String>),
}

impl SaEntry {
    pub(super) fn of(node: &str, state: &State) -> Self {
        let keys = match (state.proto, &state.algorithms.auth) {
            (Proto::Esp, _) => Keys::Esp(Suite::of(&state.algorithms)),
            (Proto::Ah, Some(auth)) => Keys::Ah(AuthKey::of(auth)),
            (Proto::Ah, None) => Keys::Ah(Err(SuiteError::NoAuthentication)),
            // Headers that are not sealed: there is nothing to open, but to unpack.
            (Proto::Comp | Proto::Route2 | Proto::Hao, _) => {
                Keys::Comp(state.algorithms.comp.clone())
            }
        };
        Self {
            name: state.name.clone(),
            nodes: vec![node.to_owned()],
            src: state.src,
            dst: state.dst,
            proto: state.proto,
            spi: state.spi,
            mode: state.mode,
            encap: state.encap,
            esn: state.esn,
            selector: state.selector.clone(),
            keys,
        }
    }

    fn same_but_for_nodes(&self, other: &Self) -> bool {
        let other = Self {
            nodes: self.nodes.clone(),
            ..other.clone()
        };
        *self == other
    }
}

/// All SAs that a decoder may try.
#[derive(Clone, Debug)]
pub struct SaTable {
    by_destination: HashMap<(IpAddr, Proto, Spi), Vec<SaEntry>>,
    /// The same entries without their destination: behind NAT a packet carries an address
    /// that no SA names.
    by_spi: HashMap<(Proto, Spi), Vec<SaEntry>>,
    /// Guesses for the high half of extended sequence numbers.
    pub(crate) highs: Vec<u32>,
    /// High halves that the harness's own encoder sends with: what a receiver need not be at.
    pub(crate) sent: Vec<u32>,
}

impl Default for SaTable {
    fn default() -> Self {
        // Every SA starts with a high half of 0.
        Self {
            by_destination: HashMap::new(),
            by_spi: HashMap::new(),
            highs: vec![0],
            sent: Vec::new(),
        }
    }
}

impl SaTable {
    /// Every SA that the plan installs anywhere, at the start or in a step.
    pub fn from_plan(plan: &Plan) -> Self {
        let mut table = Self::default();
        for (node, state) in plan.states_ever() {
            table.insert(node, state);
        }
        let flows = plan.steps.iter().flat_map(|s| &s.flows);
        let sealed = flows.filter_map(|flow| match &flow.traffic {
            Traffic::Esp(esp) => Some(&esp.seqs),
            _ => None,
        });
        table.sent = sealed.flatten().map(|seq| (seq >> 32) as u32).collect();
        table.sent.sort_unstable();
        table.sent.dedup();
        table
    }

    /// Adds an SA that `node` holds.
    pub fn insert(&mut self, node: &str, state: &State) {
        let entry = SaEntry::of(node, state);
        if state.esn {
            // An SA may begin anywhere, and its low half wraps into the next.
            for high in [state.more.replay_seq_hi, state.more.replay_oseq_hi] {
                self.guess_high(high);
                self.guess_high(high.wrapping_add(1));
            }
        }
        let place = (state.dst, state.proto, state.spi);
        for list in [
            self.by_destination.entry(place).or_default(),
            self.by_spi.entry((state.proto, state.spi)).or_default(),
        ] {
            match list.iter_mut().find(|e| e.same_but_for_nodes(&entry)) {
                Some(known) => known.nodes.extend(entry.nodes.iter().cloned()),
                None => list.push(entry.clone()),
            }
        }
    }

    /// Adds a guess for the high half of extended sequence numbers; 0 is always tried.
    pub fn guess_high(&mut self, high: u32) {
        if !self.highs.contains(&high) {
            self.highs.push(high);
        }
    }

    /// The SAs that the receiver of such a packet would find (RFC 4301 section 4.1).
    pub fn lookup(&self, dst: IpAddr, proto: Proto, spi: Spi) -> &[SaEntry] {
        self.by_destination
            .get(&(dst, proto, spi))
            .map_or(&[], Vec::as_slice)
    }

    /// The SAs of that SPI whatever their destination.
    pub(crate) fn lookup_spi(&self, proto: Proto, spi: Spi) -> &[SaEntry] {
        self.by_spi.get(&(proto, spi)).map_or(&[], Vec::as_slice)
    }

    /// All SAs.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &SaEntry> {
        self.by_spi.values().flatten()
    }

    /// Every port that some SA uses for UDP encapsulation.
    pub(crate) fn encap_ports(&self) -> impl Iterator<Item = u16> {
        let encaps = self.by_spi.values().flatten().filter_map(|e| e.encap);
        encaps.flat_map(|e| [e.sport, e.dport])
    }

    /// The name of the SA that (destination, protocol, SPI) fits; the source address decides
    /// between several, and where it does not, no name is honest.
    pub(crate) fn name(&self, src: IpAddr, dst: IpAddr, proto: Proto, spi: Spi) -> Option<String> {
        let all = self.lookup(dst, proto, spi);
        let one = |list: &[&SaEntry]| {
            let first = list.first()?;
            list.iter()
                .all(|e| e.name == first.name)
                .then(|| first.name.clone())
        };
        one(&all.iter().collect::<Vec<_>>())
            .or_else(|| one(&all.iter().filter(|e| e.src == src).collect::<Vec<_>>()))
    }
}

/// Whether two states are the same SA with the same keys: packets of one open with the other.
pub(crate) fn same_keys(a: &State, b: &State) -> bool {
    let place = |s: &State| (s.dst, s.proto, s.spi);
    place(a) == place(b) && SaEntry::of("", a).keys == SaEntry::of("", b).keys
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ip, state, table};
    use super::*;

    #[test]
    fn nodes_with_the_same_keys_share_an_entry() {
        let (one, other) = (
            state("a>b", "1.1.1.1", "2.2.2.2", 9, 1),
            state("a>b", "1.1.1.1", "2.2.2.2", 9, 2),
        );
        let sas = table(&[("r1", &one), ("r2", &one), ("r3", &other)]);
        let found = sas.lookup(ip("2.2.2.2"), Proto::Esp, Spi(9));
        let nodes: Vec<_> = found.iter().map(|e| e.nodes.join(" ")).collect();
        assert_eq!(nodes, ["r1 r2", "r3"]);
        assert!(sas.lookup(ip("2.2.2.2"), Proto::Ah, Spi(9)).is_empty());
        assert!(sas.lookup(ip("1.1.1.1"), Proto::Esp, Spi(9)).is_empty());
    }

    #[test]
    fn the_source_decides_between_names_or_nobody_does() {
        let one = state("a>c", "1.1.1.1", "3.3.3.3", 9, 1);
        let two = state("b>c", "2.2.2.2", "3.3.3.3", 9, 2);
        let sas = table(&[("c", &one), ("c", &two)]);
        let name = |src: &str| sas.name(ip(src), ip("3.3.3.3"), Proto::Esp, Spi(9));
        assert_eq!(name("1.1.1.1").as_deref(), Some("a>c"));
        assert_eq!(name("2.2.2.2").as_deref(), Some("b>c"));
        assert_eq!(name("4.4.4.4"), None);
    }

    #[test]
    fn an_extended_sequence_number_is_opened_where_an_sa_may_have_it() {
        use crate::wire::esp::{Draft, Padding, open, seal};
        let mut sa = state("a>b", "1.1.1.1", "2.2.2.2", 9, 1);
        sa.esn = true;
        sa.more.replay_oseq_hi = 6;
        let sas = table(&[("a", &sa)]);
        let suite = Suite::of(&sa.algorithms).unwrap();
        let opens = |high: u32| {
            let draft = Draft {
                spi: sa.spi,
                seq: 3,
                seq_high: Some(high),
                iv: &[0; 8],
                next_header: 59,
                payload: &[0; 4],
                padding: Padding::Minimal,
            };
            let sealed = seal(&draft, &suite).unwrap();
            open(&sealed, &suite, &sas.highs).is_ok()
        };
        // 0 and 1 of a receiver, 6 of the sender and 7 when its low half has wrapped.
        let found: Vec<u32> = (0..9).filter(|high| opens(*high)).collect();
        assert_eq!(found, [0, 1, 6, 7]);
    }
}
