//! Owns the file of a row: the smallest world that has the option.

use crate::table::{Of, Row};

/// The keys of a state that a row leaves open.
const STATE: &[(&str, &str)] = &[
    ("name", "'s'"),
    ("src", "'10.0.0.1'"),
    ("dst", "'10.0.0.9'"),
    ("spi", "0x1000"),
    ("mode", "'tunnel'"),
    ("aead", "'rfc4106(gcm(aes))'"),
];
const ALLOWED: &str =
    "allow = ['unused-template', 'reserved-spi', 'no-encap-socket', 'duplicate-policy']";

/// The topology file of a row.
pub(crate) fn file(row: &Row) -> String {
    let (keys, steps) = match row.of {
        Of::Step => row.keys.split_once('|').unwrap_or((row.keys, "")),
        _ => (row.keys, ""),
    };
    let mut node = String::new();
    let mut devices = "[nodes.a.devices.dev0]\ntype = 'dummy'\n".to_owned();
    match row.of {
        Of::State | Of::Step => node = format!("states = [{{ {} }}]\n", state(keys)),
        Of::Policy => {
            let given = |key: &str| keys.split(", ").any(|k| k.starts_with(key));
            let dir = if given("dir") { "" } else { ", dir = 'out'" };
            let dst = if given("dst") || given("src") {
                ""
            } else {
                ", dst = '10.9.0.0/16'"
            };
            node = format!("policies = [{{ {keys}{dir}{dst} }}]\n");
        }
        Of::Node => node = format!("{keys}\n"),
        Of::Device => {
            devices = format!("[nodes.a.devices.dev0]\n{}\n", keys.replace(", ", "\n"));
        }
    }
    let mut text = format!(
        "{ALLOWED}\ntitle = '{}'\n[nodes.a]\n{node}[nodes.a.devices.eth0]\ntype = 'dummy'\n\
         addresses = ['10.0.0.1/24', '2001:db8::1/64']\n{devices}",
        row.name
    );
    for (number, change) in steps.split('|').enumerate().filter(|(_, s)| !s.is_empty()) {
        text += &format!(
            "[[steps]]\nname = '{number}'\ndo = {{ {} }}\n",
            change.trim()
        );
    }
    text
}

/// The keys of a row, and those that it leaves open.
fn state(keys: &str) -> String {
    let given = |key: &str| {
        let start = format!("{key} = ");
        // Those of a table inside are not the state's.
        let mut depth = 0;
        let own: String = keys
            .chars()
            .filter(|c| {
                depth += i32::from(*c == '{') - i32::from(*c == '}');
                depth == 0
            })
            .collect();
        own.starts_with(&start) || own.contains(&format!(", {start}"))
    };
    let sealed = given("enc") || given("proto");
    let open = STATE
        .iter()
        .filter(|(key, _)| !given(key) && (*key != "aead" || !sealed || keys.contains("'esp'")))
        .map(|(key, value)| format!(", {key} = {value}"));
    format!("{}{}", keys.trim(), open.collect::<String>())
}
