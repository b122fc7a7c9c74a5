//! Many packets over the gateway pair, every one captured at every hop: that one is missing is told with its number and
//! the reason, and that there are many costs time and no memory.
#![expect(
    clippy::disallowed_methods,
    reason = "the environment names the kernel, and memory and time are what is measured"
)]

use std::{
    fmt::Write as _,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use rstest::rstest;
use xfrmlab::{
    judge::{Outcome, Verdict},
    observe::{Observations, WindowSums},
    ops,
    plan::Plan,
    report::{self, RunRecord, Style},
    session::{self, Session, SessionOptions},
    spec::{self, Source},
};

/// Packets in a window.
const WINDOW: u32 = 500;
/// What of more windows stays: sums, and what the allocator keeps of the largest window.
const GROWTH_PERCENT: u64 = 125;

/// One run at a time: the memory of this process is measured.
static ALONE: Mutex<()> = Mutex::new(());

/// The world of the seed, with a step of so many packets, of which a rule at the router drops one.
fn text(windows: u32, planted: Option<u32>) -> String {
    let seed = cases::topologies().join("seeds/gateway-pair.toml");
    let seed = spec::read_source(&seed).expect("the seed is in the library");
    let (world, _) = seed.text.split_once("[[steps]]").expect("it has a step");
    let mut text = world.to_owned();
    let flow = "udp 10.0.1.100.40000 > 10.0.2.100.5000";
    let esp = "esp 3.0.0.1 > 5.0.0.1 site:left>right";
    let _ = write!(
        text,
        r#"[[steps]]
name    = "many datagrams"
udp     = {{ from = "h1", to = "10.0.2.100", dport = 5000, count = {WINDOW} }}
windows = {windows}
expect.delivered = true
expect.node.h1 = """
output               out eth0  {flow}
postrouting          out eth0  {flow}
"""
expect.node.r1 = """
prerouting  in eth0            {flow}
forward     in eth0  out eth1  {flow}
postrouting          out eth1  {flow}
encode site:left>right
output               out eth1  {esp}
postrouting          out eth1  {esp}
"""
expect.node.rt = """
prerouting  in eth0            {esp}
forward     in eth0  out eth1  {esp}
postrouting          out eth1  {esp}
"""
expect.node.r2 = """
prerouting  in eth1            {esp}
input       in eth1            {esp}
decode site:left>right
prerouting  in eth1            {flow}
forward     in eth1  out eth0  {flow}
postrouting          out eth0  {flow}
"""
expect.node.h2 = """
prerouting  in eth0            {flow}
input       in eth0            {flow}
"""
expect.wire."h1>r1" = "{flow}"
expect.wire."r1>rt" = "{esp} {{ {flow} }}"
expect.wire."rt>r2" = "{esp} {{ {flow} }}"
expect.wire."r2>h2" = "{flow}"
expect.counters.r1 = "unchanged"
expect.counters.r2 = "unchanged"
"#
    );
    // The generator counts the packets that come to the rule, from 0.
    if let Some(number) = planted {
        let at = number - 1;
        let rule = format!(
            "[nodes.rt]\nnft = '''\ntable inet wall {{\n  chain one {{\n    type filter hook forward priority 0;\n    \
             meta l4proto esp numgen inc mod 1000000 == {at} drop\n  }}\n}}\n'''\n"
        );
        text = text.replacen("[nodes.rt]", &rule, 1);
    }
    text
}

/// A run that was written down window by window.
struct Ran {
    plan: Plan,
    verdict: Verdict,
    seen: Observations,
    folder: tempfile::TempDir,
}

impl Ran {
    fn sums(&self) -> WindowSums {
        self.seen.steps[0].windows.expect("the step has windows")
    }
}

fn session(shared: bool) -> Session {
    let kernel = std::env::var("XFRMLAB_KERNEL").ok();
    Session::new(SessionOptions {
        kernel: kernel.map(|word| word.parse().expect("XFRMLAB_KERNEL names a kernel")),
        shared,
        ..SessionOptions::default()
    })
}

fn plan(windows: u32, planted: Option<u32>) -> Plan {
    spec::parse(&Source::new("bulk.toml", text(windows, planted)))
        .and_then(|document| spec::resolve(&document, None, &[]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn run(session: &Session, windows: u32, planted: Option<u32>) -> Ran {
    let plan = plan(windows, planted);
    let folder = tempfile::tempdir().expect("a folder");
    let started = Instant::now();
    let run = session::run_keeping(session, &plan, &mut |window| {
        report::write_window(folder.path(), window).map_err(|e| e.to_string())
    });
    let seen = run
        .observations
        .unwrap_or_else(|| panic!("{}: {:?}", run.place, run.verdict.errors));
    println!(
        "{} packets: {:.1} s; {:?}",
        windows * WINDOW,
        started.elapsed().as_secs_f64(),
        seen.spent
    );
    Ran {
        plan,
        verdict: run.verdict,
        seen,
        folder,
    }
}

/// The verdict of the folder is that of the run.
fn same_from_the_folder(ran: &Ran) {
    let report = report::render(&ran.plan, &ran.seen, &ran.verdict, Style::default());
    let record = RunRecord {
        topology: "",
        plan: &ran.plan,
        script: &ops::export(&ran.plan),
        observations: &ran.seen,
        verdict: &ran.verdict,
        report: &report,
    };
    let folder: &Path = ran.folder.path();
    report::write_folder(folder, &record).expect("it can be written");
    let mut recorded = report::read_folder(folder).expect("it can be read");
    let windows = report::judge_windows(folder, &recorded.plan).expect("so can its windows");
    let again = windows.judge(&recorded.plan, &mut recorded.observations);
    assert_eq!(again, ran.verdict);
    let report_again = report::render(
        &recorded.plan,
        &recorded.observations,
        &again,
        Style::default(),
    );
    assert_eq!(report_again, report);
}

/// Every packet does at every hop what the blocks say of one.
#[rstest]
#[case::of_two_thousand(4)]
#[ignore = "long: 100,000 packets"]
#[case::of_a_hundred_thousand(200)]
fn every_packet_is_seen_at_every_hop(#[case] windows: u32) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let ran = run(&session(true), windows, None);
    let report = report::render(&ran.plan, &ran.seen, &ran.verdict, Style::default());
    assert_eq!(ran.verdict.outcome, Outcome::Pass, "{report}");
    let (sums, packets) = (ran.sums(), u64::from(windows * WINDOW));
    assert_eq!((sums.packets, sums.came), (packets, packets));
    // 17 traversals of hooks, each with entry and exit; 4 links with two ends, where ARP passes too.
    assert_eq!(sums.traces, packets * 17 * 2);
    assert!(sums.frames >= packets * 8, "{sums:?}");
    same_from_the_folder(&ran);
}

/// The packet that a rule drops is named by its number in the whole flow, with node, chain and rule.
#[rstest]
#[case::of_two_thousand(4, 1_211)]
#[ignore = "long: 100,000 packets"]
#[case::of_a_hundred_thousand(200, 73_211)]
fn a_planted_drop_is_named(#[case] windows: u32, #[case] number: u32) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let ran = run(&session(true), windows, Some(number));
    let report = report::render(&ran.plan, &ran.seen, &ran.verdict, Style::default());
    println!("{report}");
    assert_eq!(ran.verdict.outcome, Outcome::Fail, "{report}");
    let parted = ran
        .verdict
        .divergence
        .as_ref()
        .expect("it failed somewhere");
    assert_eq!((&*parted.node, parted.packet), ("rt", Some(number)));
    let [cause] = ran.verdict.causes.as_slice() else {
        panic!("one cause: {:?}", ran.verdict.causes)
    };
    assert_eq!((&*cause.name, &*cause.node), ("nft-drop", "rt"));
    for word in ["inet wall one", "numgen inc mod 1000000", "drop"] {
        assert!(cause.why.contains(word), "{word}: {}", cause.why);
    }
    // Nothing else was wrong.
    let others = ran
        .verdict
        .findings
        .iter()
        .filter(|f| f.packet != Some(number));
    assert_eq!(others.count(), 0, "{report}");
    assert_eq!(ran.seen.windows.len(), 1);
    assert_eq!(ran.seen.windows[0].number, (number - 1) / WINDOW + 1);
    let sums = ran.sums();
    assert_eq!(sums.packets - sums.came, 1);
    same_from_the_folder(&ran);
}

/// A window that cannot be written ends the run at once, and the next one begins as if nothing had been.
#[test]
fn a_window_that_cannot_be_kept_ends_the_run() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let session = session(true);
    let mut came = 0;
    let ended = session::run_keeping(&session, &plan(200, None), &mut |_| {
        came += 1;
        if came == 2 {
            return Err("no space left on device".to_owned());
        }
        Ok(())
    });
    assert_eq!((ended.verdict.outcome, came), (Outcome::Error, 2));
    let said = &ended.verdict.errors[0];
    assert!(
        said.contains("failed to keep what was seen: no space left"),
        "{said}"
    );
    assert_eq!(run(&session, 1, None).verdict.outcome, Outcome::Pass);
}

/// Four times as many packets need no more memory, here and where the lab is.
#[test]
fn memory_does_not_grow_with_the_number_of_packets() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // A guest of its own, in whose agent nothing else runs.
    let session = session(false);
    let measured = [2, 8].map(|windows| {
        forget_peak();
        let ran = run(&session, windows, None);
        assert_eq!(
            ran.verdict.outcome,
            Outcome::Pass,
            "{:?}",
            ran.verdict.errors
        );
        [peak(), ran.seen.peak_memory]
    });
    let [few, many] = measured;
    for (where_, few, many) in [("here", few[0], many[0]), ("lab", few[1], many[1])] {
        println!("{where_}: {few} bytes for 1,000 packets, {many} for 4,000");
        assert!(few > 0, "{where_} was not measured");
        let most = few * GROWTH_PERCENT / 100;
        assert!(many <= most, "{where_}: {few} bytes, then {many}");
    }
}

/// Lets the kernel forget how much memory this process had at most (`proc_pid_clear_refs(5)`).
fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("the kernel counts memory");
}

/// Most memory that this process had resident since then, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel counts memory");
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.expect("`VmHWM` is in kilobytes") * 1024
}
