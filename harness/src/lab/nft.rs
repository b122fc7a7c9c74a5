//! Owns the calls of the `nft` command: loading a file's rules, and listing them with their handles.

use std::{io, process::Output};

use super::{
    error::{LabError, errno_described},
    instrument,
    node::Node,
    tool,
};
use crate::{observe::RuleText, plan::TextPlace};

/// Loads rules into the node; `nft`'s own message is kept whole when it refuses, with the places of the
/// topology file for those of the text.
pub(super) fn load(node: &Node, text: &str, places: &[TextPlace]) -> Result<(), LabError> {
    let output = call(node, &["-f", "-"], text)?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said = in_the_file(&stderr, places);
    let mut error = LabError::new("load nftables rules", &node.name, "nft -f -");
    error.errno = errno(&said);
    // What the kernel refuses has an errno; a place without one is that of words that `nft` does not know.
    error.of_the_file =
        error.errno.is_none() && stderr.contains("/dev/stdin:") && !places.is_empty();
    Err(error.said(said))
}

/// The errno behind `nft`'s words, which name it by its description only; none for rules that `nft`
/// itself cannot read.
fn errno(said: &str) -> Option<String> {
    let (_, reason) = said
        .lines()
        .find_map(|line| line.rsplit_once("Could not process rule: "))?;
    errno_described(reason)
}

/// What `nft` says about `/dev/stdin:LINE:FROM-TO:`, said about the topology file.
fn in_the_file(said: &str, places: &[TextPlace]) -> String {
    let place = |line: &str| {
        let (place, message) = line.strip_prefix("/dev/stdin:")?.split_once(": ")?;
        let (line, columns) = place.split_once(':')?;
        let line = line.parse::<usize>().ok()?.checked_sub(1)?;
        let column = columns.split('-').next()?.parse().ok()?;
        Some(format!(
            "{}: {message}",
            places.get(line)?.of_column(column)
        ))
    };
    let lines = said
        .lines()
        .map(|line| place(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\n")
}

/// The rules of the node with their handles.
pub(super) fn rules(node: &Node) -> Result<Vec<RuleText>, LabError> {
    let output = call(node, &["-a", "list", "ruleset"], "")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(
            LabError::new("list nftables rules", &node.name, "nft -a list ruleset").said(said),
        );
    }
    Ok(parse_listing(
        &node.name,
        &String::from_utf8_lossy(&output.stdout),
    ))
}

/// Deletes every table but the harness's own.
pub(super) fn flush(node: &Node) -> Result<(), LabError> {
    let output = call(node, &["list", "tables"], "")?;
    let listing = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(LabError::new("list nft tables", &node.name, "nft list tables").said(said));
    }
    let own = format!("table inet {}", instrument::TABLE);
    let tables = listing.lines().filter(|line| *line != own);
    let lines: Vec<String> = tables.map(|line| format!("delete {line}\n")).collect();
    load(node, &lines.concat(), &[])
}

/// The named counters of the node: `FAMILY TABLE NAME`, packets, bytes.
pub(super) fn counters(node: &Node) -> Result<Vec<(String, u64, u64)>, LabError> {
    let output = call(node, &["list", "counters"], "")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(LabError::new("list nft counters", &node.name, "nft list counters").said(said));
    }
    Ok(parse_counters(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads `table FAMILY NAME {`, `counter NAME {` and `packets N bytes N` lines.
fn parse_counters(listing: &str) -> Vec<(String, u64, u64)> {
    let mut list = Vec::new();
    let (mut table, mut counter) = (String::new(), String::new());
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["table", family, name, ..] => table = format!("{family} {name}"),
            ["counter", name, "{", ..] => (*name).clone_into(&mut counter),
            ["packets", packets, "bytes", bytes] => {
                let number = |text: &str| text.parse().unwrap_or(0);
                list.push((format!("{table} {counter}"), number(packets), number(bytes)));
            }
            _ => {}
        }
    }
    list
}

/// Whether two listings show one rule, whatever its counter has counted meanwhile.
pub(super) fn same_rule(one: &str, other: &str) -> bool {
    let still = |text: &str| {
        let mut counts = false;
        text.split_whitespace()
            .filter(|word| {
                let number = counts && word.bytes().all(|b| b.is_ascii_digit());
                counts = matches!(*word, "packets" | "bytes");
                !number
            })
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    still(one) == still(other)
}

fn call(node: &Node, arguments: &[&str], input: &str) -> Result<Output, LabError> {
    let run = || tool::call("nft", arguments, input);
    node.namespace.enter(run)?.map_err(|e| {
        let error = LabError::new(
            "run nft",
            &node.name,
            format!("nft {}", arguments.join(" ")),
        )
        .io(&e);
        if e.kind() == io::ErrorKind::NotFound {
            error.hint("install the `nftables` package")
        } else {
            error
        }
    })
}

/// Reads `table FAMILY NAME {`, `chain NAME {` and `RULE # handle N` lines.
fn parse_listing(node: &str, listing: &str) -> Vec<RuleText> {
    let mut rules = Vec::new();
    let (mut family, mut table, mut chain) = (String::new(), String::new(), String::new());
    for line in listing.lines().map(str::trim) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["table", f, t, ..] => (family, table) = ((*f).to_owned(), (*t).to_owned()),
            ["chain", c, "{", ..] => (*c).clone_into(&mut chain),
            [.., "#", "handle", number] => {
                if let (Ok(handle), Some((text, _))) =
                    (number.parse(), line.rsplit_once(" # handle"))
                {
                    rules.push(RuleText {
                        since: 0,
                        node: node.to_owned(),
                        family: family.clone(),
                        table: table.clone(),
                        chain: chain.clone(),
                        handle,
                        text: text.to_owned(),
                    });
                }
            }
            _ => {}
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_has_the_name_of_its_errno() {
        let said =
            "/dev/stdin:1:63-86: Error: Could not process rule: Operation not supported\ntable t\n";
        assert_eq!(errno(said).as_deref(), Some("EOPNOTSUPP"));
        assert_eq!(errno("/dev/stdin:1:1: Error: syntax error"), None);
    }

    #[test]
    fn counters_are_named_with_their_table() {
        let listing = "table inet f {\n\tcounter hits {\n\t\tpackets 3 bytes 252\n\t}\n}\n";
        assert_eq!(
            parse_counters(listing),
            [("inet f hits".to_owned(), 3, 252)]
        );
    }

    #[test]
    fn a_rule_that_has_counted_is_the_same() {
        let rule = |packets| format!("counter packets {packets} bytes 84 drop");
        assert!(same_rule(&rule(0), &rule(7)));
        assert!(!same_rule(&rule(0), "counter packets 0 bytes 84 accept"));
        assert!(!same_rule("tcp dport 22 drop", "tcp dport 23 drop"));
    }

    #[test]
    fn an_error_stands_at_its_place_in_the_file() {
        let place = |line| TextPlace {
            file: "x.toml".to_owned(),
            line,
            before: 0,
            values: Vec::new(),
        };
        let said = "/dev/stdin:2:9-11: Error: syntax error\n  chain x\n  ^^^";
        assert_eq!(
            in_the_file(said, &[place(7), place(8)]),
            "x.toml:8:9: Error: syntax error\n  chain x\n  ^^^"
        );
        assert_eq!(in_the_file(said, &[]), said);
    }

    #[test]
    fn rules_are_found_below_their_chain() {
        let listing = "table inet f { # handle 1\n\tchain c { # handle 1\n\t\ttype filter hook forward priority filter; policy accept;\n\
                       \t\tip protocol icmp counter packets 0 bytes 0 drop # handle 7\n\t}\n}\n";
        let rules = parse_listing("r1", listing);
        assert_eq!(rules.len(), 1);
        assert_eq!(
            (
                rules[0].family.as_str(),
                rules[0].table.as_str(),
                rules[0].chain.as_str()
            ),
            ("inet", "f", "c")
        );
        assert_eq!(
            (rules[0].handle, rules[0].text.as_str()),
            (7, "ip protocol icmp counter packets 0 bytes 0 drop")
        );
    }
}
