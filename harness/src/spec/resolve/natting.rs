//! Owns the check for source NAT that catches what a tunnel protects, in rules of nft and of iptables. It knows no more of
//! a rule than its words.

use super::{
    draft::{Draft, DraftNode, Findings},
    names::addresses,
};
use crate::{
    plan::{Dir, Mode},
    spec::{
        lint::Lint,
        schema::rules::RulesSpec,
        source::{Span, Spanned},
    },
};

/// Words of a rule or of one before it that keep the tunnel's own traffic from its NAT.
const CONDITIONS: &[&str] = &[
    "ipsec", "daddr", "saddr", "mark", "reqid", "l4proto", "protocol",
];

/// The same as options of iptables.
const OPTIONS: &[&str] = &["policy", "mark", "-d", "-s", "-p", "--ctstate"];

/// Notes a source NAT that catches whatever leaves, in a node whose policies protect what it forwards.
pub(super) fn masquerade(draft: &Draft, node: &DraftNode, findings: &mut Findings) {
    let own = |net: ipnet::IpNet| {
        addresses(draft, &node.name).any(|(_, a)| ipnet::IpNet::from(a.address) == net)
    };
    let protects = node.policies.iter().find(|p| {
        p.dir == Dir::Out
            && p.if_id.is_none()
            && p.mark.is_none()
            && p.templates.iter().any(|t| t.mode == Mode::Tunnel)
            && !own(p.selector.src)
    });
    let Some(policy) = protects else { return };
    let hint = "`meta ipsec missing`, `ip daddr != ...`, or accept the tunnel's traffic before";
    let nft = Natting {
        texts: &node.nft,
        ends: &['\n', ';', '{', '}'],
        nat: &["masquerade", "snat"],
        spare: &["accept", "return"],
        conditions: CONDITIONS,
        hint,
    };
    let hint =
        "`-m policy --dir out --pol none`, `! -d ...`, or accept the tunnel's traffic before";
    let of_iptables = |texts| Natting {
        texts,
        ends: &['\n'],
        nat: &["MASQUERADE", "SNAT"],
        spare: &["ACCEPT", "RETURN"],
        conditions: OPTIONS,
        hint,
    };
    let (v4, v6) = (of_iptables(&node.iptables), of_iptables(&node.ip6tables));
    let caught = [nft, v4, v6]
        .into_iter()
        .find_map(|rules| Some((catching(&rules)?, rules.hint)));
    if let Some(((statement, span), hint)) = caught {
        let message = format!(
            "`{statement}` of node `{}` catches what policy `{}` protects",
            node.name, policy.name
        );
        findings
            .lint(Lint::MasqueradeTunnel, span, message)
            .hint(hint);
    }
}

/// Rules of one language, and its words for source NAT and for what spares a packet from it.
struct Natting<'a> {
    texts: &'a [Spanned<RulesSpec>],
    ends: &'a [char],
    nat: &'a [&'a str],
    spare: &'a [&'a str],
    conditions: &'a [&'a str],
    hint: &'static str,
}

/// The first statement that gives whatever leaves another source.
fn catching<'a>(rules: &Natting<'a>) -> Option<(&'a str, Span)> {
    let mut spared = false;
    let taken = rules.texts.iter().filter(|text| text.refused.is_none());
    for text in taken {
        for statement in text.text.split(rules.ends) {
            let words: Vec<&str> = statement.split_whitespace().collect();
            let has = |word: &&str| words.contains(word);
            let conditional = rules.conditions.iter().any(has);
            spared |= conditional && rules.spare.iter().any(has);
            if rules.nat.iter().any(has) && !conditional && !spared {
                return Some((statement.trim(), text.text.span));
            }
        }
    }
    None
}
