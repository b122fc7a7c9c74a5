//! A world built and taken down by netlink, against its exported script and against the same in as few calls of
//! `ip -batch` as do it: in one guest, one after the other, by one clock.
#![expect(
    clippy::disallowed_methods,
    reason = "time is what is measured, and the kernel is named by the environment"
)]

use std::{collections::BTreeMap, fmt::Write as _, path::Path, time::Instant};

use xfrmlab::{
    guest::KernelChoice,
    ops,
    plan::{Node, Plan},
    session::{self, Inspected, Session, SessionOptions},
    spec,
};

/// Times that each is done; the shortest counts, since whatever else the machine does only adds.
const ROUNDS: usize = 5;
/// How many times as long the script must take, and its form in batches.
const SCRIPT: f64 = 10.0;
const BATCHES: f64 = 3.0;

/// Two gateways with a host behind each and a NAT between: 5 nodes, 4 links, 4 states, 6 policies, a table of nft.
fn gateway_pair() -> Plan {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source = spec::read_source(&path.join("../topologies/seeds/gateway-pair-nat.toml"));
    let document = spec::parse(&source.expect("the file is there"))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let plan = spec::resolve(&document, None, &[])
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    Plan {
        steps: Vec::new(),
        ..plan
    }
}

/// The script without what the guest has no program for.
fn exported(plan: &Plan) -> String {
    let script = ops::export(plan).replace("\\\n", "");
    let lines = script
        .lines()
        .filter(|line| !line.contains(" socat ") && !line.starts_with("await_socket "));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The same in batches: one for what is done outside of all nodes, and one for each node.
fn batched(script: &str) -> String {
    let (mut outside, mut inside) = (String::new(), BTreeMap::<&str, String>::new());
    let (mut before, mut behind) = (String::new(), String::new());
    let mut text_of = None;
    for line in script.lines() {
        // The text behind a `<<'EOF'`.
        if text_of.is_some() || line.ends_with("<<'EOF'") {
            let _ = writeln!(behind, "{line}");
            text_of = (line != "EOF").then_some(());
            continue;
        }
        for call in line.split(" && ") {
            let words = call.strip_prefix("ip -n ").and_then(|c| c.split_once(' '));
            if let Some((node, words)) = words {
                let _ = writeln!(inside.entry(node).or_default(), "{words}");
            } else if call.starts_with("ip netns exec ") {
                let _ = writeln!(before, "{call}");
            } else if let Some(words) = call.strip_prefix("ip ") {
                let _ = writeln!(outside, "{words}");
            }
        }
    }
    let mut nodes = String::new();
    for (node, lines) in &inside {
        let _ = writeln!(nodes, "ip -n {node} -batch - <<'EOF'\n{lines}EOF");
    }
    format!("set -e\nip -batch - <<'EOF'\n{outside}EOF\n{before}{nodes}{behind}")
}

/// Milliseconds that it takes to build `plan` and to do `script` in it, and what that printed.
fn took(session: &Session, plan: &Plan, script: &str) -> (f64, String) {
    let started = Instant::now();
    let seen = session::inspect(session, plan, script).unwrap_or_else(|e| panic!("{e}"));
    let took = started.elapsed().as_secs_f64() * 1000.0;
    match seen {
        Inspected::Seen { seen, .. } => (took, seen.printed),
        Inspected::Lacks(missing) => panic!("the kernel lacks {missing:?}"),
    }
}

/// The script in parentheses, so that it ends alone, what there is then, and the end of all.
fn whole(plan: &Plan, script: &str) -> String {
    let mut gone = String::new();
    for node in &plan.nodes {
        let _ = writeln!(gone, "netns delete {}", node.name);
    }
    let count = "ip -n r1 xfrm state count; ip -n r2 xfrm state count";
    format!("(\n{script})\necho \"ended $?\"; {count}\nip -batch - <<'EOF'\n{gone}EOF\n")
}

#[test]
#[ignore = "long: a script of sixty programs takes seconds in an emulated guest, five times"]
fn netlink_is_ten_times_as_fast_as_the_script_and_three_times_as_fast_as_batches() {
    let kernel: KernelChoice = match std::env::var("XFRMLAB_KERNEL") {
        Ok(text) => text.parse().unwrap_or_else(|e| panic!("{e}")),
        Err(_) => KernelChoice::default(),
    };
    let session = Session::new(SessionOptions {
        kernel: Some(kernel),
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    let plan = gateway_pair();
    let idle = Plan {
        nodes: vec![Node {
            name: "idle".to_owned(),
            ..Node::default()
        }],
        needs: plan.needs.clone(),
        ..Plan::default()
    };
    let script = exported(&plan);
    let (script, batches) = (whole(&plan, &script), whole(&plan, &batched(&script)));
    let mut best = [f64::INFINITY; 4];
    for _ in 0..ROUNDS {
        let rounds = [
            took(&session, &idle, "true\n"),
            took(&session, &plan, "true\n"),
            took(&session, &idle, &script),
            took(&session, &idle, &batches),
        ];
        for (best, (took, printed)) in best.iter_mut().zip(&rounds) {
            *best = best.min(*took);
            // A script that could not do its work is no measure.
            assert!(
                printed.is_empty()
                    || printed.contains("ended 0") && printed.matches("SAD count 2").count() == 2,
                "{printed}"
            );
        }
    }
    let [idle, netlink, script, batches] = best;
    let (netlink, script, batches) = (netlink - idle, script - idle, batches - idle);
    let record = format!(
        "netlink {netlink:.0} ms, script {script:.0} ms ({:.1} times), batches {batches:.0} ms ({:.1} times)",
        script / netlink,
        batches / netlink
    );
    println!("{record}");
    assert!(script >= SCRIPT * netlink, "{record}");
    assert!(batches >= BATCHES * netlink, "{record}");
}
