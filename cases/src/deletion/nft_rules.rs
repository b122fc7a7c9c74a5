//! Owns the places of single rules in the text of an nft file. It knows of nft's language as much as that takes:
//! blocks, statements, quotes and comments.

use std::ops::Range;

/// Statements of a chain that say what the chain is, and are no rules.
const OF_THE_CHAIN: [&str; 5] = ["type", "policy", "comment", "flags", "devices"];

/// Where each rule of the text stands, its end included and a semicolon behind it left out.
pub(super) fn rules(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut reader = Reader { text, at: 0 };
    reader.block("", &mut out);
    out
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    /// Reads up to the end of a block that began with this word.
    fn block(&mut self, of: &str, out: &mut Vec<Range<usize>>) {
        loop {
            let Some(start) = self.skip() else { return };
            if self.text[start..].starts_with('}') {
                self.at = start + 1;
                return;
            }
            let word = self.text[start..]
                .split(|c: char| !c.is_alphanumeric())
                .next();
            let word = word.unwrap_or_default();
            let opens = matches!(
                word,
                "table" | "chain" | "set" | "map" | "flowtable" | "counter" | "quota"
            );
            let in_chain = of == "chain";
            let (end, brace) = self.statement(start, opens && !in_chain);
            let statement = start..end;
            if brace {
                self.block(word, out);
            } else if (in_chain && !OF_THE_CHAIN.contains(&word))
                || is_command(&self.text[statement.clone()])
            {
                out.push(statement);
            }
        }
    }

    /// The next character that begins a statement or ends a block.
    fn skip(&mut self) -> Option<usize> {
        loop {
            let rest = &self.text[self.at..];
            let next = rest.find(|c: char| !c.is_whitespace() && c != ';')?;
            self.at += next;
            if !self.text[self.at..].starts_with('#') {
                return Some(self.at);
            }
            self.at += self.text[self.at..].find('\n')?;
        }
    }

    /// The end of a statement, and whether it is the head of a block that begins there.
    fn statement(&mut self, start: usize, opens: bool) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let (mut depth, mut quoted) = (0_usize, false);
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            let outside = depth == 0 && !quoted;
            match byte {
                b'"' => quoted = !quoted,
                b'{' if outside && opens => {
                    self.at = at + 1;
                    return (at, true);
                }
                b'{' if !quoted => depth += 1,
                b'}' | b';' | b'\n' if outside => break,
                b'}' if !quoted => depth -= 1,
                b'\\' => at += 1,
                _ => {}
            }
            at += 1;
        }
        let end = at.min(bytes.len());
        self.at = end;
        (start + self.text[start..end].trim_end().len(), false)
    }
}

/// A rule that stands outside of any chain.
fn is_command(statement: &str) -> bool {
    statement.starts_with("add rule ") || statement.starts_with("insert rule ")
}

#[cfg(test)]
mod tests {
    use super::rules;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = rules(text).into_iter().map(|at| &text[at]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn rules_are_found_wherever_they_stand() {
        check(
            "table ip nat {\n  chain post {\n    type nat hook postrouting priority srcnat; policy accept;\n    \
             oifname \"eth1\" accept # kept\n    masquerade\n  }\n}\n",
            &["oifname \"eth1\" accept # kept", "masquerade"],
        );
        check(
            "table ip t { chain c { type filter hook input priority 0; udp dport { 1, 2 } drop; ip protocol esp accept; }; }",
            &["udp dport { 1, 2 } drop", "ip protocol esp accept"],
        );
        check(
            "table inet f { counter hits { } map m { type mark : ipv4_addr; elements = { 1 : 10.0.0.1 } } \
             chain c { comment \"a } b; c\"; counter name hits } }",
            &["counter name hits"],
        );
        check(
            "# nothing }\nadd table ip t\nadd rule ip t c accept\ndelete table ip t",
            &["add rule ip t c accept"],
        );
        check(
            "table ip t { flowtable f { hook ingress priority 0; devices = { a, b }; } }",
            &[],
        );
        check("", &[]);
    }
}
