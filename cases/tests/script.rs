//! The kernel's own `xfrm_policy.sh` against the topology files that hold what it says and more, in one boot of one
//! guest, one after the other. `cargo xtask script` brings the script and what it runs, and starts this.
#![expect(
    clippy::disallowed_methods,
    reason = "time is what is measured, and a person says where the script is"
)]

#[path = "selftest/orders.rs"]
#[expect(dead_code, reason = "what the script has no word for is not timed")]
mod orders;
#[path = "selftest/policies.rs"]
mod policies;

use std::{fmt::Write as _, time::Instant};

use xfrmlab::{
    judge::Outcome,
    plan::Plan,
    report::{self, Style},
    session::{self, Inspected, Session, SessionOptions},
    spec::{self, Source},
};

/// Times that both are run.
const ROUNDS: usize = 2;
/// How many times as long the script must take.
const FACTOR: f64 = 50.0;
/// Bytes of one piece of the archive: a command line takes no more.
const PIECE: usize = 90_000;

/// A world that does nothing, for a shell to stand in.
const IDLE: &str = "title = \"idle\"\n\
    links = [{ ends = [\"a:eth0 10.0.0.1/24\", \"b:eth0 10.0.0.2/24\"] }]\n\
    steps = [{ name = \"x\", ping = { from = \"a\", to = \"10.0.0.2\" }, expect = { reply = true } }]\n\
    [nodes.a]\n[nodes.b]\n";

/// Unpacks the archive and makes the links that the script's programs need.
const UNPACK: &str = "cd /tmp && busybox base64 -d pack | busybox tar xz && rm pack\n\
    for a in seq id mktemp xargs date kill tr; do busybox ln -sf /usr/bin/busybox x/bin/$a; done\n\
    busybox ln -sfn /proc/self/fd /dev/fd; busybox ln -sf /proc/self/fd/0 /dev/stdin\n";

/// Starts the script and leaves it running. It says that it has ended through a pipe that is waited at.
const START: &str = "cd /tmp/x && rm -f ../took && busybox mkfifo ../took\n\
    export PATH=$PWD/bin:$PATH LD_LIBRARY_PATH=$PWD/lib XTABLES_LIBDIR=$PWD/xtables\n\
    (bash xfrm_policy.sh > ../said 2>&1; echo \"rc $? \" > ../last; cat ../last > ../took) \
    > /dev/null 2>&1 < /dev/null &\n";

/// Waits for as long as an agent may be silent, and says what there is.
const WAIT: &str =
    "cd /tmp; busybox timeout 240 cat took > /dev/null; cat last 2> /dev/null; cat said\n";

fn ask(session: &Session, idle: &Plan, script: &str) -> String {
    match session::inspect(session, idle, script).unwrap_or_else(|e| panic!("{e}")) {
        Inspected::Seen { seen, .. } => seen.printed,
        Inspected::Lacks(missing) => panic!("the kernel lacks {missing:?}"),
    }
}

/// What a run of the script took, in seconds, and what it said.
fn script(session: &Session, idle: &Plan) -> (f64, String) {
    // By this clock, as the files: a guest's own is late where its processor is.
    let started = Instant::now();
    ask(session, idle, START);
    loop {
        let said = ask(session, idle, WAIT);
        if said.lines().any(|line| line.starts_with("rc ")) {
            let took = started.elapsed().as_secs_f64();
            ask(session, idle, "rm -f /tmp/last");
            return (took, said);
        }
    }
}

/// The seconds that the topology files and the orders take, from plan to verdict.
fn ours(session: &Session, plans: &[Plan]) -> f64 {
    let started = Instant::now();
    for plan in plans {
        let run = session::run(session, plan);
        if run.verdict.outcome != Outcome::Pass {
            let lines = report::verdict_lines(plan, &run.verdict, Style::default());
            panic!("{}\n{}", run.place, lines.join("\n"));
        }
    }
    started.elapsed().as_secs_f64()
}

#[test]
#[ignore = "long: the script takes minutes; `cargo xtask script`"]
fn the_script_takes_fifty_times_as_long() {
    let pack = std::env::var("XFRMLAB_SCRIPT").expect("XFRMLAB_SCRIPT names the packed script");
    let pack = std::fs::read_to_string(pack).expect("it can be read");
    let session = Session::new(SessionOptions {
        kernel: Some(std::env::var("XFRMLAB_KERNEL").map_or_else(
            |_| xfrmlab::guest::KernelChoice::default(),
            |word| word.parse().expect("XFRMLAB_KERNEL names a kernel"),
        )),
        rootless: false,
        shared: true,
        ..SessionOptions::default()
    });
    let idle = spec::parse(&Source::new("idle.toml", IDLE.to_owned()))
        .and_then(|document| spec::resolve(&document, None, &[]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let text: Vec<char> = pack.chars().collect();
    for piece in text.chunks(PIECE) {
        let piece: String = piece.iter().collect();
        ask(
            &session,
            &idle,
            &format!("cat >> /tmp/pack <<'EOF'\n{piece}\nEOF\n"),
        );
    }
    println!("{}", ask(&session, &idle, UNPACK));
    let plans = policies::plans();
    let mut record = String::new();
    let mut worst = f64::INFINITY;
    for round in 1..=ROUNDS {
        let files = ours(&session, &plans);
        println!("round {round}: topology files {files:.1} s");
        let (script, said) = script(&session, &idle);
        // A script that could not do its work is no measure.
        assert!(said.contains("rc 0 "), "{said}");
        assert!(!said.contains("FAIL") && !said.contains("Cannot"), "{said}");
        println!("{said}");
        let factor = script / files;
        worst = worst.min(factor);
        let _ = writeln!(
            record,
            "round {round}: script {script:.1} s, topology files {files:.1} s, {factor:.0} times"
        );
    }
    println!("{record}");
    assert!(worst >= FACTOR, "{record}");
}
