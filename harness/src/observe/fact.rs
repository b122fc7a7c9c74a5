//! Owns lines that tell one fact: words in order, then attributes, and the matching of such a line with what a
//! file says.

/// What was seen, or what a file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactLine {
    /// `expire`, `soft`, `site:left>right`; `*` stands for any one.
    pub words: Vec<String>,
    /// `packets=3`, in any order; `*` stands for any value.
    pub fields: Vec<(String, String)>,
}

impl FactLine {
    /// Reads a line of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut line = Self {
            words: Vec::new(),
            fields: Vec::new(),
        };
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some((key, value)) => line.fields.push((key.to_owned(), value.to_owned())),
                None if line.fields.is_empty() => line.words.push(word.to_owned()),
                None => {
                    return Err(format!(
                        "`{word}` stands behind attributes\n(hint: words first, then `packets=3`)"
                    ));
                }
            }
        }
        if line.words.is_empty() {
            return Err("a line begins with a word".to_owned());
        }
        Ok(line)
    }

    /// Whether `self`, what a file says, fits what was seen: its words are the first ones there, and all
    /// its attributes are there.
    pub fn fits(&self, seen: &Self) -> bool {
        let same = |want: &str, got: &str| want == "*" || want == got;
        self.words.len() <= seen.words.len()
            && self.words.iter().zip(&seen.words).all(|(w, s)| same(w, s))
            && self
                .fields
                .iter()
                .all(|(key, want)| seen.field(key).is_some_and(|got| same(want, got)))
    }

    /// The value of an attribute.
    pub fn field(&self, key: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(k, _)| k == key)
            .map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Display for FactLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words.join(" "))?;
        self.fields
            .iter()
            .try_for_each(|(key, value)| write!(f, " {key}={value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::FactLine;

    #[track_caller]
    fn check(wanted: &str, seen: &str, fits: bool) {
        let line = |text| FactLine::parse(text).unwrap();
        assert_eq!(line(wanted).fits(&line(seen)), fits, "{wanted} / {seen}");
    }

    #[test]
    fn a_line_fits_what_it_mentions() {
        let seen = "expire soft a>b packets=3 bytes=252";
        for fits in [
            "expire",
            "expire soft",
            "expire * a>b",
            "expire soft a>b bytes=252",
            "expire packets=*",
        ] {
            check(fits, seen, true);
        }
        for other in [
            "expire hard",
            "expire soft b>a",
            "acquire",
            "expire packets=4",
            "expire mark=0x1",
            "expire soft a>b more",
        ] {
            check(other, seen, false);
        }
    }
}
