//! Every cause that a diagnosis must be able to name has a topology whose variant declares it. That the
//! diagnosis gives just that name, from a folder without prose too, is tested with every variant in `topologies`.

use std::collections::BTreeMap;

use xfrmlab::{judge, spec};

/// What can go wrong, and the name under which the diagnosis says so.
const CAUSES: [(&str, &str); 37] = [
    ("no policy", "no-policy"),
    ("no policy at the sender", "sender-has-no-policy"),
    ("template mismatch", "template-mismatch"),
    ("no state", "no-state"),
    ("wrong key", "wrong-key"),
    ("replay", "replay"),
    ("expired", "expired"),
    ("blocked", "blocked"),
    ("larval", "larval"),
    ("masquerade before lookup", "masquerade-before-lookup"),
    ("mark not in mask", "mark-mismatch"),
    ("if_id without device", "if-id-without-device"),
    ("device down", "device-down"),
    ("reverse path filter", "rp-filter"),
    ("routing table", "fib"),
    ("nft drop at chain and rule", "nft-drop"),
    ("no route", "no-route"),
    ("TTL", "ttl-exceeded"),
    ("path MTU", "pmtu"),
    ("neighbour failure", "neighbour-failure"),
    ("encapsulation mismatch", "encapsulation-mismatch"),
    ("disable_policy", "disable-policy"),
    ("VTI no match", "vti-no-match"),
    ("selector of the state", "state-selector"),
    ("loop", "loop"),
    ("checksum", "checksum"),
    ("XFRM interface no match", "xfrmi-no-match"),
    ("GRE or IP in IP no match", "tunnel-no-match"),
    ("route past the device of the policy", "past-the-device"),
    ("forwarding off", "forwarding-off"),
    ("a link that loses", "netem-loss"),
    ("AH changed on its way", "changed-on-way"),
    ("frame for another MAC", "wrong-mac"),
    ("family of the state", "family-mismatch"),
    ("if_id of state and policy", "if-id-mismatch"),
    ("own source", "own-source"),
    ("answer to who had not asked", "answer-astray"),
];

/// The variants of the library by the cause that they declare.
fn declared() -> BTreeMap<String, Vec<String>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in cases::files() {
        let source = spec::read_source(&file).expect("it is in the library");
        let document = spec::parse(&source).unwrap_or_else(|e| panic!("{}", e.render(false)));
        for variant in spec::variants(&document) {
            let plan = spec::resolve(&document, Some(variant), &[])
                .unwrap_or_else(|e| panic!("{}", e.render(false)));
            if let Some(cause) = plan.fails.and_then(|f| f.cause) {
                let name = format!("{} [{variant}]", cases::name(&file));
                out.entry(cause).or_default().push(name);
            }
        }
    }
    out
}

#[test]
fn every_cause_has_a_topology() {
    let declared = declared();
    let without = CAUSES
        .iter()
        .filter(|(_, name)| !declared.contains_key(*name));
    let without: Vec<_> = without.collect();
    assert!(
        without.is_empty(),
        "no variant is diagnosed so: {without:?}"
    );
}

#[test]
fn every_declared_cause_is_one_of_the_diagnosis() {
    let known = judge::cause_names();
    for (cause, variants) in declared() {
        assert!(known.contains(&cause.as_str()), "`{cause}` of {variants:?}");
    }
}
