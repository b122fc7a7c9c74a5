//! Owns the count of distinct tests: two tests are the same if their expectations are, but for names
//! and addresses.

use std::collections::BTreeMap;

use xfrmlab::{plan::Plan, spec};

use crate::shelf::shelf;

/// Distinct tests that the library has at least.
const LEAST: usize = 120;

/// Every name that the file chose, longest first.
fn names(plan: &Plan) -> Vec<String> {
    let mut names = Vec::new();
    for node in &plan.nodes {
        names.push(node.name.clone());
        names.extend(node.devices.iter().map(|d| d.name.clone()));
        names.extend(node.states.iter().map(|s| s.name.clone()));
        names.extend(node.policies.iter().map(|p| p.name.clone()));
    }
    let ends = plan.links.iter().flat_map(|link| &link.ends);
    names.extend(ends.map(|end| end.device.clone()));
    names.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
    names.dedup();
    names
}

/// A word without what says nothing of the kernel: addresses and names become numbers in the order in which
/// they come.
fn normal(word: &str, names: &[String], numbers: &mut BTreeMap<String, usize>) -> String {
    let mut number = |what: &str| {
        let next = numbers.len();
        *numbers.entry(what.to_owned()).or_insert(next)
    };
    let bare = word.split_once('/').map_or(word, |(address, _)| address);
    // An address with a port, as in `192.0.2.1.4500`, keeps the port.
    let (address, port) = match bare.rsplit_once('.') {
        Some((front, port)) if bare.matches('.').count() == 4 => (front, port),
        _ => (bare, ""),
    };
    if address.parse::<std::net::IpAddr>().is_ok() {
        return format!("A{}.{port}", number(address));
    }
    if names.iter().any(|name| name == word) {
        return format!("N{}", number(word));
    }
    word.to_owned()
}

/// What the kernel must refuse, wherever in the world that stands, with the list that it stands in.
fn refusals(list: &str, value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(errno) if key == "refused" => *text += &format!(" {list} refused {errno}"),
                    _ if value.is_array() => refusals(key, value, text),
                    _ => refusals(list, value, text),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| refusals(list, item, text)),
        _ => {}
    }
}

/// What a plan expects, without names and addresses.
fn signature(plan: &Plan) -> String {
    let names = names(plan);
    let mut text = String::new();
    for step in &plan.steps {
        let json = |value: Result<String, serde_json::Error>| value.expect("a plan is data");
        text += &format!("step\n{}\n", json(serde_json::to_string(&step.expect)));
        for flow in &step.flows {
            text += &format!("{}\n", json(serde_json::to_string(&flow.outcome)));
        }
    }
    text += &format!("{:?}", plan.fails);
    let world = serde_json::to_value(plan).expect("a plan is data");
    refusals("world", &world, &mut text);
    let mut numbers = BTreeMap::new();
    // Places of lines say nothing either.
    let pieces = text.split("\"line\":");
    let text: Vec<&str> = pieces
        .map(|piece| piece.trim_start_matches(|c: char| c.is_ascii_digit()))
        .collect();
    text.join("")
        .split(|c: char| c.is_whitespace() || "\",{}[]\\()=".contains(c))
        .map(|word| normal(word, &names, &mut numbers))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn no_two_tests_expect_the_same() {
    let mut tests: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut excused = Vec::new();
    for file in shelf() {
        // What shows the language, and not the kernel, may say the same as often as it likes.
        if file.about.as_ref().is_none_or(|a| a.section == "language") {
            continue;
        }
        let variants = spec::variants(&file.document);
        let all = std::iter::once(None).chain(variants.into_iter().map(Some));
        for variant in all {
            let plan = spec::resolve(&file.document, variant, &[])
                .unwrap_or_else(|e| panic!("{}", e.render(false)));
            let (name, alike) = match variant {
                None => (
                    file.name.clone(),
                    file.about.as_ref().and_then(|a| a.alike.clone()),
                ),
                Some(variant) => (
                    format!("{}::{variant}", file.name),
                    spec::alike(&file.document, variant),
                ),
            };
            match alike {
                Some(_) => excused.push((signature(&plan), name)),
                None => tests.entry(signature(&plan)).or_default().push(name),
            }
        }
    }
    println!("{} distinct tests, {} alike", tests.len(), excused.len());
    let same = tests.values().filter(|names| names.len() > 1);
    let same: Vec<String> = same.map(|names| names.join("\n    = ")).collect();
    assert!(
        same.is_empty(),
        "tests that expect the same:\n  {}\n(hint: expect more, or say in `alike` why not)",
        same.join("\n  ")
    );
    // An excuse for nothing hides the next one.
    let idle = excused.iter().filter(|(s, _)| !tests.contains_key(s));
    let mut idle: Vec<&str> = idle.map(|(_, name)| &**name).collect();
    idle.sort_unstable();
    assert!(idle.is_empty(), "`alike`, and like no other test: {idle:?}");
    assert!(tests.len() >= LEAST, "only {} distinct tests", tests.len());
}
