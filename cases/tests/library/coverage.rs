//! Owns the coverage page: what each section has for which family and which way into a tunnel, and which
//! file shows which behaviour.

use crate::{
    behaviours::{behaviours, shown_by},
    shelf::{File, check_page, shelf},
};

/// The sections of the library and their titles.
pub(crate) const SECTIONS: [(&str, &str); 12] = [
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

/// Why a section has no file for some columns.
const NONE: [(&str, &[&str], &str); 10] = [
    (
        "scratch",
        &["ipv4 vti", "ipv6 vti", "ipv4 xfrm", "ipv6 xfrm"],
        "`ip xfrm` alone, without any device; `vti/gateway-pair` and `xfrmi/gateway-pair` begin anew with one",
    ),
    (
        "gateway",
        &["ipv4 vti", "ipv6 vti", "ipv4 xfrm", "ipv6 xfrm"],
        "the pair with devices is `vti/gateway-pair`, `xfrmi/gateway-pair` and, for IPv6, `hooks/ipv6-devices`",
    ),
    (
        "nat",
        &["ipv6 vti", "ipv6 xfrm"],
        "a device looks for a policy behind NAT whatever the family: `nat/interface`; ESP in UDP belongs to the SA, \
         as it does in `nat/ipv6`",
    ),
    (
        "vti",
        &["ipv4 policy", "ipv6 policy", "ipv4 xfrm", "ipv6 xfrm"],
        "the section is about VTIs",
    ),
    (
        "xfrmi",
        &["ipv6 policy", "ipv4 vti", "ipv6 vti"],
        "the section is about XFRM interfaces",
    ),
    (
        "marks",
        &["ipv6 vti"],
        "a VTI6 has the key of its lookup as a VTI has: `vti/packet-mark`, `vti/wildcard-ipv6`",
    ),
    (
        "gre",
        &["ipv4 vti", "ipv6 vti", "ipv6 xfrm"],
        "a route leads what GRE made to any device alike: `gre/xfrm-interface`",
    ),
    (
        "policies",
        &["ipv6 vti"],
        "a VTI6 refuses as a VTI does: `policy/block-interface`",
    ),
    (
        "life",
        &["ipv6 vti"],
        "an SA lives as long under any device; what a device asks of a new one is in `life/rekey-devices`",
    ),
    (
        "selftest",
        &["ipv4 vti", "ipv6 vti", "ipv4 xfrm", "ipv6 xfrm"],
        "`xfrm_policy.sh` has no devices",
    ),
];

/// The reason why a section has no file for a column, as its number in the notes.
fn reason(section: &str, column: &str) -> Option<usize> {
    NONE.iter()
        .position(|(s, columns, _)| *s == section && columns.contains(&column))
        .map(|at| at + 1)
}

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
            page += &match (here.iter().filter(covers).count(), reason(section, column)) {
                (0, Some(note)) => format!(" note {note} |"),
                (0, None) => panic!("{section} has no file for {column}, and no reason in `NONE`"),
                (n, None) => format!(" {n} |"),
                (n, Some(_)) => {
                    panic!("{section} has {n} files for {column}: it has to leave `NONE`")
                }
            };
        }
        page.push('\n');
    }
    page += "\nWhere there is no file:\n\n";
    for (at, (_, _, why)) in NONE.iter().enumerate() {
        page += &format!("{}. {why}\n", at + 1);
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
