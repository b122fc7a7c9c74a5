//! Ten thousand states: parsed and planned at once, and built on one node in time that is linear in their number.
#![expect(
    clippy::disallowed_methods,
    reason = "the kernel is named by the environment, and time is what is measured"
)]

use std::{env, fmt::Write as _};

use nix::time::{ClockId, clock_gettime};
use xfrmlab::{
    guest::KernelChoice,
    plan::Plan,
    session::{self, Session, SessionOptions},
    spec::{self, Source},
};

/// A node with so many states, none of which the flow of the file meets. Each has a reqid of its own: the kernel
/// goes through all of the same addresses and reqid for each one that it adds (`__xfrm_state_bump_genids` in
/// `net/xfrm/xfrm_state.c`, Linux 6.12), which makes that quadratic whoever adds them.
fn text(states: usize) -> String {
    let mut text = "title = \"many states\"\n\
        links = [{ ends = [\"a:eth0 10.0.0.1/24\", \"b:eth0 10.0.0.2/24\"] }]\n\
        steps = [{ name = \"x\", ping = { from = \"b\", to = \"10.0.0.1\" }, expect = { reply = true } }]\n\
        [nodes.b]\n[nodes.a]\nstates = [\n"
        .to_owned();
    for number in 0..states {
        let spi = 0x1000 + number;
        let _ = writeln!(
            text,
            "{{ src = \"10.0.0.1\", dst = \"10.0.0.9\", spi = {spi}, reqid = {spi}, aead = \"rfc4106(gcm(aes))\" }},"
        );
    }
    text + "]\n"
}

fn plan(states: usize) -> Plan {
    let document = spec::parse(&Source::new("many.toml", text(states)));
    document
        .and_then(|document| spec::resolve(&document, None, &[]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

/// The shortest of three times that parsing and planning so many states takes, in nanoseconds of this thread's
/// processor time: what other tests do at the same time is none of it.
fn planned(states: usize) -> i64 {
    let clock = || {
        let now = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has it");
        now.tv_sec() * 1_000_000_000 + now.tv_nsec()
    };
    let once = |_| {
        let started = clock();
        assert_eq!(plan(states).states().count(), states);
        clock() - started
    };
    let best = (0..3).map(once).min().expect("three times");
    println!("{states} states planned in {} ms", best / 1_000_000);
    best
}

#[test]
fn the_planning_of_states_takes_time_linear_in_their_number() {
    let (some, many) = (planned(2_000), planned(10_000));
    // Five times as many take five times as long; a loop within a loop would take 25 times.
    assert!(many < 10 * some, "{some} ns and {many} ns");
}

/// Nanoseconds that building a world of so many states takes in the guest.
fn built(session: &Session, states: usize) -> u64 {
    let run = session::run(session, &plan(states));
    let observations = run.observations.expect("the lab was built");
    let mut spent = observations.spent.iter();
    let built = spent.find(|s| s.part == "build the world");
    built.expect("the lab measures").wall_ns
}

fn session() -> Session {
    let kernel: KernelChoice = match env::var("XFRMLAB_KERNEL") {
        Ok(text) => text.parse().unwrap_or_else(|e| panic!("{e}")),
        Err(_) => KernelChoice::default(),
    };
    Session::new(SessionOptions {
        kernel: Some(kernel),
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    })
}

#[test]
fn the_building_of_states_takes_time_linear_in_their_number() {
    let session = session();
    let mut each = Vec::new();
    for states in [1_000_u32, 2_000, 5_000, 10_000] {
        let nanos = built(&session, states as usize) / u64::from(states);
        println!("{states} states: {nanos} ns each");
        each.push(nanos);
    }
    // Time that grows with the square would be ten times as much for each.
    assert!(each[3] < 3 * each[0].max(each[1]), "{each:?}");
}

#[test]
#[ignore = "long: ten thousand states, five times"]
fn a_state_of_ten_thousand_costs_what_one_of_a_hundred_costs() {
    let session = session();
    // The shortest of five times, by turns: whatever else the machine does only adds.
    let sizes = [0_u32, 100, 1_000, 10_000];
    let mut best = [u64::MAX; 4];
    for _ in 0..5 {
        for (best, states) in best.iter_mut().zip(sizes) {
            *best = built(&session, states as usize).min(*best);
        }
    }
    // The rest of the world costs as much without them.
    let each = |at: usize| (best[at] - best[0]) / u64::from(sizes[at]);
    for (at, states) in sizes.iter().enumerate().skip(1) {
        println!("{states} states: {} ns each", each(at));
    }
    assert!(
        10 * each(3) <= 13 * each(1),
        "{} ns each of 100, {} ns each of 10000",
        each(1),
        each(3)
    );
}
