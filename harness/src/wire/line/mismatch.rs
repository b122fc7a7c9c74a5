//! Owns the comparison of an expected line with a seen one: "matches on what it mentions".

use super::Line;

/// The first thing in which a seen line is not what an expected one mentions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: expected `{expected}`, seen `{seen}`")]
pub struct Mismatch {
    /// `head`, `source`, `destination`, `words`, `sa`, a field's key, a flag, or `inner`;
    /// with `inner ` in front for each layer further in.
    pub what: String,
    pub expected: String,
    /// Empty where there is nothing.
    pub seen: String,
}

impl Line {
    /// The first difference between this expectation and a seen line ([`super::words()`]), if any.
    pub fn mismatch(&self, seen: &Self) -> Option<Mismatch> {
        let found = |what: &str, expected: &str, seen: &str| {
            Some(Mismatch {
                what: what.into(),
                expected: expected.into(),
                seen: seen.into(),
            })
        };
        let head = self.head.len() <= seen.head.len()
            && self.head.iter().zip(&seen.head).all(|(e, s)| glob(e, s));
        if !head {
            return found("head", &self.head.join(" "), &seen.head.join(" "));
        }
        for (what, expected, seen) in [
            ("source", &self.src, &seen.src),
            ("destination", &self.dst, &seen.dst),
            ("sa", &self.sa, &seen.sa),
        ] {
            let Some(expected) = expected else { continue };
            let seen = seen.as_deref().unwrap_or_default();
            if seen.is_empty() || !glob(expected, seen) {
                return found(what, expected, seen);
            }
        }
        if !self.words.is_empty() && self.words != seen.words {
            return found("words", &self.words.join(" "), &seen.words.join(" "));
        }
        for (key, expected) in &self.fields {
            match seen.field(key) {
                Some(seen) if same_value(expected, seen) => {}
                other => return found(key, expected, other.unwrap_or_default()),
            }
        }
        if let Some(flag) = self.flags.iter().find(|f| !seen.flags.contains(f)) {
            return found(flag, flag, "");
        }
        match (&self.inner, &seen.inner) {
            (None, _) => None,
            (Some(expected), None) => found("inner", &expected.to_string(), ""),
            (Some(expected), Some(seen)) => expected.mismatch(seen).map(|inside| Mismatch {
                what: format!("inner {}", inside.what),
                ..inside
            }),
        }
    }
}

/// `*` is any value, and `0x10` is `16`.
pub(crate) fn same_value(expected: &str, seen: &str) -> bool {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    glob(expected, seen) || number(expected).is_some_and(|n| number(seen) == Some(n))
}

/// Whether `text` fits `pattern`, in which `*` stands for any characters.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((last, middle)) = parts.split_last() else {
        return true;
    };
    for part in middle {
        let Some((_, behind)) = text.split_once(part) else {
            return false;
        };
        text = behind;
    }
    text.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: &str = "esp 3.0.0.1 > 5.0.0.1 site:left>right spi=0x00001000 seq=1 len=140 \
                        { icmp echo-request 10.0.1.100 > 10.0.2.100 id=0x1a2b seq=1 }";

    #[track_caller]
    fn differs(expected: &str, what: &str) {
        let (expected, seen) = (Line::parse(expected).unwrap(), Line::parse(SEEN).unwrap());
        let got = expected.mismatch(&seen).map(|m| m.what);
        assert_eq!(got.as_deref().unwrap_or("nothing"), what);
    }

    #[test]
    fn a_line_matches_on_what_it_mentions() {
        differs("esp", "nothing");
        differs("esp 3.0.0.1 > * site:left>right", "nothing");
        differs("esp spi=0x1000 len=* { icmp * id=6699 }", "nothing");
        differs("esp { icmp echo-request *.100 > 10.0.*.100 }", "nothing");
    }

    #[test]
    fn the_first_difference_is_named() {
        differs("udp", "head");
        differs("esp 3.0.0.2 > *", "source");
        differs("esp * > 5.0.0.1 site:right>left", "sa");
        differs("esp spi=0x1001", "spi");
        differs("esp ttl=*", "ttl");
        differs("esp df=1", "df");
        differs("esp seq=1 df", "df");
        differs("esp { icmp seq=2 }", "inner seq");
        differs("esp { icmp seq=1 { udp } }", "inner inner");
    }
}
