//! Owns the lines of routing rules and neighbours.

use super::{
    lines::{check_name, words_of},
    number::{parse_mac, parse_mark},
    refusal::refused_words,
    transform::upper_proto,
};
use crate::{
    names::Mark,
    plan::{Neighbour, Rule, RuleAction},
    spec::{
        diagnostic::{nearest, shorten},
        scalar::{Wrong, parse_address, parse_net, parse_number, text},
    },
};

text!(
    Rule,
    "routing rule",
    "fwmark 0x1 lookup 100 priority 100",
    parse_rule
);
text!(
    Neighbour,
    "neighbour, `ADDRESS lladdr MAC dev DEVICE`",
    "10.0.1.9 lladdr 02:00:00:00:00:09 dev eth0",
    parse_neighbour
);

const WORDS: &[&str] = &[
    "from", "to", "iif", "oif", "fwmark", "ipproto", "sport", "dport", "priority", "lookup",
    "table",
];

/// `[inet6] [from P] [to P] [iif D] [oif D] [fwmark M[/M]] [ipproto P] [sport N] [dport N]
/// [priority N] (lookup T | blackhole | unreachable | prohibit)`.
fn parse_rule(line: &str) -> Result<Rule, Wrong> {
    let (text, refused) = refused_words(line)?;
    let mut words = words_of(text).peekable();
    let v6 = words.next_if(|(_, word)| *word == "inet6").is_some();
    let mut rule = Rule {
        v6,
        from: None,
        to: None,
        iif: None,
        oif: None,
        fwmark: None,
        ipproto: None,
        sport: None,
        dport: None,
        priority: None,
        action: RuleAction::Lookup(254),
        refused,
    };
    let mut acts = false;
    while let Some((at, word)) = words.next() {
        let action = match word {
            "blackhole" => Some(RuleAction::Blackhole),
            "unreachable" => Some(RuleAction::Unreachable),
            "prohibit" => Some(RuleAction::Prohibit),
            _ => None,
        };
        if let Some(action) = action {
            (rule.action, acts) = (action, true);
            continue;
        }
        if !WORDS.contains(&word) {
            let wrong = Wrong::new(format!("unknown word `{}` in a rule", shorten(word))).at(at);
            return Err(match nearest(word, WORDS) {
                Some(near) => wrong.hint(format!("did you mean `{near}`?")),
                None => wrong,
            });
        }
        let Some((value_at, value)) = words.next() else {
            return Err(Wrong::new(format!("`{word}` of a rule has no value")).at(at));
        };
        acts |= matches!(word, "lookup" | "table");
        set_word(&mut rule, word, value).map_err(|w| w.at(value_at))?;
    }
    if !acts {
        return Err(Wrong::new("rule does nothing").hint("`lookup TABLE`, `blackhole`, ..."));
    }
    for net in [rule.from, rule.to].into_iter().flatten() {
        rule.v6 |= net.addr().is_ipv6();
    }
    let mixed = |net: &ipnet::IpNet| net.addr().is_ipv6() != rule.v6 && net.prefix_len() > 0;
    if [rule.from, rule.to].iter().flatten().any(mixed) {
        return Err(Wrong::new("addresses of the rule are of two families"));
    }
    Ok(rule)
}

fn set_word(rule: &mut Rule, word: &str, value: &str) -> Result<(), Wrong> {
    let wrong = || Wrong::new(format!("`{}` is not a number ({word})", shorten(value)));
    let number = || {
        parse_number(value)
            .and_then(|n| u32::try_from(n).ok())
            .ok_or_else(wrong)
    };
    let port = || value.parse::<u16>().map_err(|_| wrong());
    let device = || check_name(value, "device").map(|()| value.to_owned());
    match word {
        "from" | "to" if value == "all" => {}
        "from" => rule.from = Some(parse_net(value)?),
        "to" => rule.to = Some(parse_net(value)?),
        "iif" => rule.iif = Some(device()?),
        "oif" => rule.oif = Some(device()?),
        "fwmark" => {
            let Mark { value, mask } = parse_mark(value)?;
            rule.fwmark = Some(Mark { value, mask });
        }
        "ipproto" => rule.ipproto = Some(upper_proto(value).ok_or_else(wrong)?),
        "sport" => rule.sport = Some(port()?),
        "dport" => rule.dport = Some(port()?),
        "priority" => rule.priority = Some(number()?),
        _ => {
            rule.action = RuleAction::Lookup(match value {
                "default" => 253,
                "main" => 254,
                "local" => 255,
                _ => number()?,
            });
        }
    }
    Ok(())
}

fn parse_neighbour(line: &str) -> Result<Neighbour, Wrong> {
    let (text, refused) = refused_words(line)?;
    let words: Vec<_> = words_of(text).collect();
    let [
        (address_at, address),
        (_, "lladdr"),
        (mac_at, mac),
        (_, "dev"),
        (_, device),
    ] = words.as_slice()
    else {
        return Err(
            Wrong::new(format!("`{}` is not a neighbour", shorten(text)))
                .hint("`10.0.1.9 lladdr 02:00:00:00:00:09 dev eth0`"),
        );
    };
    check_name(device, "device")?;
    let wrong = || Wrong::new(format!("`{}` is not a MAC address", shorten(mac)));
    Ok(Neighbour {
        address: parse_address(address).map_err(|w| w.at(address_at.clone()))?,
        device: (*device).to_owned(),
        mac: parse_mac(mac).ok_or_else(|| wrong().at(mac_at.clone()))?,
        refused,
    })
}
