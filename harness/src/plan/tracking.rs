//! Owns the question where the file's own rules make the kernel track connections. It reads the text of
//! rules, which the kernel alone understands fully: it looks for the words that switch tracking on.

use super::{Node, Plan, Step, What};

/// Statements and keywords of `nft` that do.
const NFT: &[&str] = &["ct", "masquerade", "snat", "dnat", "redirect"];

/// Matches and targets of iptables that do.
const IPTABLES: &[&str] = &[
    "conntrack",
    "state",
    "connmark",
    "CONNMARK",
    "CT",
    "MASQUERADE",
    "SNAT",
    "DNAT",
    "REDIRECT",
    "NETMAP",
];

/// The kind of chain and the table that may: enough to ask the kernel for connections.
const MAY: &[&str] = &["nat"];

/// A protocol family whose connections are tracked apart from the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

impl Plan {
    /// Whether the file's own rules at that node, at the start or in a step, make its kernel track connections.
    pub fn tracks(&self, node: &str) -> bool {
        let given = self.nodes.iter().filter(|n| n.name == node);
        let given = given.flat_map(|n| {
            let iptables = n.iptables.iter().map(|rules| rules.text.as_str());
            iptables.chain([n.nft.as_str()])
        });
        let mut texts = given.chain(self.loaded(node));
        texts.any(|text| {
            [NFT, IPTABLES, MAY]
                .iter()
                .any(|words| has_word(text, words))
        })
    }

    /// The families whose connections that node tracks from the start to the end: by the rules that it is given, and
    /// no step loads others, which might take these away.
    pub fn tracks_throughout(&self, node: &str) -> Vec<Family> {
        let Some(given) = self.node(node) else {
            return Vec::new();
        };
        if self.loaded(node).next().is_some() {
            return Vec::new();
        }
        let mut families = vec![Family::V4, Family::V6];
        families.retain(|family| given.tracks(*family));
        families
    }

    fn loaded<'p>(&'p self, node: &'p str) -> impl Iterator<Item = &'p str> {
        let changes = self.steps.iter().flat_map(Step::every_change);
        changes.filter_map(move |c| match &c.what {
            What::Load(rules) if c.node == node => Some(rules.text()),
            _ => None,
        })
    }
}

impl Node {
    fn tracks(&self, family: Family) -> bool {
        let v6 = family == Family::V6;
        let mut iptables = self.iptables.iter().filter(|rules| rules.v6 == v6);
        iptables.any(|rules| has_word(&rules.text, IPTABLES)) || nft_tracks(&self.nft, family)
    }
}

/// Whether a table of that family, or of both, has a word that switches tracking on.
fn nft_tracks(text: &str, family: Family) -> bool {
    let text: Vec<&str> = text.lines().map(without_comment).collect();
    let text = text.join("\n");
    // Whatever stands before the first table belongs to none.
    let tables = text.split("table ").skip(1);
    let own = match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    };
    let mut tables = tables.filter(|table| {
        let mut words = table.split_whitespace();
        match (words.next(), words.next()) {
            (Some("inet"), _) => true,
            // A table without a family is one of IPv4.
            (Some(_), Some("{")) => family == Family::V4,
            (Some(word), _) => word == own,
            (None, _) => false,
        }
    });
    tables.any(|table| has_word(table, NFT))
}

fn without_comment(line: &str) -> &str {
    line.split_once('#').map_or(line, |(before, _)| before)
}

fn has_word(text: &str, words: &[&str]) -> bool {
    let mut all = text.split(|c: char| !c.is_ascii_alphanumeric());
    all.any(|word| words.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::{Family, nft_tracks};

    fn families(text: &str) -> (bool, bool) {
        (nft_tracks(text, Family::V4), nft_tracks(text, Family::V6))
    }

    #[test]
    fn a_rule_tracks_in_the_families_of_its_table_alone() {
        let rule = "{ chain c { type filter hook forward priority 0; ct state new accept; }; }";
        for (table, expected) in [
            ("table ip f", (true, false)),
            ("table f", (true, false)),
            ("table ip6 f", (false, true)),
            ("table inet f", (true, true)),
            ("table bridge f", (false, false)),
        ] {
            assert_eq!(families(&format!("{table} {rule}")), expected, "{table}");
        }
        let two = format!("table ip6 a {{ }}\ntable ip b {rule}");
        assert_eq!(families(&two), (true, false));
    }

    #[test]
    fn a_nat_chain_without_a_statement_and_a_comment_track_nothing() {
        let chain = "table ip nat { chain post { type nat hook postrouting priority srcnat; }; }";
        assert_eq!(families(chain), (false, false));
        assert_eq!(families("table ip f { # ct state new\n}"), (false, false));
        let masked = chain.replace("srcnat;", "srcnat; oifname eth0 masquerade;");
        assert_eq!(families(&masked), (true, false));
    }
}
