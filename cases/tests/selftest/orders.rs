//! Owns the orders in which policies are added and looked up, and the worlds that do nothing else. It never runs one.

use std::{collections::BTreeSet, fmt::Write as _};

use fastrand::Rng;
use xfrmlab::{
    plan::{Plan, What},
    spec::{self, Source},
};

/// Orders of one family, as many as the script has.
const ORDERS: u64 = 50;

/// A world in which the policies of one node change, and an echo that none of them is about.
fn idle(steps: &str) -> Plan {
    let text = format!(
        "title = \"policies of one node\"\n\
         links = [{{ ends = [\"a:eth0 192.168.0.1/24\", \"b:eth0 192.168.0.2/24\"] }}]\n\
         [nodes.a]\n[nodes.b]\n{steps}\n\
         [[steps]]\nname = \"afterwards\"\n\
         ping = {{ from = \"a\", to = \"192.168.0.2\" }}\nexpect.reply = true\n"
    );
    spec::parse(&Source::new("orders.toml", text))
        .and_then(|document| spec::resolve(&document, None, &[]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// Sixteen networks beside each other, added in one order and found by their selectors in another, fifty times: what
/// deletes a policy looks it up as what gets it does (`xfrm_get_policy` in `net/xfrm/xfrm_user.c`, Linux 6.12).
pub(crate) fn drawn(network: impl Fn(usize) -> String) -> Plan {
    let mut steps = String::new();
    for seed in 0..ORDERS {
        let mut draw = Rng::with_seed(seed);
        let mut order: Vec<usize> = (0..256).step_by(16).collect();
        draw.shuffle(&mut order);
        let added: Vec<_> = order
            .iter()
            .map(|n| {
                let dst = network(*n);
                format!("{{ name = \"p{n}\", dir = \"out\", dst = \"{dst}\", priority = 10 }}")
            })
            .collect();
        draw.shuffle(&mut order);
        let deleted: Vec<_> = order.iter().map(|n| format!("\"a policy p{n}\"")).collect();
        let _ = writeln!(
            steps,
            "[[steps]]\nname = \"order {seed}\"\n\
             [[steps.do]]\nadd.a.policies = [{}]\n\
             [[steps.do]]\ndelete = [{}]",
            added.join(", "),
            deleted.join(", ")
        );
    }
    idle(&steps)
}

/// Two policies that are updated and thresholds that are set, ten times in turn, as `check_hthresh_repeat` does.
pub(crate) fn thresholds_again() -> Plan {
    let mut steps = String::from("[[steps]]\nname = \"thresholds, ten times\"\n");
    for _ in 0..10 {
        for dst in ["ff01::14:0:1/128", "ff01::1/128"] {
            let _ = writeln!(
                steps,
                "[[steps.do]]\nadd.a.policies = [{{ dir = \"in\", src = \"e000:1::/128\", dst = \"{dst}\", \
                 priority = 100, update = true, tmpl = {{ src = \"::\", dst = \"::\", mode = \"tunnel\" }} }}]\n\
                 [[steps.do]]\nadd.a.hthresh6 = \"0 28\""
            );
        }
    }
    idle(&steps)
}

/// Blocks between two networks that no packet has, with shrinking prefixes: 32 of each length.
pub(crate) fn overlapping() -> impl Iterator<Item = (String, String, u32)> {
    let mut draw = Rng::with_seed(1);
    let mut all = Vec::new();
    for prefix in [29_u8, 28, 27] {
        let mut of_length = BTreeSet::new();
        while of_length.len() < 32 {
            let mut host = || draw.usize(..256) >> (32 - prefix) << (32 - prefix);
            let (src, dst) = (host(), host());
            // Two of one selector cannot be.
            if of_length.insert((src, dst)) {
                let priority = 200 + u32::try_from(of_length.len()).unwrap_or_default();
                all.push((
                    format!("10.253.1.{src}/{prefix}"),
                    format!("10.254.1.{dst}/{prefix}"),
                    priority,
                ));
            }
        }
    }
    all.into_iter()
}

/// The plan with everything that its first step adds in another order.
pub(crate) fn shuffled(mut plan: Plan, seed: u64) -> Plan {
    let changes = &mut plan.steps[0].changes;
    assert!(changes.len() > 2 && changes.iter().all(|c| matches!(c.what, What::AddPolicy(_))));
    Rng::with_seed(seed).shuffle(changes);
    for node in &mut plan.nodes {
        Rng::with_seed(seed).shuffle(&mut node.policies);
    }
    plan
}
