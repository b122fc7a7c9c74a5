//! Owns the words behind `ip rule add`. It never runs them.

use std::fmt::Write as _;

use crate::plan::{Rule, RuleAction};

/// The words behind `ip rule add`, without the family.
pub(crate) fn rule_words(rule: &Rule) -> String {
    let mut out = String::new();
    let mut word = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(out, "{key} {value} ");
        }
    };
    let all = Some("all".to_owned());
    word("from", rule.from.map(|n| n.to_string()).or(all));
    word("to", rule.to.map(|n| n.to_string()));
    word("iif", rule.iif.clone());
    word("oif", rule.oif.clone());
    word(
        "fwmark",
        rule.fwmark
            .map(|m| format!("0x{:x}/0x{:x}", m.value, m.mask)),
    );
    word("ipproto", rule.ipproto.map(|p| p.to_string()));
    word("sport", rule.sport.map(|p| p.to_string()));
    word("dport", rule.dport.map(|p| p.to_string()));
    word("priority", rule.priority.map(|p| p.to_string()));
    match rule.action {
        RuleAction::Lookup(table) => word("lookup", Some(table.to_string())),
        RuleAction::Blackhole => out.push_str("blackhole"),
        RuleAction::Unreachable => out.push_str("unreachable"),
        RuleAction::Prohibit => out.push_str("prohibit"),
    }
    out.trim_end().to_owned()
}
