//! Owns the calls of `iptables-nft-restore` and `ip6tables-nft-restore`: loading a file's rules.

use std::io;

use super::{
    error::{LabError, errno_described},
    node::Node,
    tool,
};
use crate::plan::{Iptables, TextPlace};

/// Loads rules into the node; the command's own message is kept whole when it refuses, with the place of the topology
/// file for the line that it names.
pub(super) fn load(node: &Node, rules: &Iptables) -> Result<(), LabError> {
    let program = if rules.v6 {
        "ip6tables-nft-restore"
    } else {
        "iptables-nft-restore"
    };
    let error = || LabError::new("load iptables rules", &node.name, program);
    // The last line counts only with its end.
    let text = format!("{}\n", rules.text);
    let output = node
        .namespace
        .enter(|| tool::call(program, &[], &text))?
        .map_err(|e| {
            let error = error().io(&e);
            if e.kind() == io::ErrorKind::NotFound {
                error.hint("install the `iptables` package")
            } else {
                error
            }
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut error = error();
    error.errno = errno(&said);
    Err(error.said(in_the_file(said.trim(), &rules.places)))
}

/// The errno behind `... failed (REASON)`; none for rules that the command itself cannot read.
fn errno(said: &str) -> Option<String> {
    let (_, rest) = said.split_once(" failed (")?;
    errno_described(rest.split_once(')')?.0)
}

/// What is said about `line: N` or `line N`, said about the topology file.
fn in_the_file(said: &str, places: &[TextPlace]) -> String {
    let number = |text: &str| {
        let (_, rest) = text.split_once("line")?;
        let digits = rest.trim_start_matches([':', ' ']);
        let end = digits.find(|c: char| !c.is_ascii_digit());
        digits[..end.unwrap_or(digits.len())].parse::<usize>().ok()
    };
    let line = said.lines().find_map(number);
    match line.and_then(|line| places.get(line.checked_sub(1)?)) {
        Some(place) => format!("{}: {said}", place.of_column(1)),
        None => said.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stands_at_its_line_of_the_file() {
        let place = |line| TextPlace {
            file: "x.toml".to_owned(),
            line,
            before: 0,
            values: Vec::new(),
        };
        let places = [place(7), place(8)];
        // As v1.8.11 says them: of what it cannot read, and of what the kernel refuses.
        let unread = "iptables-nft-restore v1.8.11 (nf_tables): Couldn't load target `NONE'\nError occurred at line: 2";
        assert_eq!(
            in_the_file(unread, &places),
            format!("x.toml:8:1: {unread}")
        );
        let refused = "iptables-nft-restore: line 1: RULE_APPEND failed (Invalid argument)";
        assert_eq!(
            in_the_file(refused, &places),
            format!("x.toml:7:1: {refused}")
        );
        assert_eq!(in_the_file("nothing is said", &places), "nothing is said");
        assert_eq!(in_the_file(refused, &[]), refused);
        assert_eq!(errno(refused).as_deref(), Some("EINVAL"));
        assert_eq!(errno(unread), None);
    }
}
