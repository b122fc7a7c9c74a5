//! Owns the index: every topology file by its subject, with what it claims.

use crate::{
    coverage::SECTIONS,
    shelf::{File, check_page, shelf},
};

/// Files to begin with, in this order.
const FIRST: [&str; 5] = [
    "seeds/gateway-pair",
    "hooks/transport",
    "xfrmi/gateway-pair",
    "seeds/gateway-pair-nat",
    "from-scratch/ah-one-way",
];

/// Folders of files that show the language, and what of it.
const FOLDERS: [(&str, &str); 8] = [
    ("seeds", "A file to begin with"),
    ("language", "Tunnels, meshes, variants, refusals"),
    ("policy", "States and policies with every option"),
    ("link", "Links, routes, rules"),
    ("traffic", "Traffic"),
    ("events", "What happens between two packets"),
    ("observe", "What can be seen and stated"),
    ("causes", "What goes wrong, and how the diagnosis says so"),
];

fn entry(file: &File) -> String {
    format!("- [{0}]({0}.toml): {1}\n", file.name, file.title)
}

/// The section of what Linux IPsec does, unless a file is about the language.
fn section(file: &File) -> Option<&str> {
    let section = file.about.as_ref().map(|about| about.section);
    section.filter(|section| *section != "language")
}

fn list<'f>(title: &str, files: impl Iterator<Item = &'f File>) -> (String, usize) {
    let entries: Vec<String> = files.map(entry).collect();
    assert!(!entries.is_empty(), "`{title}` has no file");
    let text = format!("\n### {title}\n\n{}", entries.concat());
    (text, entries.len())
}

#[test]
fn the_index_has_every_file_once() {
    let files = shelf();
    let mut page = String::from(
        "# The library\n\nEach file runs: `cargo xtask run topologies/<NAME>.toml`, with `--variants` for the ways in which \
         its claim\nfails or turns. What they cover is in [COVERAGE.md](COVERAGE.md), and what the kernel did where a \
         source leaves it\nopen or says otherwise in [FINDINGS.md](FINDINGS.md). Made of the files by\n\
         `UPDATE_EXPECT=1 cargo test -p cases --test library`.\n\n## To begin with\n\n",
    );
    for name in FIRST {
        let file = files.iter().find(|file| file.name == name);
        page += &entry(file.unwrap_or_else(|| panic!("no file `{name}`")));
    }
    let mut count = 0;
    page += "\n## What Linux IPsec does\n";
    for (name, title) in SECTIONS {
        let here = files.iter().filter(|file| section(file) == Some(name));
        let (text, n) = list(title, here);
        page += &text;
        count += n;
    }
    page += "\n## What a file can say\n";
    for (folder, title) in FOLDERS {
        let within = |file: &&File| file.name.split('/').next() == Some(folder);
        let here = files.iter().filter(within);
        let (text, n) = list(title, here.filter(|file| section(file).is_none()));
        page += &text;
        count += n;
    }
    assert_eq!(
        count,
        files.len(),
        "a file is in no section and no folder of the index"
    );
    check_page("LIBRARY.md", &page);
}
