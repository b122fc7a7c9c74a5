//! A guest that cannot be had: tried once more, on record, and then exit code 3 with the last lines of its
//! console and what to do, in time.
#![expect(
    clippy::unwrap_used,
    reason = "what a test cannot do without has no other way to go on"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "it starts commands that fail and looks at what they say"
)]

use std::{
    fs,
    io::Read as _,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use xfrmlab::guest::{Broker, KernelChoice, cache_folder};

mod turn;

/// No way to fail takes longer, on a machine that is busy with other tests.
const IN_TIME: Duration = Duration::from_secs(60);

/// One `xfrmlab run` with a cache of its own, in which the user's is linked.
struct Run {
    folder: tempfile::TempDir,
    command: Command,
}

impl Run {
    fn new(kernel: &str) -> Self {
        // What a guest is made of must be there; the broker's guest serves the other tests too.
        Broker::connect(&KernelChoice::default()).unwrap_or_else(|e| panic!("{e}"));
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache/xfrmlab");
        fs::create_dir_all(&cache).unwrap();
        for entry in fs::read_dir(cache_folder()).unwrap().flatten() {
            symlink(entry.path(), cache.join(entry.file_name())).unwrap();
        }
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../topologies/seeds/plain-router.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_xfrmlab"));
        command
            .arg("run")
            .arg(file)
            .args(["--kernel", kernel, "--out"])
            .arg(folder.path().join("out"))
            .current_dir(folder.path())
            .env("XDG_CACHE_HOME", folder.path().join("cache"))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        Self { folder, command }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Puts a file where the command is started, to be named as `./NAME`.
    fn file(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.folder.path().join(name), bytes).unwrap();
        self
    }

    /// The exit code and all that was said.
    fn end(mut self) -> (Option<i32>, String) {
        let _turn = turn::alone();
        let started = Instant::now();
        let output = self.command.output().unwrap();
        let took = started.elapsed();
        // Long lines are wrapped.
        let said = words(&[output.stdout, output.stderr].concat());
        assert!(took < IN_TIME, "{took:?}:\n{said}");
        (output.status.code(), said)
    }
}

/// Text with one blank between words.
fn words(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(run: Run, expected: &[&str]) {
    let (code, said) = run.end();
    assert_eq!(code, Some(3), "{said}");
    for words in expected.iter().chain(&["(hint: "]) {
        assert!(said.contains(words), "expected `{words}` in:\n{said}");
    }
}

/// The image of the default kernel, as the cache holds it.
fn kernel() -> Vec<u8> {
    let entries = fs::read_dir(cache_folder()).unwrap().flatten();
    let kernels = entries.filter(|e| {
        e.file_name()
            .to_string_lossy()
            .starts_with("linux-image-6.12")
    });
    let images = kernels.map(|e| e.path().join("kernel"));
    fs::read(images.into_iter().find(|image| image.is_file()).unwrap()).unwrap()
}

/// A kernel that does nothing for ever: an ELF file with an entry for PVH (Xen's `elfnote.h`, note 18) at
/// a jump to itself.
fn idle_kernel() -> Vec<u8> {
    const LOAD: u64 = 0x10_0000;
    const HEADERS: u64 = 64 + 2 * 56;
    let words = |words: &[u64]| {
        words
            .iter()
            .flat_map(|w| w.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let note = [
        &[4, 0, 0, 0, 8, 0, 0, 0, 18, 0, 0, 0][..],
        b"Xen\0",
        &LOAD.to_le_bytes(),
    ]
    .concat();
    let code = [0xeb, 0xfe, 0, 0, 0, 0, 0, 0];
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
    elf.extend(words(&[LOAD, 64, 0]));
    elf.extend(b"\0\0\0\0\x40\0\x38\0\x02\0\x40\0\0\0\0\0");
    // Type and flags, offset, addresses, sizes, alignment (elf(5)).
    elf.extend(words(&[1 | 5 << 32, HEADERS, LOAD, LOAD, 8, 8, 8]));
    elf.extend(words(&[
        4 | 4 << 32,
        HEADERS + 8,
        0,
        0,
        note.len() as u64,
        note.len() as u64,
        4,
    ]));
    [elf, code.to_vec(), note].concat()
}

#[test]
fn a_file_of_zeros_is_no_kernel() {
    let run = Run::new("./bzImage").file("bzImage", &vec![0; 1 << 20]);
    check(
        run,
        &[
            "the guest did not start",
            "before that, the first boot failed",
            "debian:6.12",
        ],
    );
}

#[test]
fn half_a_kernel_does_not_boot() {
    let whole = kernel();
    let run = Run::new("./vmlinux")
        .file("vmlinux", &whole[..whole.len() / 2])
        .env("XFRMLAB_BOOT_DEADLINE_MS", "3000");
    check(
        run,
        &[
            "the guest did not start",
            "before that, the first boot failed",
        ],
    );
}

#[test]
fn a_kernel_that_panics_is_shown_with_its_last_words() {
    let run = Run::new("debian:6.12").env(
        "XFRMLAB_BOOT_APPEND",
        "rdinit=/nonexistent root=/dev/nosuch",
    );
    check(
        run,
        &[
            "Kernel panic - not syncing",
            "before that, the first boot failed",
            "Unable to mount root fs",
        ],
    );
}

#[test]
fn a_kernel_that_hangs_is_given_up_at_the_deadline() {
    let run = Run::new("./vmlinux")
        .file("vmlinux", &idle_kernel())
        .env("XFRMLAB_BOOT_DEADLINE_MS", "1500");
    check(
        run,
        &[
            "no answer within 1.5s before that, the first boot failed: no answer within 1.5s",
            "the console stayed empty",
        ],
    );
}

#[test]
fn without_qemu_the_command_that_brings_it_is_shown() {
    let run = Run::new("debian:6.12").env("PATH", "/nonexistent");
    check(
        run,
        &["apt-get install --no-install-recommends qemu-system-x86"],
    );
}

#[test]
fn a_kernel_that_is_not_there_is_named() {
    let (code, said) = Run::new("./bzImage-absent:./modules").end();
    // Nothing broke: the command line names what is not there.
    assert_eq!(code, Some(2), "{said}");
    let named = "no kernel is named by `./bzImage-absent`: No such file or directory";
    assert!(said.contains(named), "{said}");
}

/// The QEMU that a process has started, once it is there.
fn qemu_of(command: &mut Child) -> Pid {
    let deadline = Instant::now() + IN_TIME;
    while Instant::now() < deadline {
        let tasks = PathBuf::from(format!("/proc/{}/task", command.id()));
        for task in fs::read_dir(tasks).into_iter().flatten().flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace() {
                let name = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
                if name.starts_with("qemu") {
                    return Pid::from_raw(child.parse().unwrap());
                }
            }
        }
        assert!(
            command.try_wait().unwrap().is_none(),
            "it ended without a guest"
        );
    }
    panic!("no guest was started");
}

#[test]
fn a_boot_that_dies_is_tried_once_more_on_record() {
    let mut run = Run::new("debian:6.12");
    let _turn = turn::alone();
    let mut command = run.command.stdout(Stdio::piped()).spawn().unwrap();
    kill(qemu_of(&mut command), Signal::SIGKILL).unwrap();
    let mut said = Vec::new();
    command
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut said)
        .unwrap();
    let said = words(&said);
    assert_eq!(command.wait().unwrap().code(), Some(0), "{said}");
    assert!(said.contains("the first boot failed"), "{said}");
}
