//! Finds the messages of the language that no wrong file produces: every piece of text in the sources of `spec/` that
//! reads like one must be said of some `wrong/NAME.toml`, or in the list of those that cannot, with the reason.

use std::{fs, path::Path};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::wrong;

/// Sources whose texts are no messages.
const OTHER: &[(&str, &str)] = &[
    ("schema/about.rs", "words of the page of coverage"),
    ("about.rs", "names of the sections of the library"),
    ("ip_options.rs", "the table of what `ip` can say"),
    ("json_schema.rs", "the schema"),
    (
        "lint.rs",
        "names and paragraphs of lints, which the reference prints",
    ),
    ("reference.rs", "the reference"),
    ("reference_words.rs", "the reference"),
];
/// Texts that no wrong file produces, by how they begin, and why.
const UNPRODUCED: &[(&str, &str)] = &[
    (
        "fwmark 0x1 lookup 100 priority 100",
        "the example in the reference",
    ),
    ("{family} xfrmlab_rebind", "a table of the harness"),
    ("add table {table}", "rules of the harness"),
    ("xfrmlab {kind} {name}", "what a key is derived from"),
    ("policies main", "another word for `policies`"),
    ("tx sg gso", "the example in the reference"),
    (
        "words of flags",
        "the type in the reference; of a value it is said that it is no string",
    ),
];
/// Sources whose tests show what has no wrong file: what is said of files on a disk, and of a text beyond all limits.
const TESTS: &[&str] = &["load.rs", "tests/noise.rs"];

/// A text of a source: its fixed pieces, in order.
#[derive(Debug)]
struct Text {
    source: String,
    whole: String,
    pieces: Vec<String>,
}

impl Text {
    /// Whether a line has all pieces in their order.
    fn stands_in(&self, line: &str) -> bool {
        let mut rest = line;
        self.pieces.iter().all(|piece| match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
    }
}

/// The texts with a space in a stream of Rust, outside of attributes and tests.
fn texts(source: &str, stream: TokenStream, out: &mut Vec<Text>) {
    let mut trees = stream.into_iter().peekable();
    let mut before = String::new();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Punct(p) if p.as_char() == '#' => {
                trees.next_if(|t| matches!(t, TokenTree::Punct(p) if p.as_char() == '!'));
                let attribute = trees.next().map(|t| t.to_string()).unwrap_or_default();
                if attribute.replace(' ', "") == "[cfg(test)]" {
                    // What it is about ends with its braces.
                    for tree in trees.by_ref() {
                        if matches!(&tree, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace)
                        {
                            break;
                        }
                    }
                }
            }
            TokenTree::Group(group) => {
                // What cannot happen has words for whoever reads the panic.
                if !["expect", "assert", "unreachable"].contains(&before.as_str()) {
                    texts(source, group.stream(), out);
                }
            }
            TokenTree::Literal(literal) => {
                // Of the tables: words of the reference.
                if !["default", "example", "in", "limit"].contains(&before.as_str())
                    && let Ok(syn::Lit::Str(text)) = syn::parse_str(&literal.to_string())
                {
                    out.extend(text_of(source, &text.value()));
                }
                before.clear();
            }
            TokenTree::Ident(ident) => before = ident.to_string(),
            TokenTree::Punct(p) => {
                if p.as_char() != '!' {
                    before.clear();
                }
            }
        }
    }
}

/// A text that reads like a message: it has words, and something fixed to look for.
fn text_of(source: &str, text: &str) -> Option<Text> {
    const OPEN: &str = "\u{1}";
    let shown = text.trim().replace("{{", OPEN);
    let mut pieces = Vec::new();
    for (number, part) in shown.split('{').enumerate() {
        let fixed = match (number, part.split_once('}')) {
            (0, _) | (_, None) => part,
            (_, Some((_, fixed))) => fixed,
        };
        pieces.push(fixed.replace(OPEN, "{").replace("}}", "}"));
    }
    let letters = |p: &String| p.chars().filter(|c| c.is_alphabetic()).count();
    let fits = text.contains(' ') && pieces.iter().map(letters).sum::<usize>() >= 5;
    fits.then(|| Text {
        source: source.to_owned(),
        whole: text.to_owned(),
        pieces,
    })
}

/// The texts of a folder of sources that none of `lines` has.
fn unproduced(texts: Vec<Text>, lines: &[String]) -> Vec<Text> {
    let silent = |text: &Text| !lines.iter().any(|line| text.stands_in(line));
    texts.into_iter().filter(silent).collect()
}

fn below(folder: &Path, out: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            below(&path, out);
        } else {
            out.push(path);
        }
    }
}

#[test]
fn every_message_is_produced_by_a_wrong_file() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/spec");
    let mut paths = Vec::new();
    below(&spec, &mut paths);
    paths.sort();
    let said = wrong::all().iter().flat_map(|(_, said)| said.lines());
    let mut lines: Vec<String> = said.map(str::to_owned).collect();
    let mut found = Vec::new();
    for path in &paths {
        let name = path
            .strip_prefix(&spec)
            .expect("it is below")
            .display()
            .to_string();
        if path.extension().is_none_or(|kind| kind != "rs") {
            continue;
        }
        let text = fs::read_to_string(path).expect("a text");
        if TESTS.contains(&name.as_str()) {
            let tests = text
                .split_once("#[cfg(test)]")
                .map_or(&*text, |(_, tests)| tests);
            lines.extend(tests.lines().map(str::to_owned));
        }
        if !name.starts_with("tests/") && OTHER.iter().all(|(other, _)| name != *other) {
            texts(&name, text.parse().expect("it compiles"), &mut found);
        }
    }
    assert!(found.len() > 200, "only {} texts were found", found.len());
    let missing = unproduced(found, &lines);
    let excused = |text: &Text| {
        UNPRODUCED
            .iter()
            .any(|(known, _)| text.whole.starts_with(known))
    };
    let listed: Vec<String> = missing
        .iter()
        .filter(|text| !excused(text))
        .map(|text| format!("{}: {}", text.source, text.whole))
        .collect();
    assert!(
        listed.is_empty(),
        "{} of no wrong file:\n{}",
        listed.len(),
        listed.join("\n")
    );
    for (known, _) in UNPRODUCED {
        assert!(
            missing.iter().any(|text| text.whole.starts_with(known)),
            "`{known}` is produced or gone: take it out of the list"
        );
    }
}

#[test]
fn a_message_of_no_file_is_found() {
    let source = r#"
        /// A doc comment is no message.
        fn check(x: u8) -> String {
            if x == 1 { return format!("`{x}` is one too many"); }
            if x == 2 { return format!("nothing says {{this}} of `{x}`"); }
            Some(x).expect("this cannot happen at all");
            String::new()
        }
        #[cfg(test)]
        mod tests { const NOT_THIS: &str = "words of a test"; }
    "#;
    let mut found = Vec::new();
    texts("x.rs", source.parse().expect("Rust"), &mut found);
    let missing = unproduced(found, &["x.toml:1:1: `1` is one too many".to_owned()]);
    let missing: Vec<&str> = missing.iter().map(|text| text.whole.as_str()).collect();
    assert_eq!(missing, ["nothing says {{this}} of `{x}`"]);
}
