//! Owns texts for other programs that a file brings: what they say, and where each line of them stands.

use serde::{Deserialize, Serialize};

/// Where one line of a text stands in a topology file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPlace {
    pub file: String,
    /// 1-based.
    pub line: u32,
    /// Characters of the file's line before the text's own.
    pub before: u32,
    /// What names became on this line, in order: the character behind which (of the text as it is now), how long
    /// the name was, and how long its value is.
    pub values: Vec<(u32, u32, u32)>,
}

impl TextPlace {
    /// `file:line:column` of a 1-based column of the text as it is now.
    pub fn of_column(&self, column: u32) -> String {
        let mut back = column;
        let mut shift = 0_i64;
        for (at, name, value) in &self.values {
            if column > at + value {
                shift += i64::from(*name) - i64::from(*value);
            } else if column > *at {
                back = at + 1;
                break;
            }
        }
        let column = i64::from(back) + shift + i64::from(self.before);
        format!("{}:{}:{column}", self.file, self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_that_of_the_file() {
        // `x ${spi a} y`, where the name became `0x12`: five characters less.
        let place = TextPlace {
            file: "x.toml".to_owned(),
            line: 7,
            before: 3,
            values: vec![(2, 8, 4)],
        };
        assert_eq!(place.of_column(1), "x.toml:7:4");
        assert_eq!(place.of_column(4), "x.toml:7:6");
        assert_eq!(place.of_column(8), "x.toml:7:15");
    }
}
