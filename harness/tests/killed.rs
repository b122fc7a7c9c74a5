//! However a run ends, nothing of it stays: no process, no mount, no device, no namespace, no rule.
//!
//! The command is killed at moments spread over the whole of a run, without a warning and by Ctrl-C. The
//! default is 50 moments of a run on this kernel and 10 of one in a guest, which takes seconds each;
//! `XFRMLAB_MOMENTS=N` sets the number for both.
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do without has no other way to go on"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "it starts commands, ends them, and reads what they leave"
)]

use std::{
    collections::BTreeMap,
    env, fs,
    os::{
        fd::{AsFd, FromRawFd, OwnedFd},
        unix::process::CommandExt as _,
    },
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    poll::{PollFd, PollFlags, ppoll},
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

mod turn;

/// Set in the command's environment, which all its children inherit.
const MARK: &str = "XFRMLAB_KILLED";
/// The kernel needs a moment to take a guest's memory and a lab's namespaces apart.
const GONE: Duration = Duration::from_secs(20);

/// What a lab could leave on the machine.
fn machine() -> BTreeMap<&'static str, String> {
    let names = |folder: &str| {
        let mut names: Vec<String> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names.join(" ")
    };
    let said = |program: &str, words: &[&str]| {
        let output = Command::new(program).args(words).output();
        output.map_or_else(
            |e| e.to_string(),
            |o| String::from_utf8_lossy(&[o.stdout, o.stderr].concat()).into_owned(),
        )
    };
    BTreeMap::from([
        (
            "mounts",
            fs::read_to_string("/proc/self/mountinfo").unwrap(),
        ),
        ("links", names("/sys/class/net")),
        ("named namespaces", names("/run/netns")),
        ("run folder", names("/run/xfrmlab")),
        ("states", said("ip", &["xfrm", "state"])),
        ("policies", said("ip", &["xfrm", "policy"])),
        ("rules", said("nft", &["-s", "list", "ruleset"])),
    ])
}

/// A descriptor that can be read when the process has ended; `None` if it has been reaped already.
fn pidfd(pid: u32) -> Option<OwnedFd> {
    // SAFETY: `pidfd_open` takes two integers and returns a new descriptor or an error.
    let fd = unsafe { nix::libc::syscall(nix::libc::SYS_pidfd_open, pid, 0) };
    // SAFETY: the kernel has just made this descriptor for us; descriptors fit an `i32`.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Waits for the end of a process; says whether it came within `limit`.
fn ended(process: &OwnedFd, limit: Duration) -> bool {
    let mut fds = [PollFd::new(process.as_fd(), PollFlags::POLLIN)];
    ppoll(&mut fds, Some(limit.into()), None).unwrap() > 0
}

/// Processes whose environment bears the mark, with their names.
fn marked(mark: &str) -> Vec<(u32, String)> {
    let wanted = format!("{MARK}={mark}");
    let bears = |pid: u32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|b| *b == 0)
            .any(|word| word == wanted.as_bytes())
    };
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| bears(*pid))
        .map(|pid| {
            (
                pid,
                fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default(),
            )
        })
        .collect()
}

/// One run of the command.
struct Run {
    child: Child,
    process: OwnedFd,
    mark: String,
    _out: tempfile::TempDir,
}

impl Run {
    fn start(kernel: &str, number: usize) -> Self {
        let out = tempfile::tempdir().unwrap();
        let mark = format!("{}-{kernel}-{number}", std::process::id());
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/seeds/plain-router.toml");
        let child = Command::new(env!("CARGO_BIN_EXE_xfrmlab"))
            .arg("run")
            .arg(file)
            .args(["--kernel", kernel, "--out"])
            .arg(out.path())
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A terminal sends Ctrl-C to a whole group of processes.
            .process_group(0)
            .spawn()
            .unwrap();
        let process = pidfd(child.id()).expect("a child that was not waited for");
        Self {
            child,
            process,
            mark,
            _out: out,
        }
    }

    /// Fails if a process of the run is left after a while.
    #[track_caller]
    fn leaves_no_process(&self, moment: &str) {
        let deadline = Instant::now() + GONE;
        loop {
            let left = marked(&self.mark);
            let Some((pid, _)) = left.first() else { return };
            let time = deadline.saturating_duration_since(Instant::now());
            let stays = pidfd(*pid).is_some_and(|process| !ended(&process, time));
            assert!(!stays && !time.is_zero(), "{moment}: still there: {left:?}");
        }
    }
}

/// Numbers in `0..1000` that look like chance and are the same every time.
fn thousandths() -> impl Iterator<Item = u32> {
    let mut state = 7_u32;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 16) * 1000) >> 16
    })
}

#[track_caller]
fn check(kernel: &str, moments: usize) {
    let _turn = turn::alone();
    let moments = env::var("XFRMLAB_MOMENTS").map_or(moments, |n| n.parse().unwrap());
    // The first run brings what the kernel needs; the second shows how long one takes.
    let mut whole = Duration::ZERO;
    for number in 0..2 {
        let mut run = Run::start(kernel, number);
        let started = Instant::now();
        let status = run.child.wait().unwrap();
        whole = started.elapsed();
        assert_eq!(
            status.code(),
            Some(0),
            "an undisturbed run on {kernel} passes"
        );
        run.leaves_no_process("after an undisturbed run");
    }
    let before = machine();
    let mut cut = 0;
    for (number, thousandth) in thousandths().take(moments).enumerate() {
        let wait = whole * thousandth / 1000;
        let signal = if number % 5 == 4 {
            Signal::SIGINT
        } else {
            Signal::SIGKILL
        };
        let moment = format!("{signal} after {wait:?} of {whole:?} on {kernel}");
        let mut run = Run::start(kernel, number + 2);
        if !ended(&run.process, wait) {
            cut += 1;
            let process = Pid::from_raw(run.child.id().cast_signed());
            if signal == Signal::SIGINT {
                killpg(process, signal).unwrap();
            } else {
                run.child.kill().unwrap();
            }
        }
        assert!(ended(&run.process, GONE), "{moment}: the command goes on");
        run.child.wait().unwrap();
        run.leaves_no_process(&moment);
        for (what, now) in machine() {
            assert_eq!(now, before[what], "{moment}: {what}");
        }
    }
    eprintln!("{cut} of {moments} runs of {whole:?} on {kernel} were cut short");
    assert!(cut * 2 >= moments, "most runs are cut short");
}

#[test]
fn a_run_on_this_kernel_leaves_nothing() {
    check("host", 50);
}

#[test]
fn a_run_in_a_guest_leaves_nothing() {
    check("debian:6.12", 10);
}

/// The instruments see a process that stays: without that, the tests above could not fail.
#[test]
fn a_process_that_stays_is_seen() {
    let mark = format!("{}-stays", std::process::id());
    let mut child = Command::new("cat")
        .env(MARK, &mark)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let process = pidfd(child.id()).unwrap();
    // Between fork and exec the environment is the parent's.
    let deadline = Instant::now() + GONE;
    while marked(&mark).is_empty() {
        assert!(Instant::now() < deadline, "the mark is never seen");
    }
    assert!(!ended(&process, Duration::from_millis(1)));
    drop(child.stdin.take());
    assert!(ended(&process, GONE));
    child.wait().unwrap();
    assert!(marked(&mark).is_empty());
}
