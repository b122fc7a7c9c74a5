//! The seed topologies as plans: what their shorthand becomes.

use super::{SEEDS, document};
use crate::{
    plan::{Dir, Need, Plan, State},
    spec::{Set, parse, resolve, resolve_all, variants},
};

#[track_caller]
fn plan(text: &str, variant: Option<&str>) -> Plan {
    resolve(&document(text), variant, &[]).unwrap_or_else(|problems| panic!("{problems}"))
}

fn state<'p>(plan: &'p Plan, node: &str, name: &str) -> &'p State {
    let node = plan.node(node).expect("the node is there");
    node.states
        .iter()
        .find(|s| s.name == name)
        .expect("the state is there")
}

/// `SRC > DST SPORT DPORT` of a state.
fn ends(state: &State) -> String {
    let ports = state
        .encap
        .map(|e| format!(" {} {}", e.sport, e.dport))
        .unwrap_or_default();
    format!("{} > {}{ports}", state.src, state.dst)
}

#[test]
fn every_variant_of_the_seeds_resolves() {
    for text in SEEDS {
        let document = document(text);
        let plans = resolve_all(&document, &[]).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(plans.len(), variants(&document).len() + 1);
    }
}

#[test]
fn a_tunnel_becomes_four_states_and_six_policies() {
    let plan = plan(SEEDS[0], None);
    assert_eq!(plan.states().count(), 4);
    for (node, near, far) in [
        ("r1", "10.0.1.0/24", "10.0.2.0/24"),
        ("r2", "10.0.2.0/24", "10.0.1.0/24"),
    ] {
        let node = plan.node(node).expect("a gateway");
        let seen: Vec<_> = node
            .policies
            .iter()
            .map(|p| {
                (
                    p.dir,
                    p.selector.src.to_string(),
                    p.selector.dst.to_string(),
                )
            })
            .collect();
        let policy = |dir, src: &str, dst: &str| (dir, src.to_owned(), dst.to_owned());
        let expected = [
            policy(Dir::Out, near, far),
            policy(Dir::In, far, near),
            policy(Dir::Fwd, far, near),
        ];
        assert_eq!(seen, expected);
    }
    let (left, right) = (
        state(&plan, "r1", "site:left>right"),
        state(&plan, "r2", "site:left>right"),
    );
    assert_eq!(left, right);
    let aead = left.algorithms.aead.as_ref().expect("an AEAD");
    assert_eq!((aead.key.len(), aead.icv_bits), (20, 128));
    assert_eq!(plan.guarded, [1, 2]);
    assert_eq!(
        plan.needs,
        [
            Need::XfrmType("esp4".to_owned()),
            Need::Algorithm("aead".to_owned(), "rfc4106(gcm(aes))".to_owned()),
        ]
    );
}

#[test]
fn behind_a_nat_each_gateway_knows_the_other_as_it_is_seen() {
    let plan = plan(SEEDS[1], None);
    let seen = ["r1", "r2"].map(|node| {
        ["site:left>right", "site:right>left"].map(|name| ends(state(&plan, node, name)))
    });
    let expected = [
        [
            "192.168.7.2 > 5.0.0.1 4500 4500",
            "5.0.0.1 > 192.168.7.2 4500 4500",
        ],
        [
            "3.0.0.1 > 5.0.0.1 40500 4500",
            "5.0.0.1 > 3.0.0.1 4500 40500",
        ],
    ];
    assert_eq!(seen, expected);
    for node in ["r1", "r2"] {
        let sockets = &plan.node(node).expect("a gateway").encap_sockets;
        assert_eq!(sockets.iter().map(|s| s.port).collect::<Vec<_>>(), [4500]);
    }
    assert_eq!(plan.guarded, [1, 2]);
    assert!(plan.needs.contains(&Need::Nft));
}

#[test]
fn a_block_line_knows_its_line_in_the_file() {
    for text in SEEDS {
        let plan = plan(text, None);
        let file: Vec<&str> = text.lines().collect();
        let expect = &plan.steps[0].expect;
        let blocks = expect
            .nodes
            .iter()
            .map(|(_, b)| b)
            .chain(expect.wires.iter().map(|w| &w.block));
        let lines: Vec<_> = blocks.flat_map(|b| &b.lines).collect();
        assert!(lines.len() > 40, "{}", lines.len());
        for line in lines {
            let there = file[line.line as usize - 1];
            assert!(there.contains(&line.text), "line {}: {there}", line.line);
        }
    }
}

#[test]
fn line_ends_of_another_system_change_nothing() {
    let unix = plan(SEEDS[0], None);
    let other = plan(&SEEDS[0].replace('\n', "\r\n"), None);
    assert_eq!(unix, other);
}

#[test]
fn a_removed_policy_is_gone_and_nothing_else() {
    let base = plan(SEEDS[0], None);
    let variant = plan(SEEDS[0], Some("the receiver lacks its forward policy"));
    let dirs = |plan: &Plan, node: &str| -> Vec<Dir> {
        plan.node(node)
            .expect("a gateway")
            .policies
            .iter()
            .map(|p| p.dir)
            .collect()
    };
    assert_eq!(dirs(&variant, "r2"), [Dir::Out, Dir::In]);
    assert_eq!(dirs(&variant, "r1"), dirs(&base, "r1"));
    assert_eq!(
        variant.fails.as_ref().and_then(|f| f.counter.as_deref()),
        Some("XfrmInNoPols")
    );
}

#[test]
fn a_changed_state_is_changed_at_one_node_only() {
    let changed = plan(SEEDS[0], Some("the receiver knows another SPI"));
    let base = plan(SEEDS[0], None);
    let name = "site:left>right";
    assert_eq!(state(&changed, "r2", name).spi.0, 0x999);
    assert_eq!(state(&changed, "r1", name), state(&base, "r1", name));
    let wrong_key = plan(SEEDS[0], Some("the receiver has another key"));
    let key = |plan: &Plan, node| {
        state(plan, node, name)
            .algorithms
            .aead
            .clone()
            .map(|a| a.key)
    };
    assert_ne!(key(&wrong_key, "r2"), key(&base, "r2"));
    assert_eq!(key(&wrong_key, "r1"), key(&base, "r1"));
}

#[test]
fn a_variant_adds_rules_and_replaces_a_block() {
    let leak = plan(
        SEEDS[0],
        Some("r1 masquerades what leaves its outer device"),
    );
    assert!(
        leak.node("r1")
            .expect("a gateway")
            .nft
            .contains("masquerade")
    );
    let swapped = plan(SEEDS[0], Some("two expected lines are swapped"));
    let block = |plan: &Plan| {
        let nodes = &plan.steps[0].expect.nodes;
        let lines = nodes
            .iter()
            .find(|(n, _)| n == "h2")
            .map(|(_, b)| b.lines.clone());
        lines
            .expect("a block")
            .iter()
            .map(|l| l.text.clone())
            .collect::<Vec<_>>()
    };
    let mut expected = block(&plan(SEEDS[0], None));
    expected.swap(0, 1);
    assert_eq!(block(&swapped), expected);
}

#[test]
fn values_are_set_from_outside() {
    let document = document(SEEDS[0]);
    let sets: Vec<Set> = ["tunnels.site.replay-window=64", "steps.0.ping.count = 3"]
        .map(|s| s.parse().expect("a set"))
        .into();
    let plan = resolve(&document, None, &sets).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(state(&plan, "r1", "site:left>right").replay_window, 64);
    let crate::plan::Traffic::Ping(ping) = &plan.steps[0].flows[0].traffic else {
        panic!("the step pings");
    };
    assert_eq!(ping.count, 3);
    let wrong: Set = "tunnels.sight.mode=tunnel".parse().expect("a set");
    let problems = resolve(&document, None, &[wrong]).expect_err("no such tunnel");
    assert!(
        problems.short().contains("missing key `left`"),
        "{}",
        problems.short()
    );
}

#[test]
fn the_lab_starts_from_settings_that_do_not_depend_on_the_host() {
    let plan = plan(SEEDS[0], None);
    let value = |node: &str, key: &str| {
        let node = plan.node(node).expect("a node");
        let found = node.sysctls.iter().find(|s| s.key == key);
        found.map(|s| s.value.clone()).expect("a setting")
    };
    assert_eq!(value("r1", "net.ipv4.ip_forward"), "1");
    assert_eq!(value("h1", "net.ipv4.ip_forward"), "0");
    assert_eq!(value("h1", "net.ipv4.conf.all.rp_filter"), "0");
    assert_eq!(
        plan.node("h1").expect("a node").sysctls[0].key,
        "net.ipv4.ip_forward"
    );
}

#[test]
fn an_unknown_variant_is_a_problem() {
    let document = parse(&super::source(SEEDS[0])).expect("the seed is right");
    let problems = resolve(&document, Some("one expected line to few"), &[]).expect_err("no such");
    assert!(
        problems
            .short()
            .contains("did you mean `one expected line too few`?")
    );
}

/// The kernel took nothing of it, so what comes later builds on what was there before.
#[test]
fn a_refused_update_is_not_remembered() {
    let from = SEEDS[0].find("[[steps]]").unwrap();
    let steps = "[[steps]]\nname = \"s\"\n\
                 [[steps.do]]\nrefused = \"EINVAL\"\n\
                 update = { \"r1 state site:left>right\" = { encap = \"espinudp 4500 4500\" } }\n\
                 [[steps.do]]\nupdate = { \"r1 state site:left>right\" = { limit = { packet-hard = 9 } } }\n";
    let plan = plan(&format!("{}{steps}", &SEEDS[0][..from]), None);
    let updates: Vec<_> = plan.steps[0]
        .changes
        .iter()
        .filter_map(|change| match &change.what {
            crate::plan::What::UpdateState(state) => Some(state.encap.is_some()),
            _ => None,
        })
        .collect();
    assert_eq!(updates, [true, false]);
}
