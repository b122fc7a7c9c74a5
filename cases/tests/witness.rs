//! A second reader of the capture file: libpcap, which shares no code with the writer.
//!
//! A test executable of its own, so that libpcap and what it links stay out of the others.

use std::path::Path;

use pcap::{Capture, Precision};
use xfrmlab::{
    observe::{Direction, Frame, Observations},
    ops,
    plan::Plan,
    report::{self, RunRecord},
    session::{self, Session, SessionOptions},
    spec,
};

/// What libpcap reads: nanoseconds since the epoch, length on the wire, bytes.
type Seen = (u64, u32, Vec<u8>);

fn read(path: &Path) -> Vec<Seen> {
    let mut capture = Capture::from_file_with_precision(path, Precision::Nano)
        .expect("libpcap opens the capture of a run folder");
    let mut seen = Vec::new();
    loop {
        match capture.next_packet() {
            Ok(packet) => {
                // With `Precision::Nano` the second field counts nanoseconds.
                let ts = packet.header.ts;
                let nanoseconds = ts.tv_sec * 1_000_000_000 + ts.tv_usec;
                let nanoseconds = u64::try_from(nanoseconds).expect("after 1970");
                seen.push((nanoseconds, packet.header.len, packet.data.to_vec()));
            }
            Err(pcap::Error::NoMorePackets) => return seen,
            Err(error) => panic!("libpcap stops after {} packets: {error}", seen.len()),
        }
    }
}

/// Numbers of the frames that libpcap reads otherwise than they were observed.
fn differing(seen: &[Seen], frames: &[Frame]) -> Vec<usize> {
    let observed = |frame: &Frame| {
        let length = frame.bytes.len() as u32;
        (frame.ts_ns, length, frame.bytes.clone())
    };
    (0..seen.len().max(frames.len()))
        .filter(|at| seen.get(*at) != frames.get(*at).map(observed).as_ref())
        .collect()
}

fn run(file: &str) -> (String, Plan, session::Run) {
    let file = cases::topologies().join(file);
    let source = spec::read_source(&file).expect("the file is in the repository");
    let plan = spec::parse(&source)
        .and_then(|document| spec::resolve(&document, None, &[]))
        .unwrap_or_else(|problems| panic!("{}", problems.render(false)));
    let session = Session::new(SessionOptions {
        shared: true,
        ..SessionOptions::default()
    });
    let run = session::run(&session, &plan);
    (source.text, plan, run)
}

/// IP protocols of the frames that a tap sees at a device, in the order of the captures.
fn tapped(observations: &Observations, node: &str, device: &str, way: Direction) -> Vec<u8> {
    let here = |f: &&Frame| f.node == node && f.device == device && f.direction == way;
    let ipv4 = |f: &&Frame| f.bytes.get(12..14) == Some(&[8, 0]);
    let frames = observations.frames.iter().filter(here).filter(ipv4);
    frames.map(|f| f.bytes[23]).collect()
}

/// A tap at the outer device sees what tunnel mode opened a second time, in clear, and of what it sealed the ESP
/// alone; transport mode shows only ESP (strongSwan documentation, Traffic Dumps).
#[test]
fn a_tap_sees_what_a_tunnel_opened_and_not_what_it_sealed() {
    const ICMP: u8 = 1;
    const ESP: u8 = 50;
    let (_, _, ran) = run("seeds/gateway-pair.toml");
    let seen = ran.observations.expect("it ran");
    assert_eq!(tapped(&seen, "r2", "eth1", Direction::In), [ESP, ICMP]);
    assert_eq!(tapped(&seen, "r2", "eth1", Direction::Out), [ESP]);
    let (_, _, ran) = run("hooks/transport.toml");
    let seen = ran.observations.expect("it ran");
    for way in [Direction::In, Direction::Out] {
        let all = tapped(&seen, "b", "eth0", way);
        assert!(!all.is_empty() && all.iter().all(|p| *p == ESP), "{all:?}");
    }
}

/// The capture of a run folder is, byte for byte and nanosecond for nanosecond, what was observed.
#[test]
fn libpcap_reads_what_was_observed() {
    let (topology, plan, run) = run("seeds/gateway-pair.toml");
    let observations = run
        .observations
        .unwrap_or_else(|| panic!("{}: {:?}", run.place, run.verdict));
    let folder = tempfile::tempdir().expect("a folder for the run");
    let record = RunRecord {
        topology: &topology,
        plan: &plan,
        script: &ops::export(&plan),
        observations: &observations,
        verdict: &run.verdict,
        report: "",
    };
    report::write_folder(folder.path(), &record).expect("the folder is written");
    let seen = read(&folder.path().join("capture.pcapng"));
    let mut frames = observations.frames;
    assert_eq!(differing(&seen, &frames), [0; 0]);
    // Request and reply at both ends of four links at least, in true nanoseconds.
    assert!(frames.len() >= 16, "{} frames", frames.len());
    assert!(frames.iter().any(|frame| frame.ts_ns % 1000 != 0));
    // And one bit, one nanosecond, or one frame more would have been seen.
    let last = frames.len() - 1;
    frames[3].ts_ns += 1;
    frames[5].bytes[20] ^= 1;
    frames.push(frames[last].clone());
    assert_eq!(differing(&seen, &frames), [3, 5, last + 1]);
}
