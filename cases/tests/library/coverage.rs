//! Owns the coverage page: what each section has for which family and which way into a tunnel, and which
//! file shows which behaviour.

use crate::{
    behaviours::{behaviours, shown_by},
    shelf::{File, check_page, shelf},
};

const SECTIONS: [(&str, &str); 12] = [
    ("hooks", "Hooks of a gateway"),
    ("scratch", "`ip xfrm` from scratch"),
    ("gateway", "The manual gateway pair"),
    ("nat", "AH and ESP through NAT"),
    ("vti", "Virtual tunnel interfaces"),
    ("xfrmi", "XFRM interfaces"),
    ("marks", "Marks"),
    ("gre", "GRE and other devices"),
    ("policies", "Policies"),
    ("life", "Life of an SA"),
    ("pmtu", "Path MTU and fragmentation"),
    ("selftest", "The kernel's own selftests"),
];

const COLUMNS: [&str; 6] = [
    "ipv4 policy",
    "ipv6 policy",
    "ipv4 vti",
    "ipv6 vti",
    "ipv4 xfrm",
    "ipv6 xfrm",
];

fn of<'f>(section: &str, files: &'f [File]) -> Vec<&'f File> {
    let of = |f: &&File| f.about.as_ref().is_some_and(|a| a.section == section);
    files.iter().filter(of).collect()
}

#[test]
fn the_coverage_page_is_up_to_date() {
    let files = shelf();
    let mut page = String::from(
        "# Coverage\n\nMade of `about` in the files and of `findings/*.toml` by\n\
         `UPDATE_EXPECT=1 cargo test -p cases --test library`.\n\n## Sections\n\n\
         Files for each address family and each way into a tunnel.\n\n\
         | section | files | IPv4 policy | IPv6 policy | IPv4 VTI | IPv6 VTI | IPv4 XFRM | IPv6 XFRM |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for (section, title) in SECTIONS {
        let here = of(section, &files);
        page += &format!("| {title} | {} |", here.len());
        for column in COLUMNS {
            let covers = |f: &&&File| f.about.as_ref().is_some_and(|a| a.covers.contains(&column));
            let count = here.iter().filter(covers).count();
            page += &match count {
                0 => " - |".to_owned(),
                n => format!(" {n} |"),
            };
        }
        page.push('\n');
    }
    page += "\n## Files\n";
    for (section, title) in SECTIONS {
        let here = of(section, &files);
        if here.is_empty() {
            continue;
        }
        page += &format!("\n**{title}**\n\n");
        for file in here {
            page += &format!("- `{}`: {}\n", file.name, file.title);
        }
    }
    page += "\n## Behaviours\n";
    for (subject, behaviours) in behaviours() {
        page += &format!("\n**{subject}**\n\n");
        for (slug, it) in behaviours {
            let names: Vec<String> = shown_by(&slug, &files)
                .iter()
                .map(|name| format!("`{name}`"))
                .collect();
            let shown = match it.none {
                Some(reason) => format!("no file: {reason}"),
                None => names.join(", "),
            };
            page += &format!("- `{slug}`: {}. *{}* - {shown}\n", it.says, it.source);
        }
    }
    check_page("COVERAGE.md", &page);
}
