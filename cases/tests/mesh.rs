//! Many nodes: a mesh of transport-mode SAs, one between each two hosts of one network. Three hosts are in
//! `topologies/from-scratch/mesh.toml`; fifty take minutes on an emulated processor.
#![expect(
    clippy::disallowed_methods,
    reason = "the environment names the kernel, and time is what is measured"
)]

use std::{fmt::Write as _, time::Instant};

use rstest::rstest;
use xfrmlab::{
    judge::Outcome,
    report::{self, Style},
    session::{self, Session, SessionOptions},
    spec::{self, Source},
};

/// Hosts on one segment, each of which pings the next one.
fn text(hosts: usize) -> String {
    let mut text = format!("title = \"a mesh of {hosts}\"\n");
    let mut ends = Vec::new();
    let mut links = Vec::new();
    for host in 1..=hosts {
        let _ = writeln!(text, "[nodes.n{host}]");
        ends.push(format!("\"n{host} 10.0.0.{host}\""));
        links.push(format!("\"n{host}:eth0 10.0.0.{host}/24\""));
    }
    let _ = writeln!(text, "[[links]]\nends = [{}]", links.join(", "));
    let _ = writeln!(
        text,
        "[mesh.all]\nmode = \"transport\"\nends = [{}]",
        ends.join(", ")
    );
    let flows = (1..=hosts).map(|host| {
        let next = host % hosts + 1;
        format!("{{ ping = {{ from = \"n{host}\", to = \"10.0.0.{next}\" }} }}")
    });
    let flows: Vec<_> = flows.collect();
    let _ = writeln!(
        text,
        "[[steps]]\nname = \"everyone asks the next one\"\nflows = [{}]\nexpect.reply = true",
        flows.join(", ")
    );
    for host in 1..=hosts {
        let _ = writeln!(text, "expect.counters.n{host} = \"unchanged\"");
        let next = host % hosts + 1;
        let _ = writeln!(
            text,
            "expect.sas.\"n{host} all:n{host}>n{next}\" = {{ packets = {} }}",
            // Of two hosts each is the next one of the other.
            if hosts == 2 { 2 } else { 1 }
        );
    }
    text
}

/// Every echo is sealed by the SA for its peer, however many others there are.
#[rstest]
#[case::of_four(4)]
#[ignore = "long: 50 nodes, 4900 states"]
#[case::of_fifty(50)]
fn everyone_has_an_sa_for_everyone(#[case] hosts: usize) {
    let plan = spec::parse(&Source::new("mesh.toml", text(hosts)))
        .and_then(|document| spec::resolve(&document, None, &[]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    assert_eq!(plan.states().count(), 2 * hosts * (hosts - 1));
    let kernel = std::env::var("XFRMLAB_KERNEL")
        .ok()
        .map(|word| word.parse().expect("XFRMLAB_KERNEL names a kernel"));
    let session = Session::new(SessionOptions {
        kernel,
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    let started = Instant::now();
    let run = session::run(&session, &plan);
    let took = started.elapsed();
    if let Some(seen) = &run.observations {
        let built = seen.spent.iter().find(|s| s.part == "build the world");
        println!("{hosts} hosts: {built:?}, all in {took:?}");
    }
    if run.verdict.outcome != Outcome::Pass {
        let lines = report::verdict_lines(&plan, &run.verdict, Style::default());
        panic!("{}\n{}", run.place, lines.join("\n"));
    }
}
