//! What watches changes nothing: on the wire a world is the same with the tables of the harness in every node and without.

use std::{collections::BTreeMap, path::Path};

use rstest::rstest;
use xfrmlab::{
    judge::{self, Class},
    plan::Plan,
    session::{self, Session, SessionOptions},
    spec,
    wire::Detail,
};

/// The lines of a step at a capture point.
type Wire = BTreeMap<(usize, String), Vec<String>>;

fn plan(file: &Path, watched: &str) -> Plan {
    let document = spec::parse(&spec::read_source(file).expect("it is in the library"))
        .unwrap_or_else(|e| panic!("{}", e.render(false)));
    let set = [format!("observe={watched}")
        .parse()
        .expect("a path and a value")];
    spec::resolve(&document, None, &set).unwrap_or_else(|e| panic!("{}", e.render(false)))
}

/// Everything that passed each capture point, in order, but for what differs between identical runs.
fn wire(plan: &Plan) -> (Wire, usize) {
    let session = Session::new(SessionOptions {
        kernel: None,
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    let run = session::run(&session, plan);
    assert!(run.verdict.errors.is_empty(), "{:?}", run.verdict.errors);
    let seen = run.observations.expect("a world that ran was seen");
    let tables = seen.instruments.iter().filter(|i| i.contains("table"));
    let mut out = Wire::new();
    for (step, told) in judge::tell(plan, &seen).steps.iter().enumerate() {
        let events = told
            .journeys
            .iter()
            .filter(|j| j.kind.class != Class::Noise);
        let mut events: Vec<_> = events.flat_map(|j| &j.events).collect();
        events.sort_by_key(|e| e.ts_ns);
        for event in events {
            let (Some(point), Some(packet)) = (&event.wire, &event.line.packet) else {
                continue;
            };
            let place = format!("{}:{} {:?}", event.node, point.device, point.direction);
            let line = format!("{} mark {:?}", packet.at(Detail::Full), event.line.mark);
            out.entry((step, place)).or_default().push(line);
        }
    }
    (out, tables.count())
}

/// Files with forwarding, VTIs, XFRM interfaces, NAT and conntrack, marks, fragments and TCP.
#[rstest]
fn the_wire_is_the_same_with_and_without_tables_of_the_harness(
    #[values(
        "seeds/gateway-pair",
        "seeds/gateway-pair-nat",
        "observe/devices",
        "vti/gateway-pair",
        "xfrmi/several-peers",
        "marks/policy-by-mark",
        "pmtu/fragments-first",
        "nat/ports"
    )]
    name: &str,
) {
    let file = cases::topologies().join(format!("{name}.toml"));
    let (watched, tables) = wire(&plan(&file, "all"));
    let (bare, none) = wire(&plan(&file, "wire"));
    assert!(tables > 0 && none == 0, "{tables} and {none} tables");
    assert!(watched.values().map(Vec::len).sum::<usize>() > 1);
    assert_eq!(watched, bare);
}
