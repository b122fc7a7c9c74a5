//! Owns how two reports of one test differ. It never says which of them is right.

use crate::judge::common_lines;

/// The first `most` lines that one of two texts has and the other has not at that place: `- ` of the first,
/// `+ ` of the other.
pub fn difference(first: &str, other: &str, most: usize) -> Vec<String> {
    let (first, other): (Vec<_>, Vec<_>) = (first.lines().collect(), other.lines().collect());
    let mut common = common_lines((first.len(), other.len()), |a, b| first[a] == other[b]);
    common.push((first.len(), other.len()));
    let (mut missing, mut unexpected) = (0, 0);
    let mut told = Vec::new();
    for (a, b) in common {
        told.extend(first[missing..a].iter().map(|line| format!("- {line}")));
        told.extend(other[unexpected..b].iter().map(|line| format!("+ {line}")));
        (missing, unexpected) = (a + 1, b + 1);
    }
    told.truncate(most);
    told
}

#[cfg(test)]
mod tests {
    use super::difference;

    /// What stands behind a line that is missing is the same in both, and is not told.
    #[test]
    fn a_missing_line_is_told_alone() {
        let first = "request\nforward\nreply\nforward\nPASS";
        assert_eq!(
            difference(first, "request\nreply\nforward\nPASS", 5),
            ["- forward"]
        );
        assert_eq!(
            difference(first, "request\nforward\nreply\nFAIL", 5),
            ["- forward", "- PASS", "+ FAIL"]
        );
        assert_eq!(difference(first, "", 2), ["- request", "- forward"]);
        assert!(difference(first, first, 5).is_empty());
    }
}
